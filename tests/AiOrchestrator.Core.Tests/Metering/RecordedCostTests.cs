using System.Globalization;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Tests.Metering;

/// <summary>Our charge beside that of an independent implementation, over recorded answers of OpenAI-compatible providers.</summary>
public sealed class RecordedCostTests(ITestOutputHelper output)
{
    // The reference was worked out before mistral-medium-latest and deepseek-v4-flash changed their prices in the summer of 2026.
    private static readonly DateTimeOffset WhenReferenced = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Every_recorded_usage_of_a_model_we_price_costs_what_the_reference_says()
    {
        PriceTable table = PriceTable.LoadEmbedded();
        using var cases = JsonDocument.Parse(File.ReadAllBytes(RecordedData.PathOf("cost", "usages.json")));
        int compared = 0;
        var wrong = new List<string>();
        foreach (JsonElement item in cases.RootElement.EnumerateArray())
        {
            if (!item.TryGetProperty("model", out JsonElement model)
                || !item.GetProperty("body").TryGetProperty("usage", out JsonElement body)
                || !TryRead(body, out TokenUsage usage))
            {
                continue;
            }

            foreach ((string provider, decimal expectedUsd) in References(item))
            {
                if (table.TryFind(provider, model.GetString()!, WhenReferenced, out ModelPrice? price))
                {
                    compared++;
                    long cost = CostEngine.CostNanoUsd(price, usage);
                    if (cost != decimal.Ceiling(expectedUsd * 1e9m))
                    {
                        string disagreement = $"{provider}/{model.GetString()}: {cost} nano-dollars, reference {expectedUsd} USD, {body.GetRawText()}";
                        if (Reason(model.GetString()!, body) is { } reason)
                        {
                            output.WriteLine($"{reason}: {disagreement}");
                        }
                        else
                        {
                            wrong.Add(disagreement);
                        }
                    }
                }
            }
        }

        wrong.ForEach(output.WriteLine);
        output.WriteLine($"{compared} compared");
        Assert.Empty(wrong);
        Assert.True(compared > 200, "the recorded cases are no longer read");
    }

    /// <summary>Why we charge something else on purpose, or read something else.</summary>
    private static string? Reason(string model, JsonElement usage)
    {
        if (model.Contains("audio-preview", StringComparison.Ordinal))
        {
            return "the vendor charges audio apart, the reference as text";
        }

        if (usage.GetProperty("total_tokens").GetInt64() > usage.GetProperty("prompt_tokens").GetInt64() + usage.GetProperty("completion_tokens").GetInt64())
        {
            return "the total holds thoughts that are charged, which the reference leaves out";
        }

        return usage.TryGetProperty("prompt_tokens_details", out JsonElement details)
            && details.TryGetProperty("cache_write_tokens", out JsonElement written) && written.GetInt64() > 0
            ? "cache writes in OpenAI's form are read by whoever extracts usage" : null;
    }

    private static bool TryRead(JsonElement body, out TokenUsage usage)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(body.GetRawText()));
        reader.Read();
        return OpenAiUsage.TryRead(ref reader, out usage);
    }

    private static IEnumerable<(string Provider, decimal Usd)> References(JsonElement item)
    {
        foreach (JsonElement extracted in item.GetProperty("extracted").EnumerateArray())
        {
            foreach (JsonElement reference in extracted.GetProperty("extractors").EnumerateArray())
            {
                if (reference.TryGetProperty("input_price", out JsonElement input) && reference.GetProperty("api_flavor").GetString() is "chat" or "default")
                {
                    string? outputUsd = reference.TryGetProperty("output_price", out JsonElement o) ? o.GetString() : null;
                    yield return (
                        reference.GetProperty("provider_id").GetString()!,
                        Usd(input.GetString()) + Usd(outputUsd));
                }
            }
        }
    }

    private static decimal Usd(string? text) => text is null ? 0 : decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
}
