using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Caching.Flushes;

/// <summary>One flush: answers it names are dead that were asked for when it was not known yet.</summary>
/// <param name="Number">Higher than that of any flush of the organisation before it.</param>
/// <param name="Scope">What it names.</param>
/// <param name="AtUnixMs">When, milliseconds since 1970.</param>
/// <param name="By">Who, for people.</param>
internal sealed record FlushMark(long Number, FlushScope Scope, long AtUnixMs, string By);

/// <summary>An organisation's flushes.</summary>
/// <param name="Last">The number of the last; never goes back, whatever is forgotten.</param>
/// <param name="Marks">Those that still matter.</param>
internal sealed record StoredFlushes(long Last, IReadOnlyList<FlushMark> Marks)
{
    /// <summary>The id of its document.</summary>
    public const string Id = "flushes";

    /// <summary>Most marks of single answers, and most of namespaces and models; beyond it they become wider ones.</summary>
    public const int MostOfAKind = 1000;

    /// <summary>
    /// No answer lives longer than 30 days, and no call hours: what was asked for before a mark of 32 days ago is dead without it.
    /// </summary>
    private static readonly TimeSpan Matters = TimeSpan.FromDays(CachingOptions.MaxTtlDays + 2);

    /// <summary>An organisation that never flushed.</summary>
    public static StoredFlushes None { get; } = new(0, []);

    /// <summary>One more flush. What it includes, and what has become too old, is forgotten; too many of a kind become a wider one.</summary>
    /// <param name="next">The flush; it gets its number here.</param>
    public StoredFlushes With(FlushMark next)
    {
        var mark = next with { Number = Last + 1 };
        var oldest = mark.AtUnixMs - (long)Matters.TotalMilliseconds;
        List<FlushMark> marks = [.. Marks.Where(m => m.AtUnixMs > oldest && !mark.Scope.Includes(m.Scope)), mark];
        while (marks.Count(static m => m.Scope.Key is not null) > MostOfAKind)
        {
            var fullest = marks.Where(static m => m.Scope.Key is not null).GroupBy(static m => m.Scope.Namespace!, StringComparer.Ordinal).MaxBy(static g => g.Count())!.Key;
            Widen(marks, FlushScope.OfNamespace(fullest));
        }

        if (marks.Count(static m => m.Scope.Key is null) > MostOfAKind)
        {
            Widen(marks, FlushScope.All);
        }

        return new StoredFlushes(mark.Number, marks);
    }

    /// <summary>Puts one in the place of all it includes, with the number of the newest of them: more dies than was asked for, never less.</summary>
    private static void Widen(List<FlushMark> marks, FlushScope scope)
    {
        var newest = marks.Where(m => scope.Includes(m.Scope)).MaxBy(static m => m.Number)!;
        marks.RemoveAll(m => scope.Includes(m.Scope));
        marks.Add(newest with { Scope = scope });
    }
}

/// <summary>The written form.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StoredFlushes))]
internal sealed partial class FlushesJson : JsonSerializerContext;
