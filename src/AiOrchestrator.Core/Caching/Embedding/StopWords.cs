using System.Collections.Frozen;

namespace AiOrchestrator.Core.Caching.Embedding;

/// <summary>Words that stand in most questions and say little of what is asked. A part of the embedding <c>hashed-1</c>: never changed.</summary>
internal static class StopWords
{
    /// <summary>What such a word counts for, beside 1.</summary>
    public const float Weight = 0.08f;

    private const string All =
        """
        a an the i me my we us our you your it its this that these those is are am was were be been do does did have has had can could may might would will shall should must of to in on at for from by with as and or if so
        what which who how when where why there here please kindly tell explain know let want like need help hi hello hey thanks thank regards dear some any just get got im ive dont whats about into
        much many very really appreciate appreciated grateful wondering wonder possible possibly moment great awesome lovely nice wonderful trouble nuisance excuse sorry mean feel silly asking ask best wishes team support somebody someone anyone day morning afternoon evening also one
        der die das den dem des ein eine einen einem einer ich mir mich mein meine wir uns sie ihr es ist sind war und oder zu zum zur von mit fur auf im am wie was wer wann wo warum kann konnen bitte danke hallo
        le la les l un une des du de et ou je j me mon ma mes nous vous il elle est sont que qui quoi ce cette ces pour par sur dans avec au aux comment quand pourquoi puis peux merci bonjour
        el los las lo del y o yo mi mis se su sus es son para por con en como cuando donde que cual puedo puede gracias hola favor
        i gli uno di e io il per con su sono come quando dove che chi cosa posso puo grazie ciao
        os as um uma e do da dos das no na eu meu minha para por com como quando onde que posso obrigado ola
        de het een en ik mij mijn wij u je van op te voor met is zijn hoe wat wie wanneer waar waarom kan dank hallo
        i w z na do jak co kto kiedy gdzie czy ja moj moja jest sa prosze dziekuje
        и в на с к я мне мой мы вы что как кто когда где это есть для по от пожалуйста спасибо
        في من على إلى عن هل ما كيف متى أين هذا
        में का की के है हैं और से को क्या कैसे
        """;

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Lookup =
        All.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).Select(Fold).ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether it is one.</summary>
    /// <param name="word">As <see cref="TextFold.Letter"/> has it.</param>
    public static bool Contains(ReadOnlySpan<char> word) => word.Length <= 12 && Lookup.Contains(word);

    private static string Fold(string word) => string.Concat(word.Select(TextFold.Letter));
}
