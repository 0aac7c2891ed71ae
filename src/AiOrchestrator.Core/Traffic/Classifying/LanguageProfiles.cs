using System.Collections.Frozen;

namespace AiOrchestrator.Core.Traffic.Classifying;

/// <summary>What tells languages apart. The words are the most frequent function words of each; a word of several languages counts for all of them.</summary>
internal static class LanguageProfiles
{
    private static readonly (string Language, string Words, string Letters)[] Table =
    [
        ("en", "a the of and to in is for that with you are this on as what how it be by from at can your i an not do have my me please which who should would write does between into or if there make give one has was its they so all each any about them when find", ""),
        ("de", "der die das und ist nicht ein eine einen einem ich sie wir ihr mit auf für von zu den dem des im wie was warum kann bitte auch sich aus bei nach oder wird mir mein dass über welche zum zur", "äöüß"),
        ("fr", "le la les des et est une un que pour dans qui sur pas avec ce cette je vous nous il elle du au aux par comment quel quelle quels quelles moi mon ma en de ne où sont plus être", "éèêçàùâîôûœ"),
        ("es", "el la los las de que y en un una es por para con no se del al como cómo qué cuál cuáles me mi tu su más pero este esta lo ha son está puedes entre cuando", "ñáéíóúü¿¡"),
        ("pt", "o a os as de que e em um uma é para com não se do da dos das no na como qual quais me meu minha por mais você eu seu sua isso está são ao pode uns foi", "ãõçáéíóúâêô"),
        ("it", "il lo la i gli le di che e è un una per con non si del della dei delle in come qual quale quali mi mio mia sono più questo questa al alla dal nel perché puoi ho ma tra", "àèéìòù"),
        ("nl", "de het een en van is dat niet in op te zijn voor met die ik je we aan er ook als bij naar maar wat hoe kan mijn deze dit wordt uit over om welke jij geen worden tussen", "ëïĳ"),
        ("sv", "och att det är en ett som på för med av jag inte har till den om hur vad kan du vi mig min från eller så när de vilka mellan är varför ska skriv", "åäö"),
        ("da", "og at det er en et som på for med af jeg ikke har til den om hvordan hvad kan du vi mig min fra eller så når de hvilke mellem hvorfor skal skriv blev", "åæø"),
        ("no", "og at det er en et som på for med av jeg ikke har til den om hvordan hva kan du vi meg min fra eller så når de hvilke mellom hvorfor skal skriv ble", "åæø"),
        ("fi", "ja on ei se että oli olen mitä miten joka mutta kun niin ovat tai sen minun voitko kuin mikä miksi tämä ole minä hän sinä voi jos vain kanssa kirjoita ovatko siitä", "äö"),
        ("pl", "i w na nie z się do jest to że jak co o za po dla od jaka jaki jakie czy mi mój moja przez ale tak są ten ta może jego które który proszę napisz", "ąćęłńóśźż"),
        ("cs", "a je se v na že to s z do o k co jak pro by za mi jsem ale které který jaký jaká jaké nebo si tak jsou prosím mezi jeho ve než napiš", "ěščřžýáíéůúťďň"),
        ("sk", "a je sa v na že to s z do o k čo ako pre by za mi som ale ktoré ktorý aký aká aké alebo si tak sú prosím medzi jeho vo než napíš", "ľĺŕôäčšžýáíéúťďň"),
        ("ro", "și de la în este un o cu pe nu care pentru din mai ce să se sunt cum al ale lui au fi îmi te rog între dintre scrie această acest sau", "ășțâîşţ"),
        ("hu", "a az és hogy nem egy is van meg de mi ez mit hogyan kérlek lehet csak már vagy mint volt ki milyen nekem el ha azt írj között mert a melyik", "őűáéíóöúü"),
        ("tr", "ve bir bu için ile ne da de mi nasıl çok var olan gibi daha ben sen bana lütfen en kadar mı değil hangi olarak sonra ya nedir arasındaki yaz neden", "ğışçöü"),
        ("vi", "là và của có cho không một được trong các với này để những người tôi bạn như thế nào gì hãy về khi đã sẽ giữa viết", "ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ"),
        ("id", "yang dan di untuk dengan tidak ini itu dari dalam adalah pada apa bagaimana saya anda akan bisa ke oleh tolong atau sebuah antara juga karena ada tulis mengapa seperti", ""),
        ("ru", "и в не на что с я как по это он к но за из у от для о вы мы так же бы мне какой какие почему пожалуйста между или напиши также чтобы если", "ыэёъ"),
        ("uk", "і в не на що з я як по це він до але за із у від для про ви ми так же мені який які чому будь між або напиши також щоб якщо та є", "іїєґ"),
        ("bg", "и в не на че с аз как по това той към но за от у се да ви ние така ми какъв какви защо моля между или напиши също ако са е как съм", "ъ"),
        ("ar", "في من على إلى أن هذا هذه ما هل كيف مع التي الذي هو هي لا عن كان أو لي ثم بين", "ةىأإ"),
        ("fa", "در از به که این را با است برای آن یک چه چگونه می من تو شما است های یا بین لطفا", "پچژگیک"),
        ("ur", "ہے میں کے کی کا اور سے کو یہ پر نہیں کیا کیسے مجھے لیے ہیں ایک براہ کرم یا درمیان", "ٹڈڑےہںھ"),
    ];

    /// <summary>Scripts that belong to one language as far as is looked here, by their first and last letter.</summary>
    private static readonly (char First, char Last, string Language)[] Scripts =
    [
        ('\u0370', '\u03FF', "el"), ('\u0530', '\u058F', "hy"), ('\u0590', '\u05FF', "he"), ('\u0900', '\u097F', "hi"), ('\u0980', '\u09FF', "bn"),
        ('\u0B80', '\u0BFF', "ta"), ('\u0C00', '\u0C7F', "te"), ('\u0E00', '\u0E7F', "th"), ('\u10A0', '\u10FF', "ka"),
    ];

    private static readonly FrozenDictionary<char, ulong> LettersOf = Bits(static row => row.Letters.Select(static c => c));

    /// <summary>The languages told by words, by the bit they have.</summary>
    public static string[] Languages { get; } = [.. Table.Select(static row => row.Language)];

    /// <summary>The languages that have a word.</summary>
    public static FrozenDictionary<string, ulong> StopWords() => Bits(static row => row.Words.Split(' ', StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal));

    /// <summary>The languages that have a letter which most have not.</summary>
    public static ulong Letters(char letter) => LettersOf.GetValueOrDefault(letter);

    /// <summary>The language a letter's script belongs to; null for those of several.</summary>
    public static string? ScriptOf(char letter)
    {
        foreach (var (first, last, language) in Scripts)
        {
            if (letter >= first && letter <= last)
            {
                return language;
            }
        }

        return null;
    }

    private static FrozenDictionary<T, ulong> Bits<T>(Func<(string Language, string Words, string Letters), IEnumerable<T>> of)
        where T : notnull
    {
        var bits = new Dictionary<T, ulong>();
        for (var at = 0; at < Table.Length; at++)
        {
            foreach (var key in of(Table[at]))
            {
                bits[key] = bits.GetValueOrDefault(key) | (1UL << at);
            }
        }

        return bits.ToFrozenDictionary();
    }
}
