namespace AiOrchestrator.Core.Caching.Matching;

/// <summary>
/// Tables of other languages: courtesy at the ends of a question, and few words of one meaning. Everything else must be the same word for word, so a language
/// that is not here is no danger.
/// </summary>
internal static class OtherWords
{
    public const string German =
        """
        courtesy - = bitte
        courtesy ? = hallo, guten tag, guten morgen, guten abend, hi, moin
        courtesy . = danke, vielen dank, danke im voraus, vielen dank im voraus, danke schön
        courtesy - = können sie mir bitte sagen, könnten sie mir bitte sagen, können sie mir sagen, könnten sie mir sagen, ich möchte gerne wissen, ich würde gerne wissen
        negation = nicht, kein, keine, keinen, keiner, keinem, nie, niemals, nichts, niemand, ohne
        content Abonnement = abo, abonnement
        content Computer = computer, rechner
        content kündigen = kündigen, beenden
        asked WIE = wie kann ich, wie könnte ich, wie kann man
        """;

    public const string French =
        """
        courtesy ? = bonjour, bonsoir, salut
        courtesy . = merci, merci beaucoup, merci d'avance, s'il vous plaît, s'il te plaît
        courtesy - = pouvez vous me dire, pourriez vous me dire, je voudrais savoir, j'aimerais savoir
        negation = ne, pas, jamais, aucun, aucune, rien, personne, sans, n'est, n'a
        """;

    public const string Spanish =
        """
        courtesy ? = hola, buenos días, buenas tardes
        courtesy . = gracias, muchas gracias, por favor, gracias de antemano
        courtesy - = me gustaría saber, podría decirme, puede decirme
        negation = no, nunca, jamás, ningún, ninguno, ninguna, nada, nadie, sin
        content dónde = dónde, donde
        content cómo = cómo
        """;

    public const string Italian =
        """
        courtesy ? = ciao, buongiorno, buonasera, salve
        courtesy . = grazie, grazie mille, per favore, per piacere
        courtesy - = vorrei sapere, mi può dire, potrebbe dirmi
        negation = non, mai, nessun, nessuno, nessuna, niente, senza
        """;

    public const string Portuguese =
        """
        courtesy ? = olá, bom dia, boa tarde, boa noite
        courtesy . = obrigado, obrigada, muito obrigado, por favor
        courtesy - = gostaria de saber, pode me dizer, poderia me dizer
        negation = não, nunca, nenhum, nenhuma, nada, ninguém, sem
        """;

    public const string Dutch =
        """
        courtesy ? = hallo, goedemorgen, goedemiddag, goedendag
        courtesy . = bedankt, dank u, dank je, alvast bedankt, alstublieft, alsjeblieft
        courtesy - = kunt u mij vertellen, kun je me vertellen, ik wil graag weten
        negation = niet, geen, nooit, niemand, niets, zonder
        """;

    public const string Polish =
        """
        courtesy ? = dzień dobry, cześć, witam
        courtesy . = dziękuję, dzięki, z góry dziękuję
        courtesy - = proszę, chciałbym wiedzieć, chciałabym wiedzieć
        negation = nie, nigdy, żaden, żadna, żadne, nic, nikt, bez
        """;

    public const string Russian =
        """
        courtesy ? = здравствуйте, привет, добрый день, доброе утро
        courtesy . = спасибо, большое спасибо, заранее спасибо
        courtesy - = пожалуйста, подскажите, скажите, хотелось бы узнать
        negation = не, нет, ни, никогда, ничего, никто, без
        """;
}
