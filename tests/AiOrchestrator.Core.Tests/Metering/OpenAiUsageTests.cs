using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Tests.Metering;

public sealed class OpenAiUsageTests
{
    [Fact]
    public void Every_member_we_know_is_read_and_others_are_skipped()
    {
        (bool usable, TokenUsage usage) = Read(
            """
            { "x": { "prompt_tokens": 9 }, "prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150, "cost": 0,
              "prompt_tokens_details": { "cached_tokens": 40, "audio_tokens": 7, "text_tokens": [1, {}] },
              "completion_tokens_details": { "reasoning_tokens": 20, "audio_tokens": 3, "y": null,
                "accepted_prediction_tokens": 4, "rejected_prediction_tokens": 5 } }
            """);

        Assert.True(usable);
        Assert.Equal(new TokenUsage(100, 50, 40, 7, 20, 3, 4, 5), usage);
    }

    [Theory]
    [InlineData("""{"prompt_tokens":8,"total_tokens":8}""", 8, 0)]
    [InlineData("""{"prompt_tokens":8,"completion_tokens":null,"prompt_tokens_details":null,"completion_tokens_details":null}""", 8, 0)]
    [InlineData("""{"prompt_tokens":8,"completion_tokens":2,"total_tokens":null}""", 8, 2)]
    [InlineData("""{"prompt_tokens":0,"completion_tokens":0}""", 0, 0)]
    [InlineData("""{"prompt_tokens":1000000000,"completion_tokens":1}""", 1_000_000_000, 1)]
    public void What_is_missing_or_null_counts_as_nothing(string json, long prompt, long completion)
    {
        (bool usable, TokenUsage usage) = Read(json);

        Assert.True(usable);
        Assert.Equal(new TokenUsage(prompt, completion), usage);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("3")]
    [InlineData("\"usage\"")]
    [InlineData("""[{"prompt_tokens":1}]""")]
    [InlineData("""{"prompt_tokens":null}""")]
    [InlineData("""{"completion_tokens":5}""")]
    [InlineData("""{"prompt_tokens":-1,"completion_tokens":5}""")]
    [InlineData("""{"prompt_tokens":1.5,"completion_tokens":5}""")]
    [InlineData("""{"prompt_tokens":"12","completion_tokens":5}""")]
    [InlineData("""{"prompt_tokens":12,"completion_tokens":1000000000000000000}""")]
    [InlineData("""{"prompt_tokens":12,"completion_tokens":1e30}""")]
    [InlineData("""{"prompt_tokens":1000000001}""")]
    [InlineData("""{"prompt_tokens":{"n":1},"completion_tokens":5}""")]
    [InlineData("""{"prompt_tokens":[1,2],"completion_tokens":5}""")]
    [InlineData("""{"prompt_tokens":12,"total_tokens":-5}""")]
    [InlineData("""{"prompt_tokens":12,"prompt_tokens_details":[]}""")]
    [InlineData("""{"prompt_tokens":12,"prompt_tokens_details":{"cached_tokens":-4}}""")]
    [InlineData("""{"prompt_tokens":12,"completion_tokens_details":{"audio_tokens":true}}""")]
    public void What_cannot_be_trusted_is_no_usage(string json)
    {
        (bool usable, TokenUsage usage) = Read(json);

        Assert.False(usable);
        Assert.Equal(default, usage);
    }

    [Fact]
    public void Tokens_only_the_total_owns_up_to_are_completion_tokens()
    {
        // A real answer of gemini-2.5-pro: 62 thinking tokens are in the total alone, and are billed.
        (bool usable, TokenUsage usage) = Read("""{"completion_tokens":12,"prompt_tokens":35,"total_tokens":109}""");

        Assert.True(usable);
        Assert.Equal(new TokenUsage(35, 74), usage);
    }

    [Theory]
    [InlineData("""{"usage":{"prompt_tokens":1,"prompt_tokens_details":{"cached_tokens":"x"}},"after":true}""")]
    [InlineData("""{"usage":[[1],{"prompt_tokens":2}],"after":true}""")]
    [InlineData("""{"usage":{"prompt_tokens":{"deep":[[[]]]}},"after":true}""")]
    [InlineData("""{"usage":null,"after":true}""")]
    [InlineData("""{"usage":{"prompt_tokens":1},"after":true}""")]
    public void Whatever_the_value_the_reader_stands_at_its_end(string json)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        for (int i = 0; i < 3; i++)
        {
            Assert.True(reader.Read());
        }

        _ = OpenAiUsage.TryRead(ref reader, out _);

        Assert.True(reader.Read());
        Assert.Equal("after", reader.GetString());
    }

    [Theory]
    [InlineData("chat__openai-text.json", 16, 363, 0)]
    [InlineData("chat__openai-text.chunks.txt", 16, 300, 0)]
    [InlineData("chat__azure-model-router.1.chunks.txt", 15, 78, 64)]
    [InlineData("embedding__openai-embedding.json", 12, 0, 0)]
    public void Recorded_answers_of_the_provider_are_read(string file, long prompt, long completion, long reasoning)
    {
        string path = RecordedData.PathOf("provider-streams", "openai", file);
        // A recorded stream holds one event to a line, a recorded answer is one document.
        string[] documents = file.EndsWith(".chunks.txt", StringComparison.Ordinal) ? File.ReadAllLines(path) : [File.ReadAllText(path)];

        TokenUsage[] usages = [.. documents.Where(text => text.Length > 0).Select(ReadMember).OfType<TokenUsage>()];

        Assert.Equal([new TokenUsage(prompt, completion, reasoningTokens: reasoning)], usages);
    }

    private static TokenUsage? ReadMember(string document)
    {
        using var parsed = JsonDocument.Parse(document);
        return parsed.RootElement.TryGetProperty("usage", out JsonElement value) && Read(value.GetRawText()) is (true, var usage) ? usage : null;
    }

    private static (bool Usable, TokenUsage Usage) Read(string json)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        Assert.True(reader.Read());
        bool usable = OpenAiUsage.TryRead(ref reader, out TokenUsage usage);
        Assert.False(reader.Read());
        return (usable, usage);
    }
}
