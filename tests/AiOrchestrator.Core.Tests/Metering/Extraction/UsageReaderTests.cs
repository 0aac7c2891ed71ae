using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Extraction;

namespace AiOrchestrator.Core.Tests.Metering.Extraction;

public sealed class UsageReaderTests
{
    [Fact]
    public void Every_member_of_a_chats_usage_is_read_and_others_are_skipped()
    {
        var reported = Read(
            UsageFormat.OpenAiChat,
            """
            { "x": { "prompt_tokens": 9 }, "prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150, "cost": 0,
              "prompt_tokens_details": { "cached_tokens": 40, "audio_tokens": 7, "image_tokens": 3, "text_tokens": [1, {}], "cache_write_tokens": 5 },
              "completion_tokens_details": { "reasoning_tokens": 20, "audio_tokens": 3, "y": null,
                "accepted_prediction_tokens": 4, "rejected_prediction_tokens": 5 } }
            """);

        var expected = new TokenUsage(100, 50, 40, 7, 20, 3, 4, 5) { ImagePromptTokens = 3, CacheWritePromptTokens = 5 };
        Assert.Equal(new ReportedUsage(expected, true, true, UsageAnomaly.None), reported);
    }

    [Theory]
    [InlineData("""{"prompt_tokens":8,"total_tokens":8}""", 8, 0)]
    [InlineData("""{"prompt_tokens":8,"completion_tokens":null,"prompt_tokens_details":null,"completion_tokens_details":null}""", 8, 0)]
    [InlineData("""{"prompt_tokens":8,"completion_tokens":2,"total_tokens":null}""", 8, 2)]
    [InlineData("""{"prompt_tokens":8.0,"completion_tokens":2e0}""", 8, 2)]
    [InlineData("""{"prompt_tokens":1000000000,"completion_tokens":1}""", 1_000_000_000, 1)]
    [InlineData("""{"completion_tokens":12,"prompt_tokens":35,"total_tokens":109}""", 35, 74)] // Gemini's thinking is in the total alone.
    public void A_sound_report_is_taken_as_it_stands(string json, long prompt, long completion)
    {
        var reported = Read(UsageFormat.OpenAiChat, json);

        Assert.True(reported.IsSound);
        Assert.Equal(new TokenUsage(prompt, completion), reported.Tokens);
    }

