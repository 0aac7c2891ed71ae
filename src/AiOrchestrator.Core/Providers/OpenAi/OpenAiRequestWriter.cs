using System.Globalization;
using System.Text;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>One edit of a body: the bytes at a place are replaced.</summary>
/// <param name="At">Where; an empty range inserts.</param>
/// <param name="With">What stands there instead.</param>
public readonly record struct Edit(ByteRange At, ReadOnlyMemory<byte> With);

/// <summary>
/// Turns the caller's body into the provider's with the fewest edits: the model's name, the request for usage in streams, the
/// provider's name of the response that is gone on with, and a clamped output bound. Every other byte stays as the caller wrote it.
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
    /// <param name="call">Which call it is for: only streams of chats and completions are asked for usage.</param>
    /// <param name="clampOutputTokens">The enforced bound on the output, or null to leave the caller's.</param>
    public static IReadOnlyList<Edit> Edits(RequestFacts facts, ServedModel model, ModelCall call, long? clampOutputTokens) =>
        Edits(facts, model, call, clampOutputTokens, quirks: null);

    /// <summary>The edits for a provider with quirks, but for those of <see cref="OpenAiMemberEdits"/>.</summary>
    internal static IReadOnlyList<Edit> Edits(RequestFacts facts, ServedModel model, ModelCall call, long? clampOutputTokens, ProviderQuirks? quirks)
    {
        var edits = new List<Edit>(4);
        if (call != ModelCall.VideoRemixes
            && (!string.Equals(facts.Model, model.UpstreamId, StringComparison.Ordinal) || (call == ModelCall.Moderations && !facts.ModelRange.IsPresent)))
        {
            edits.Add(ModelEdit(facts, model));
        }

        if (facts.Stream && !facts.IncludeUsage && call is ModelCall.ChatCompletions or ModelCall.Completions && quirks is not { TakesStreamOptions: false })
        {
            edits.Add(UsageEdit(facts));
        }

        if (!facts.PreviousUpstreamJson.IsEmpty)
        {
            edits.Add(new Edit(facts.PreviousResponseRange, facts.PreviousUpstreamJson));
        }

        if ((clampOutputTokens ?? (facts.MaxTokensIsUsual ? facts.MaxTokens : null)) is { } clamp)
        {
            AddClamp(edits, facts, LimitMember(call, model, quirks), Encoding.ASCII.GetBytes(clamp.ToString(CultureInfo.InvariantCulture)));
        }

        if (edits.Count > 1)
        {
            edits.Sort(static (a, b) => a.At.Start.CompareTo(b.At.Start));
        }

        return edits;
    }

    /// <summary>Where the caller left the model to its default it is put in: as the last member, or as the first part of the form.</summary>
    private static Edit ModelEdit(RequestFacts facts, ServedModel model) => (facts.ModelRange.IsPresent, facts.IsForm) switch
    {
        (true, true) => new Edit(facts.ModelRange, Encoding.UTF8.GetBytes(model.UpstreamId)),
        (true, false) => new Edit(facts.ModelRange, model.UpstreamIdJson),
        (false, true) => new Edit(
            default, Encoding.UTF8.GetBytes($"--{facts.Boundary}\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\n{model.UpstreamId}\r\n")),
        (false, false) => new Edit(new ByteRange(facts.EndOffset, 0), Encoding.UTF8.GetBytes($",\"model\":{Encoding.UTF8.GetString(model.UpstreamIdJson.Span)}")),
    };

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

    private static string LimitMember(ModelCall call, ServedModel model, ProviderQuirks? quirks)
    {
        var member = call switch
        {
            ModelCall.Responses => "max_output_tokens",
            ModelCall.Completions => "max_tokens",
            _ => model.OutputLimitMember ?? "max_tokens",
        };
        return call == ModelCall.Responses ? member : quirks?.NameOf(member) ?? member;
    }

    private static void AddClamp(List<Edit> edits, RequestFacts facts, string member, byte[] digits)
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
            edits.Add(new Edit(new ByteRange(facts.EndOffset, 0), Encoding.ASCII.GetBytes($",\"{member}\":{Encoding.ASCII.GetString(digits)}")));
        }
    }
}
