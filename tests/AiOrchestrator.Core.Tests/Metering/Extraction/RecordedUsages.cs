using System.Globalization;
using System.Text.Json;
using AiOrchestrator.Core.Metering.Extraction;

namespace AiOrchestrator.Core.Tests.Metering.Extraction;

/// <summary>One recorded answer as one provider would have charged it, by an independent reader.</summary>
/// <param name="File">Where it was recorded.</param>
/// <param name="Body">The answer but for its content.</param>
/// <param name="Provider">Who charges.</param>
/// <param name="Flavor">Which of the provider's APIs.</param>
/// <param name="Model">The model; null where the answer names none.</param>
/// <param name="Usage">What the reference reads, by its own names.</param>
/// <param name="Usd">What the reference charges; null where it has no price.</param>
internal sealed record RecordedUsage(
    string File, string Body, string Provider, string Flavor, string? Model, IReadOnlyDictionary<string, long> Usage, decimal? Usd)
{
    private static readonly string[] PriceNames = ["input_price", "output_price"];

    /// <summary>The format the flavor is written in.</summary>
    public UsageFormat Format => (Provider, Flavor) switch
    {
        (_, "anthropic") or ("anthropic" or "minimax", "default") => UsageFormat.Anthropic,
        ("aws", _) => UsageFormat.Bedrock,
        ("google", "default") => UsageFormat.Gemini,
        ("cohere", _) => UsageFormat.Cohere,
        ("perplexity", _) => UsageFormat.Perplexity,
        ("x-ai", _) => UsageFormat.XAi,
        (_, "responses") => UsageFormat.OpenAiResponses,
        _ => UsageFormat.OpenAiChat,
    };

    /// <summary>
    /// Whether the provider could have given this answer. The reference reads every answer by every provider's rules that fit its shape: a chat
    /// as embeddings (and leaves out its completion), OpenAI's reasoning as xAI's (and counts it twice).
    /// </summary>
    public bool IsLikely => (Provider, Flavor) switch
    {
        (_, "embeddings") => !Usage.ContainsKey("output_tokens") && !Body.Contains("completion_tokens", StringComparison.Ordinal),
        ("x-ai", _) => Model?.StartsWith("grok", StringComparison.Ordinal) ?? false,
        ("cohere", "tokens") => false,
        _ => true,
    };

    /// <summary>Everything recorded that its provider could have answered; skips the test where the data is absent.</summary>
    public static IReadOnlyList<RecordedUsage> All()
    {
        using var cases = JsonDocument.Parse(System.IO.File.ReadAllBytes(RecordedData.PathOf("cost", "usages.json")));
        return [.. cases.RootElement.EnumerateArray().SelectMany(Cases).Where(static c => c.IsLikely)];
    }

    private static IEnumerable<RecordedUsage> Cases(JsonElement item)
    {
        var body = item.GetProperty("body");
        foreach (var extracted in item.GetProperty("extracted").EnumerateArray())
        {
            var usage = extracted.GetProperty("usage").EnumerateObject().ToDictionary(static u => u.Name, static u => u.Value.GetInt64());
            foreach (var extractor in extracted.GetProperty("extractors").EnumerateArray())
            {
                yield return new RecordedUsage(
                    body.GetProperty("file").GetString()!,
                    body.GetRawText(),
                    extractor.GetProperty("provider_id").GetString()!,
                    extractor.GetProperty("api_flavor").GetString()!,
                    item.TryGetProperty("model", out var model) ? model.GetString() : null,
                    usage,
                    Charged(extractor));
            }
        }
    }

    private static decimal? Charged(JsonElement extractor)
    {
        var prices = PriceNames
            .Where(name => extractor.TryGetProperty(name, out _))
            .Select(name => decimal.Parse(extractor.GetProperty(name).GetString()!, NumberStyles.Float, CultureInfo.InvariantCulture))
            .ToList();
        return prices.Count == 0 ? null : prices.Sum();
    }
}