    [Theory]
    [InlineData("{}", UsageAnomaly.Missing, false, 0, false, 0)]
    [InlineData("""{"prompt_tokens":null}""", UsageAnomaly.Missing, false, 0, false, 0)]
    [InlineData("[]", UsageAnomaly.Malformed, false, 0, false, 0)]
    [InlineData("\"usage\"", UsageAnomaly.Malformed, false, 0, false, 0)]
    [InlineData("""{"completion_tokens":5}""", UsageAnomaly.ZeroPrompt, false, 0, true, 5)]
    [InlineData("""{"prompt_tokens":0,"completion_tokens":0}""", UsageAnomaly.ZeroPrompt, true, 0, true, 0)]
    [InlineData("""{"prompt_tokens":-1,"completion_tokens":5}""", UsageAnomaly.Negative, false, 0, true, 5)]
    [InlineData("""{"prompt_tokens":1.5,"completion_tokens":5}""", UsageAnomaly.Malformed, false, 0, true, 5)]
    [InlineData("""{"prompt_tokens":"12","completion_tokens":5}""", UsageAnomaly.Malformed, true, 12, true, 5)]
    [InlineData("""{"prompt_tokens":"many","completion_tokens":5}""", UsageAnomaly.Malformed, false, 0, true, 5)]
    [InlineData("""{"prompt_tokens":12,"completion_tokens":1000000000000000000}""", UsageAnomaly.Absurd, true, 12, false, 0)]
    [InlineData("""{"prompt_tokens":12,"completion_tokens":1e30}""", UsageAnomaly.Absurd, true, 12, false, 0)]
    [InlineData("""{"prompt_tokens":12,"completion_tokens":-1e30}""", UsageAnomaly.Negative, true, 12, false, 0)]
    [InlineData("""{"prompt_tokens":12,"completion_tokens":1e999}""", UsageAnomaly.Malformed, true, 12, false, 0)]
    [InlineData("""{"prompt_tokens":{"n":1},"completion_tokens":5}""", UsageAnomaly.Malformed, false, 0, true, 5)]
    [InlineData("""{"prompt_tokens":12,"prompt_tokens_details":[]}""", UsageAnomaly.Malformed, true, 12, false, 0)]
    [InlineData("""{"prompt_tokens":12,"prompt_tokens_details":{"cached_tokens":-4}}""", UsageAnomaly.Negative, true, 12, false, 0)]
    [InlineData("""{"prompt_tokens":12,"prompt_tokens_details":{"cached_tokens":13}}""", UsageAnomaly.Inconsistent, true, 25, false, 0)]
    [InlineData("""{"prompt_tokens":20,"completion_tokens":10,"total_tokens":100030,"prompt_tokens_details":{"cached_tokens":100000}}""", UsageAnomaly.Inconsistent, true, 100_020, true, 10)]
    [InlineData("""{"prompt_tokens":20,"completion_tokens":10,"completion_tokens_details":{"reasoning_tokens":900}}""", UsageAnomaly.Inconsistent, true, 20, true, 910)]
    [InlineData("""{"prompt_tokens":12,"completion_tokens":5,"total_tokens":6}""", UsageAnomaly.Inconsistent, true, 12, true, 5)]
    [InlineData("""{"prompt_tokens":"-3","completion_tokens":1000000000000000000}""", UsageAnomaly.Malformed, false, 0, false, 0)]
    public void What_is_wrong_is_told_and_what_can_be_read_is_kept(
        string json, UsageAnomaly anomaly, bool hasPrompt, long prompt, bool hasCompletion, long completion)
    {
        var reported = Read(UsageFormat.OpenAiChat, json);

        Assert.Equal((anomaly, hasPrompt, hasCompletion), (reported.Anomaly, reported.HasPrompt, reported.HasCompletion));
        Assert.Equal((prompt, completion), (reported.Tokens.PromptTokens, reported.Tokens.CompletionTokens));
    }

    [Theory]
    [InlineData("""{"usage":{"prompt_tokens":1,"prompt_tokens_details":{"cached_tokens":"x"}},"after":true}""")]
    [InlineData("""{"usage":[[1],{"prompt_tokens":2}],"after":true}""")]
    [InlineData("""{"usage":{"prompt_tokens":{"deep":[[[]]]}},"after":true}""")]
    [InlineData("""{"usage":null,"after":true}""")]
    public void Whatever_the_value_the_reader_stands_at_its_end(string json)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        for (var i = 0; i < 3; i++)
        {
            Assert.True(reader.Read());
        }

        var counts = default(UsageCounts);
        _ = UsageReader.Read(ref reader, UsageFormat.OpenAiChat, ref counts);

