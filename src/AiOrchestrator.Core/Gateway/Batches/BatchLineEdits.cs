using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>Turns a line of a caller into one of the provider's, with the edits that the same call by itself would get.</summary>
internal static class BatchLineEdits
{
    /// <summary>The edits of the body, in order of place.</summary>
    /// <param name="body">As the caller wrote it.</param>
    /// <param name="facts">What was found in it.</param>
    /// <param name="route">Who serves it.</param>
    /// <param name="call">What it asks for.</param>
    /// <param name="dropped">Takes the names of members that are left out; null where nobody is told.</param>
    public static IReadOnlyList<Edit> Of(ReadOnlySpan<byte> body, RequestFacts facts, Route route, ModelCall call, List<string>? dropped)
    {
        var quirks = route.Provider.Quirks;
        var edits = OpenAiRequestWriter.Edits(facts, route.Model, call, clampOutputTokens: null, quirks);
        return quirks is null ? edits : OpenAiMemberEdits.Add(body, quirks, edits, dropped);
    }

    /// <summary>How long the line is after them, with its end.</summary>
    public static long LengthOf(int lineBytes, IReadOnlyList<Edit> edits) => lineBytes + 1 + edits.Sum(static e => (long)e.With.Length - e.At.Length);

    /// <summary>Writes the line with them.</summary>
    public static async ValueTask WriteAsync(Stream to, ReadOnlyMemory<byte> line, ByteRange body, IReadOnlyList<Edit> edits, CancellationToken cancellation)
    {
        var at = 0;
        foreach (var edit in edits)
        {
            await to.WriteAsync(line[at..(body.Start + edit.At.Start)], cancellation);
            await to.WriteAsync(edit.With, cancellation);
            at = body.Start + edit.At.End;
        }

        await to.WriteAsync(line[at..], cancellation);
        await to.WriteAsync("\n"u8.ToArray(), cancellation);
    }
}
