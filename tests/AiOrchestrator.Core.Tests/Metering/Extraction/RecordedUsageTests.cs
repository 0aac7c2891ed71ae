using System.Text;
using System.Text.Json.Nodes;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Extraction;

namespace AiOrchestrator.Core.Tests.Metering.Extraction;

/// <summary>Our reading and our charge beside those of an independent implementation, over a thousand recorded answers.</summary>
public sealed class RecordedUsageTests(ITestOutputHelper output)
{
    private const double LeastAgreement = 0.99;

    // The reference was worked out before some models changed their prices in the summer of 2026.
    private static readonly DateTimeOffset WhenReferenced = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Every_count_the_reference_reads_we_read_the_same_but_for_reasons_we_can_name()
    {
        var cases = RecordedUsage.All();
        var differing = (from one in cases
                         let difference = Difference(one)
                         where difference is not null
                         select (one, difference)).ToList();

        Report(differing, cases.Count);
        Assert.True(cases.Count > 5_000, "the recorded cases are no longer read");
        Assert.DoesNotContain(differing, static d => Reasons.Of(d.one) is null);
        Assert.InRange(differing.Count, 0, (1 - LeastAgreement) * cases.Count);
    }

    [Fact]
    public void Every_recorded_answer_of_a_model_we_price_costs_what_the_reference_says_but_for_reasons_we_can_name()
    {
        var table = PriceTable.LoadEmbedded();
        var compared = 0;
        var differing = new List<(RecordedUsage One, string Difference)>();
        foreach (var one in RecordedUsage.All().Where(static c => c is { Usd: not null, Model: not null }))
        {
            if (!table.TryFind(one.Provider, one.Model!, WhenReferenced, out var price))
            {
                continue;
            }

            compared++;
            var cost = CostEngine.CostNanoUsd(price, Read(one).Tokens);
            if (Alone(one) is { } alone)
            {
                output.WriteLine($"{one.Provider}/{one.Flavor} {one.Model}: {cost} nano-dollars with the passes that are billed and the reference leaves out; compared without them");
                Assert.True(Read(one).Tokens.PromptTokens > Read(one with { Body = alone }).Tokens.PromptTokens);
                cost = CostEngine.CostNanoUsd(price, Read(one with { Body = alone }).Tokens);
            }

            if (cost != decimal.Ceiling(one.Usd!.Value * 1e9m))
            {
                differing.Add((one, $"{cost} nano-dollars, reference {one.Usd} USD"));
            }
        }

        Report(differing, compared);
        Assert.True(compared > 2_000, "the recorded cases are no longer read");
        Assert.DoesNotContain(differing, static d => Reasons.Of(d.One) is null);
        Assert.InRange(differing.Count, 0, (1 - LeastAgreement) * compared);
    }

    private void Report(List<(RecordedUsage One, string Difference)> differing, int compared)
    {
        output.WriteLine($"{compared} compared, {differing.Count} differ ({100.0 * (compared - differing.Count) / compared:0.00} % agree)");
        foreach (var (one, difference) in differing)
        {
            output.WriteLine($"{one.Provider}/{one.Flavor} {one.Model}: {difference}; {Reasons.Of(one) ?? "UNKNOWN"}; {one.Body}");
        }
    }

    /// <summary>
    /// The answer without the passes that stand in iterations alone (compactions, advisors), where it has some: they are billed, and the reference
    /// leaves them out, so what is left is what both read.
    /// </summary>
    private static string? Alone(RecordedUsage one)
    {
        var body = JsonNode.Parse(one.Body)!;
        return body["usage"] is JsonObject usage
            && usage["iterations"] is JsonArray passes
            && passes.Any(static p => p!["type"]!.GetValue<string>() != "message")
            && one.Format == UsageFormat.Anthropic
            && usage.Remove("iterations")
                ? body.ToJsonString()
                : null;
    }

