using System.Globalization;
using System.Text;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Extraction;

namespace AiOrchestrator.Core.Tests.Metering.Extraction;

/// <summary>Whatever a provider sends: nothing throws, nothing is negative, above its bound or above its total.</summary>
public sealed class UsageReaderPropertyTests
{
    private static readonly string[] Names =
    [
        "prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "citation_tokens",
        "cache_read_input_tokens", "cache_creation_input_tokens", "ephemeral_1h_input_tokens", "promptTokenCount", "candidatesTokenCount",
        "thoughtsTokenCount", "toolUsePromptTokenCount", "cachedContentTokenCount", "totalTokenCount", "inputTokens", "outputTokens",
        "cacheReadInputTokens", "cacheWriteInputTokens", "audio_tokens", "image_tokens", "num_search_queries", "seconds", "pages_processed", "tokenCount",
    ];

    private static readonly string[] Objects =
    [
        "prompt_tokens_details", "completion_tokens_details", "input_tokens_details", "output_tokens_details", "cache_creation", "server_tool_use",
        "billed_units", "tokens", "usage", "usageMetadata", "meta", "message", "response",
    ];

    private static readonly string[] Lists =
        ["iterations", "promptTokensDetails", "candidatesTokensDetails", "cacheTokensDetails", "toolUsePromptTokensDetails", "cacheDetails"];

    private static readonly string[] Oddities =
    [
        "null", "true", "-1", "1.5", "\"7\"", "\"x\"", "1e18", "1e400", "999999999999999999999999", "-1e18", "[]", "{}", "[[{}]]", "5.0", "\"\"", "1000000000", "1000000001",
    ];

    [Fact]
    public void No_usage_object_makes_a_reader_throw_or_a_count_leave_its_bounds()
    {
        for (var seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            var json = Random(random, depth: 0);
            foreach (var format in Enum.GetValues<UsageFormat>())
            {
                var counts = default(UsageCounts);
                _ = UsageReader.ReadAnswer(Encoding.UTF8.GetBytes(json), format, ref counts);
                var tokens = UsageBuilder.Build(counts, format).Tokens;

                Assert.InRange(tokens.PromptTokens, 0, TokenUsage.MaxTokens);
                Assert.InRange(tokens.CompletionTokens, 0, TokenUsage.MaxTokens);
                Assert.All(PromptParts(tokens), part => Assert.InRange(part, 0, tokens.PromptTokens));
                Assert.All(CompletionParts(tokens), part => Assert.InRange(part, 0, tokens.CompletionTokens));
            }
        }
    }

    private static long[] PromptParts(TokenUsage t) =>
        [t.CachedPromptTokens, t.CacheWritePromptTokens, t.CacheWrite1hPromptTokens, t.AudioPromptTokens, t.ImagePromptTokens, t.VideoPromptTokens, t.CachedAudioPromptTokens];

    private static long[] CompletionParts(TokenUsage t) =>
        [t.ReasoningTokens, t.AudioCompletionTokens, t.ImageCompletionTokens, t.CitationTokens, t.RejectedPredictionTokens];

    private static string Random(Random random, int depth)
    {
        var members = new List<string>();
        for (var i = random.Next(0, 8); i >= 0; i--)
        {
            members.Add(random.Next(0, depth > 2 ? 2 : 5) switch
            {
                0 or 1 => $"\"{Pick(random, Names)}\":{Value(random)}",
                2 => $"\"{Pick(random, Lists)}\":[{(random.Next(4) == 0 ? Value(random) : Random(random, depth + 1))},{{\"type\":\"{(random.Next(2) == 0 ? "message" : "compaction")}\",\"modality\":\"AUDIO\",\"ttl\":\"1h\",\"input_tokens\":{Value(random)},\"tokenCount\":{Value(random)}}}]",
                _ => $"\"{Pick(random, Objects)}\":{(random.Next(6) == 0 ? Value(random) : Random(random, depth + 1))}",
            });
        }

        return "{" + string.Join(',', members) + "}";
    }

    private static string Value(Random random) =>
        random.Next(3) == 0 ? Pick(random, Oddities) : random.Next(0, 2_000).ToString(CultureInfo.InvariantCulture);

    private static string Pick(Random random, string[] from) => from[random.Next(from.Length)];
}
