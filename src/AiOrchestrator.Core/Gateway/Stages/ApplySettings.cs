using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Traffic.Decision;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// Sets what the rule that took the call sets, and what the variant of its experiment does: the body is written anew with these members in the place of the
/// caller's, and read again. A call that nothing is set of costs nothing here.
/// </summary>
internal static class ApplySettings
{
    private const long MinThinkingTokens = 1024;

    /// <summary>What dialects call the bound on the output.</summary>
    private static readonly string[] Bounds = ["max_tokens", "max_completion_tokens", "max_output_tokens"];

    public static ApiFailure? Run(Exchange exchange)
    {
        if (exchange.Plan is not { } plan || exchange.Request.IsForm || Members(exchange, plan) is not { Count: > 0 } members)
        {
            return null;
        }

        var written = new ArrayBufferWriter<byte>(exchange.Body.Length + 256);
        using (var document = JsonDocument.Parse(exchange.Body, new JsonDocumentOptions { MaxDepth = OpenAiRequestReader.MaxDepth }))
        {
            foreach (var member in document.RootElement.EnumerateObject())
            {
                // Of two bounds the larger would hold: the one that is set takes the place of both.
                if (NameOf(member) is not { } name || (!members.ContainsKey(name) && !(Bounds.Contains(name) && Bounds.Any(members.ContainsKey))))
                {
                    Write(written, JsonMarshal.GetRawUtf8PropertyName(member), JsonMarshal.GetRawUtf8Value(member.Value));
                }
            }
        }

        foreach (var (name, json) in members)
        {
            Write(written, JsonEncodedText.Encode(name).EncodedUtf8Bytes, json.Span);
        }

        written.Write("}"u8);
        var body = ArrayPool<byte>.Shared.Rent(written.WrittenCount);
        written.WrittenSpan.CopyTo(body);
        exchange.Reread(body, written.WrittenCount);
        exchange.Settings = [.. members.Keys];
        exchange.Context.Response.Headers["x-ao-set"] = string.Join(", ", members.Keys);
        return ParseRequest.Run(exchange);
    }

    /// <summary>Writes a member as it stands: half a surrogate, or a number of any length, is the provider's to refuse.</summary>
    private static void Write(ArrayBufferWriter<byte> written, ReadOnlySpan<byte> name, ReadOnlySpan<byte> json)
    {
        written.Write(written.WrittenCount == 0 ? "{\""u8 : ",\""u8);
        written.Write(name);
        written.Write("\":"u8);
        written.Write(json);
    }

    private static string? NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            // Safe: what is no text is the name of nothing that is set.
            return null;
        }
    }

    /// <summary>The members that are set, by name; the experiment's over the rule's, since it is what is measured.</summary>
    private static SortedDictionary<string, ReadOnlyMemory<byte>>? Members(Exchange exchange, RoutePlan plan)
    {
        if (plan.Rule?.Action.Set is null && plan.VariantParameters is not { Count: > 0 })
        {
            return null;
        }

        var members = new SortedDictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (var parameter in plan.Rule?.Parameters ?? [])
        {
            members[parameter.Name] = parameter.Json;
        }

        foreach (var (name, value) in plan.VariantParameters ?? new Dictionary<string, JsonElement>())
        {
            members[name] = Encoding.UTF8.GetBytes(value.GetRawText());
        }

        var asked = Bounds.Select(members.GetValueOrDefault).Select(static json => Utf8Parser.TryParse(json.Span, out long tokens, out _) ? tokens : (long?)null).FirstOrDefault(static t => t is not null);
        foreach (var name in Bounds)
        {
            members.Remove(name);
        }

        if (Bound(exchange, plan, asked) is { } bound && LimitName(exchange) is { } limit)
        {
            members[limit] = Encoding.UTF8.GetBytes(bound.ToString(CultureInfo.InvariantCulture));
            if (exchange.Request.ThinkingTokens >= bound)
            {
                members["thinking"] = Encoding.UTF8.GetBytes(Thinking(bound));
            }
        }

        return members;
    }

    /// <summary>The bound on the output that is set: the variant's, or the caller's, as far as the rule's cap goes; null where the caller's stands.</summary>
    private static long? Bound(Exchange exchange, RoutePlan plan, long? ofVariant)
    {
        var (set, ofCaller) = (plan.Rule?.Action.Set, exchange.Request.RequestedOutputTokens);
        var bound = Math.Min(ofVariant ?? ofCaller ?? set?.MaxTokensDefault ?? set?.MaxTokensCap ?? long.MaxValue, set?.MaxTokensCap ?? long.MaxValue);
        return bound == long.MaxValue || bound == ofCaller ? null : bound;
    }

    /// <summary>
    /// What a model may think with must be less than the bound on its output, and no less than 1,024 (https://docs.claude.com/en/docs/build-with-claude/extended-thinking):
    /// half of the bound where that is possible, else it does not think.
    /// </summary>
    private static string Thinking(long bound) => bound > MinThinkingTokens
        ? string.Create(CultureInfo.InvariantCulture, $$"""{"type":"enabled","budget_tokens":{{Math.Max(MinThinkingTokens, bound / 2)}}}""")
        : """{"type":"disabled"}""";

    /// <summary>What the dialect calls that bound; null where it has none.</summary>
    private static string? LimitName(Exchange exchange) => exchange.Call switch
    {
        ModelCall.Responses => "max_output_tokens",
        ModelCall.ChatCompletions => exchange.Request.MaxCompletionTokensRange.IsPresent ? "max_completion_tokens" : "max_tokens",
        ModelCall.Messages or ModelCall.Completions => "max_tokens",
        _ => null,
    };
}