        Assert.True(reader.Read());
        Assert.Equal("after", reader.GetString());
    }

    [Fact]
    public void Anthropics_input_leaves_out_the_cache_and_its_iterations_what_stands_beside()
    {
        var reported = Read(
            UsageFormat.Anthropic,
            """
            {"input_tokens":180,"output_tokens":8,"cache_read_input_tokens":1000,"cache_creation_input_tokens":300,
             "cache_creation":{"ephemeral_5m_input_tokens":200,"ephemeral_1h_input_tokens":100},"server_tool_use":{"web_search_requests":2},
             "iterations":[{"type":"compaction","input_tokens":100,"output_tokens":82,"cache_creation_input_tokens":55096,"cache_creation":{"ephemeral_1h_input_tokens":7}},
                           {"type":"message","input_tokens":180,"output_tokens":8}]}
            """);

        Assert.Equal(
            new TokenUsage(180 + 1000 + 300 + 100 + 55096, 8 + 82, 1000) { CacheWritePromptTokens = 300 + 55096, CacheWrite1hPromptTokens = 107 },
            reported.Tokens);
        Assert.Equal([new UnitQuantity(PriceUnit.WebSearch, null, 2000)], reported.Units);
        Assert.True(reported.IsSound);
    }

    [Fact]
    public void Geminis_tools_and_thoughts_are_paid_for_and_documents_are_images()
    {
        var reported = Read(
            UsageFormat.Gemini,
            """
            {"promptTokenCount":100,"toolUsePromptTokenCount":11,"cachedContentTokenCount":60,"candidatesTokenCount":5,"thoughtsTokenCount":7,"totalTokenCount":123,
             "promptTokensDetails":[{"modality":"TEXT","tokenCount":50},{"modality":"AUDIO","tokenCount":20},{"modality":"DOCUMENT","tokenCount":30}],
             "cacheTokensDetails":[{"modality":"AUDIO","tokenCount":9}],"candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":4}]}
            """);

        Assert.Equal(
            new TokenUsage(111, 12, 60, 20, 7) { ImagePromptTokens = 30, CachedAudioPromptTokens = 9, ImageCompletionTokens = 4 },
            reported.Tokens);
        Assert.True(reported.IsSound);
    }

    [Theory]
    [InlineData(UsageFormat.Bedrock, """{"inputTokens":3,"outputTokens":288,"cacheReadInputTokens":10,"cacheWriteInputTokens":2074,"cacheDetails":[{"inputTokens":2000,"ttl":"5m"},{"inputTokens":74,"ttl":"1h"}],"totalTokens":2365}""", 2087, 288)]
    [InlineData(UsageFormat.Cohere, """{"billed_units":{"input_tokens":5.0,"output_tokens":6},"tokens":{"input_tokens":71,"output_tokens":6},"cached_tokens":60}""", 5, 6)]
    [InlineData(UsageFormat.Cohere, """{"tokens":{"input_tokens":71,"output_tokens":6}}""", 71, 6)]
    [InlineData(UsageFormat.OpenAiResponses, """{"input_tokens":9,"input_tokens_details":{"cached_tokens":4},"output_tokens":3,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":12}""", 9, 3)]
    [InlineData(UsageFormat.Perplexity, """{"prompt_tokens":9,"completion_tokens":30,"reasoning_tokens":100,"citation_tokens":50,"num_search_queries":4,"total_tokens":39}""", 9, 180)]
    [InlineData(UsageFormat.XAi, """{"prompt_tokens":9,"completion_tokens":3,"completion_tokens_details":{"reasoning_tokens":100},"total_tokens":112}""", 9, 103)]
    [InlineData(UsageFormat.XAi, """{"prompt_tokens":9,"completion_tokens":103,"completion_tokens_details":{"reasoning_tokens":100},"total_tokens":112}""", 9, 103)]
    [InlineData(UsageFormat.OpenAiImages, """{"input_tokens":50,"output_tokens":4160,"input_tokens_details":{"text_tokens":10,"image_tokens":40},"total_tokens":4210}""", 50, 4160)]
    public void Each_format_says_its_totals_its_own_way(UsageFormat format, string json, long prompt, long completion)
    {
        var reported = Read(format, json);

        Assert.True(reported.IsSound);
        Assert.Equal((prompt, completion), (reported.Tokens.PromptTokens, reported.Tokens.CompletionTokens));
    }

    [Theory]
    [InlineData(UsageFormat.Cohere, """{"meta":{"billed_units":{"search_units":3}}}""", PriceUnit.FileSearch, 3000)]
    [InlineData(UsageFormat.MistralOcr, """{"usage_info":{"pages_processed":7}}""", PriceUnit.Page, 7000)]
    [InlineData(UsageFormat.OpenAiTranscription, """{"text":"hi","usage":{"type":"duration","seconds":12.3451}}""", PriceUnit.AudioSecond, 12346)]
    public void What_is_not_charged_by_tokens_is_read_as_units(UsageFormat format, string answer, PriceUnit unit, long quantityMilli)
    {
        var counts = default(UsageCounts);

        Assert.True(UsageReader.ReadAnswer(Encoding.UTF8.GetBytes(answer), format, ref counts));

        var reported = UsageBuilder.Build(counts, format);
        Assert.Equal([new UnitQuantity(unit, null, quantityMilli)], reported.Units);
        Assert.True(reported.IsSound);
    }

    private static ReportedUsage Read(UsageFormat format, string json)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        reader.Read();
        var counts = default(UsageCounts);
        _ = UsageReader.Read(ref reader, format, ref counts);
        return UsageBuilder.Build(counts, format);
    }
}
