using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Extraction;

namespace AiOrchestrator.Core.Tests.Metering.Extraction;

/// <summary>Recorded streams and whole answers, their usage read event by event, beside what a document of each event says last.</summary>
public sealed class RecordedStreamUsageTests(ITestOutputHelper output)
{
    private static readonly (string Folder, string Prefix, UsageFormat Format, string[] Prompt, string[] Completion)[] Kinds =
    [
        ("openai", "chat__", UsageFormat.OpenAiChat, ["prompt_tokens"], ["completion_tokens"]),
        ("openai", "embedding__", UsageFormat.OpenAiChat, ["prompt_tokens"], []),
        ("openai", "completion__", UsageFormat.OpenAiChat, ["prompt_tokens"], ["completion_tokens"]),
        ("openai", "responses__", UsageFormat.OpenAiResponses, ["input_tokens"], ["output_tokens"]),
        ("anthropic", "anthropic-", UsageFormat.Anthropic, ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"], ["output_tokens"]),
        ("google", "google-", UsageFormat.Gemini, ["promptTokenCount", "toolUsePromptTokenCount"], ["candidatesTokenCount", "thoughtsTokenCount"]),
        ("mistral", "mistral-", UsageFormat.OpenAiChat, ["prompt_tokens"], ["completion_tokens"]),
        ("amazon-bedrock", "amazon-bedrock-", UsageFormat.Bedrock, ["inputTokens", "cacheReadInputTokens", "cacheWriteInputTokens"], ["outputTokens"]),
    ];

    [Fact]
    public void The_usage_of_every_recorded_answer_is_what_its_last_events_say()
    {
        var read = 0;
        foreach (var kind in Kinds)
        {
            foreach (var file in Directory.GetFiles(RecordedData.PathOf("provider-streams", kind.Folder), kind.Prefix + "*").Order(StringComparer.Ordinal))
            {
                string[] events = file.EndsWith(".txt", StringComparison.Ordinal)
                    ? [.. File.ReadAllLines(file).Where(IsJson)]
                    : [File.ReadAllText(file)];
                if (Expected(events, kind.Prompt, kind.Completion) is not { } expected)
                {
                    continue;
                }

                var tokens = Read(events, kind.Format).Tokens;
                output.WriteLine($"{Path.GetFileName(file)}: {tokens.PromptTokens} + {tokens.CompletionTokens}");
                Assert.Equal((file, expected), (file, (tokens.PromptTokens, tokens.CompletionTokens)));
                read++;
            }
        }

        Assert.True(read > 100, $"only {read} recorded answers have usage");
    }

    [Fact]
    public void A_message_that_starts_twice_is_counted_once()
    {
        foreach (var name in (string[])["duplicate-message-start.chunks.txt", "spliced-message-start.chunks.txt"])
        {
            var events = File.ReadAllLines(RecordedData.PathOf("provider-streams", "anthropic", name)).Where(static l => l.Length > 0).ToArray();
            var expected = Expected(events, Kinds[4].Prompt, Kinds[4].Completion);

            var tokens = Read(events, UsageFormat.Anthropic).Tokens;

            Assert.Equal(expected, (tokens.PromptTokens, tokens.CompletionTokens));
        }
    }

    [Fact]
    public void A_stream_cut_after_its_start_still_tells_the_prompt()
    {
        var reported = Read(["""{"type":"message_start","message":{"usage":{"input_tokens":10,"cache_read_input_tokens":90,"output_tokens":1}}}"""], UsageFormat.Anthropic);

        Assert.Equal(new TokenUsage(100, 1, 90), reported.Tokens);
    }

    // One of the recordings has events that break off.
    private static bool IsJson(string line)
    {
        try
        {
            JsonDocument.Parse(line).Dispose();
            return true;
        }
        catch (JsonException)
        {
            // Safe: what a relay does with it is not what is asked here.
            return false;
        }
    }

    private static ReportedUsage Read(IEnumerable<string> events, UsageFormat format)
    {
        var counts = default(UsageCounts);
        foreach (var one in events)
        {
            _ = UsageReader.ReadAnswer(Encoding.UTF8.GetBytes(one), format, ref counts);
        }

        return UsageBuilder.Build(counts, format);
    }

    /// <summary>The sums of the named counts, each as it was said last; and what stands beside, of the last list that says so.</summary>
    private static (long Prompt, long Completion)? Expected(string[] events, string[] prompt, string[] completion)
    {
        var last = new Dictionary<string, long>(StringComparer.Ordinal);
        (long Prompt, long Completion) beside = default;
        foreach (var one in events)
        {
            using var document = JsonDocument.Parse(one);
            foreach (var usage in Usages(document.RootElement))
            {
                foreach (var count in usage.EnumerateObject().Where(static c => c.Value.ValueKind == JsonValueKind.Number))
                {
                    last[count.Name] = count.Value.GetInt64();
                }

                if (usage.TryGetProperty("iterations", out var passes) && passes.ValueKind == JsonValueKind.Array)
                {
                    var others = passes.EnumerateArray().Where(static p => p.GetProperty("type").GetString() is not ("message" or "fallback_message")).ToList();
                    beside = (others.Sum(p => Sum(p, prompt)), others.Sum(p => Sum(p, completion)));
                }
            }
        }

        return last.Count == 0
            ? null
            : (prompt.Sum(name => last.GetValueOrDefault(name)) + beside.Prompt, completion.Sum(name => last.GetValueOrDefault(name)) + beside.Completion);
    }

    private static long Sum(JsonElement item, string[] names) =>
        names.Sum(name => item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : 0);

    private static IEnumerable<JsonElement> Usages(JsonElement root)
    {
        IEnumerable<JsonElement> places = [root, .. from name in (string[])["message", "response", "metadata"]
                                                     where root.TryGetProperty(name, out var inner) && inner.ValueKind == JsonValueKind.Object
                                                     select root.GetProperty(name)];
        return from place in places
               from name in (string[])["usage", "usageMetadata"]
               where place.TryGetProperty(name, out var usage) && usage.ValueKind == JsonValueKind.Object
               select place.GetProperty(name);
    }
}
