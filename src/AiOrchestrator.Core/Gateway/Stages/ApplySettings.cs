using System.Buffers;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Traffic.Decision;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// Sets what the rule that took the call sets, and what the variant of its experiment does: the body is written anew with these members in the place of the
/// caller's, and read again. A call that nothing is set of costs nothing here.
/// </summary>
internal static class ApplySettings
{
    public static ApiFailure? Run(Exchange exchange)
    {
        if (exchange.Plan is not { } plan || exchange.Request.IsForm || Members(exchange, plan) is not { Count: > 0 } members)
        {
            return null;
        }

        var written = new ArrayBufferWriter<byte>(exchange.Body.Length + 256);
        using (var document = JsonDocument.Parse(exchange.Body, new JsonDocumentOptions { MaxDepth = OpenAiRequestReader.MaxDepth }))
        using (var writer = new Utf8JsonWriter(written, ChatJson.Writing))
        {
            writer.WriteStartObject();
            foreach (var member in document.RootElement.EnumerateObject())
            {
                // Of two bounds the larger would hold: the one that is set takes the place of both.
                if (!members.ContainsKey(member.Name) && !(member.Name == "max_tokens" && members.ContainsKey("max_completion_tokens")))
                {
                    member.WriteTo(writer);
                }
            }

            foreach (var (name, json) in members)
            {
                writer.WritePropertyName(name);
                writer.WriteRawValue(json.Span);
            }

            writer.WriteEndObject();
        }

        var body = ArrayPool<byte>.Shared.Rent(written.WrittenCount);
        written.WrittenSpan.CopyTo(body);
        exchange.Reread(body, written.WrittenCount);
        exchange.Settings = [.. members.Keys];
        exchange.Context.Response.Headers["x-ao-set"] = string.Join(", ", members.Keys);
        return ParseRequest.Run(exchange);
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
            members[name] = System.Text.Encoding.UTF8.GetBytes(value.GetRawText());
        }

        if (Bound(exchange, plan) is { } bound && LimitName(exchange) is { } limit)
        {
            members[limit] = JsonSerializer.SerializeToUtf8Bytes(bound, NumberJson.Default.Int64);
        }

        return members;
    }

    /// <summary>The bound on the output the rule sets; null where the caller's stands.</summary>
    private static long? Bound(Exchange exchange, RoutePlan plan)
    {
        if (plan.Rule?.Action.Set is not { } set)
        {
            return null;
        }

        var asked = exchange.Request.RequestedOutputTokens;
        var bound = Math.Min(asked ?? set.MaxTokensDefault ?? set.MaxTokensCap ?? long.MaxValue, set.MaxTokensCap ?? long.MaxValue);
        return bound == long.MaxValue || bound == asked ? null : bound;
    }

    /// <summary>What the dialect calls that bound; null where it has none.</summary>
    private static string? LimitName(Exchange exchange) => exchange.Call switch
    {
        ModelCall.Responses => "max_output_tokens",
        ModelCall.ChatCompletions => exchange.Request.MaxCompletionTokensRange.IsPresent ? "max_completion_tokens" : "max_tokens",
        ModelCall.Messages or ModelCall.Completions => "max_tokens",
        _ => null,
    };
}

[System.Text.Json.Serialization.JsonSerializable(typeof(long))]
internal sealed partial class NumberJson : System.Text.Json.Serialization.JsonSerializerContext;
