using System.Globalization;
using System.Text;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>One edit of a body: the bytes at a place are replaced.</summary>
/// <param name="At">Where; an empty range inserts.</param>
/// <param name="With">What stands there instead.</param>
public readonly record struct Edit(ByteRange At, ReadOnlyMemory<byte> With);

/// <summary>
/// Turns the caller's body into the provider's with the fewest edits: the model's name, the request for usage in streams, and a clamped
/// output bound. Every other byte stays as the caller wrote it.
/// </summary>
public static class OpenAiRequestWriter
{
    private static readonly byte[] AskUsage = ",\"stream_options\":{\"include_usage\":true}"u8.ToArray();
    private static readonly byte[] UsageObject = "{\"include_usage\":true}"u8.ToArray();
    private static readonly byte[] UsageMember = "\"include_usage\":true"u8.ToArray();
    private static readonly byte[] UsageMemberComma = "\"include_usage\":true,"u8.ToArray();
    private static readonly byte[] True = "true"u8.ToArray();

    /// <summary>The edits, in order of place.</summary>
    /// <param name="facts">What is known of the body.</param>
    /// <param name="model">The model as the provider serves it.</param>
    /// <param name="call">Which call it is for: only streams of chats are asked for usage.</param>
    /// <param name="clampOutputTokens">The enforced bound on the output, or null to leave the caller's.</param>
    public static IReadOnlyList<Edit> Edits(RequestFacts facts, ServedModel model, OpenAiCall call, long? clampOutputTokens) =>
        Edits(facts, model, call, clampOutputTokens, quirks: null);

    /// <summary>The edits for a provider with quirks, but for those of <see cref="OpenAiMemberEdits"/>.</summary>
    internal static IReadOnlyList<Edit> Edits(RequestFacts facts, ServedModel model, OpenAiCall call, long? clampOutputTokens, ProviderQuirks? quirks)
    {
        var edits = new List<Edit>(4);
        if (!string.Equals(facts.Model, model.UpstreamId, StringComparison.Ordinal))
        {
            edits.Add(new Edit(facts.ModelRange, facts.IsForm ? Encoding.UTF8.GetBytes(model.UpstreamId) : model.UpstreamIdJson));
        }

        if (facts.Stream && !facts.IncludeUsage && call == OpenAiCall.ChatCompletions && quirks is not { TakesStreamOptions: false })
        {
            edits.Add(UsageEdit(facts));
        }

        if (clampOutputTokens is { } clamp)
        {
            AddClamp(edits, facts, model, quirks, Encoding.ASCII.GetBytes(clamp.ToString(CultureInfo.InvariantCulture)));
        }

        if (edits.Count > 1)
        {
            edits.Sort(static (a, b) => a.At.Start.CompareTo(b.At.Start));
        }

        return edits;
    }

    private static Edit UsageEdit(RequestFacts facts)
    {
        if (!facts.StreamOptionsRange.IsPresent)
        {
            return new Edit(new ByteRange(facts.EndOffset, 0), AskUsage);
        }

        if (!facts.StreamOptionsIsObject)
        {
            return new Edit(facts.StreamOptionsRange, UsageObject);
        }

        return facts.IncludeUsageRange.IsPresent
            ? new Edit(facts.IncludeUsageRange, True)
            : new Edit(new ByteRange(facts.StreamOptionsRange.Start + 1, 0), facts.StreamOptionsIsEmpty ? UsageMember : UsageMemberComma);
    }

    private static void AddClamp(List<Edit> edits, RequestFacts facts, ServedModel model, ProviderQuirks? quirks, byte[] digits)
    {
        var there = false;
        foreach (var range in (ReadOnlySpan<ByteRange>)[facts.MaxTokensRange, facts.MaxCompletionTokensRange])
        {
            if (range.IsPresent)
            {
                edits.Add(new Edit(range, digits));
                there = true;
            }
        }

        if (!there)
        {
            var member = model.OutputLimitMember ?? "max_tokens";
            member = quirks?.NameOf(member) ?? member;
            edits.Add(new Edit(new ByteRange(facts.EndOffset, 0), Encoding.ASCII.GetBytes($",\"{member}\":{Encoding.ASCII.GetString(digits)}")));
        }
    }
}