    private static ReportedUsage Read(RecordedUsage one)
    {
        var counts = default(UsageCounts);
        _ = UsageReader.ReadAnswer(Encoding.UTF8.GetBytes(one.Body), one.Format, ref counts);
        return UsageBuilder.Build(counts, one.Format);
    }

    /// <summary>The first count of the reference's that is not ours; null when all are.</summary>
    private static string? Difference(RecordedUsage one)
    {
        var reported = Read(one);
        foreach (var (name, expected) in one.Usage)
        {
            if (Ours(reported, name) is { } ours && ours != expected)
            {
                return $"{name}: {ours}, reference {expected}";
            }
        }

        return null;
    }

    /// <summary>Our count by the reference's name; null for those that price nothing: text is what no other count is.</summary>
    private static long? Ours(ReportedUsage reported, string name)
    {
        var tokens = reported.Tokens;
        return name switch
        {
            "input_tokens" => tokens.PromptTokens,
            "output_tokens" => tokens.CompletionTokens,
            "output_reasoning_tokens" => tokens.ReasoningTokens,
            "cache_read_tokens" => tokens.CachedPromptTokens,
            "cache_write_tokens" => tokens.CacheWritePromptTokens,
            "cache_write_5m_tokens" => tokens.CacheWritePromptTokens - tokens.CacheWrite1hPromptTokens,
            "cache_write_1h_tokens" => tokens.CacheWrite1hPromptTokens,
            "input_audio_tokens" => tokens.AudioPromptTokens,
            "input_image_tokens" => tokens.ImagePromptTokens,
            "input_video_tokens" => tokens.VideoPromptTokens,
            "cache_audio_read_tokens" => tokens.CachedAudioPromptTokens,
            "cache_image_read_tokens" => tokens.CachedImagePromptTokens,
            "output_image_tokens" => tokens.ImageCompletionTokens,
            "web_searches" => Units(reported, PriceUnit.WebSearch),
            "input_text_tokens" or "output_text_tokens" or "input_tool_tokens" or "input_text_tool_tokens" => null,
            "cache_text_read_tokens" or "cache_video_read_tokens" => null,
            _ => throw new ArgumentException($"the reference has a new count: {name}", nameof(name)),
        };
    }

    private static long Units(ReportedUsage reported, PriceUnit unit) =>
        reported.Units?.Where(u => u.Unit == unit).Sum(static u => u.QuantityMilli) / 1000 ?? 0;

    /// <summary>Why we read or charge otherwise.</summary>
    private static class Reasons
    {
        private static readonly (Func<RecordedUsage, bool> Fits, string Reason)[] Known =
        [
            (static c => c.Format == UsageFormat.Anthropic && (c.Body.Contains("\"compaction\"", StringComparison.Ordinal) || c.Body.Contains("\"advisor_message\"", StringComparison.Ordinal)),
                "the reference leaves out compactions and advisors, which are billed and stand in iterations alone"),
            (static c => c.Format == UsageFormat.OpenAiChat && c.Body.Contains("gemini-2.5-pro-preview", StringComparison.Ordinal),
                "thinking that only total_tokens owns up to is billed"),
            (static c => c is { Provider: "google", Flavor: "anthropic", Usd: > 1 },
                "the package has a price above 200,000 tokens that the reference's table had not: its own calculation today is ours"),
            (static c => c is { Provider: "azure", Model: "gpt-5.6-sol" } && c.Body.Contains("cache_write_tokens", StringComparison.Ordinal),
                "the package has a price for cache writes that the reference's table had not: its own calculation today is ours"),
            (static c => c.Model?.StartsWith("gpt-4o-audio-preview", StringComparison.Ordinal) ?? false,
                "the vendor bills audio at prices of its own, which the package lacks and our own file has"),
        ];

        public static string? Of(RecordedUsage one) => Known.Where(k => k.Fits(one)).Select(static k => k.Reason).FirstOrDefault();
    }
}
