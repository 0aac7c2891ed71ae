using System.Text;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Tests.Metering;

namespace AiOrchestrator.Core.Tests.Providers.OpenAi;

public sealed class OpenAiAnswerReaderTests
{
    [Theory]
    [InlineData("""{"choices":[{"delta":{"content":"a"}}],"usage":null}""", "Content", 1)]
    [InlineData("""{"choices":[{"delta":{"role":"assistant","content":""}}]}""", "Content", 0)]
    [InlineData("""{"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]}""", "Content", 2)]
    [InlineData("""{"choices":[{"delta":{"reasoning_content":"hm","content":null}}]}""", "Content", 1)]
    [InlineData("""{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a"}}]}}]}""", "Content", 3)]
    [InlineData("""{"choices":[{"delta":{"content":"inter"},"index":0},{"delta":{"content":"national"},"index":0}]}""", "Content", 1)]
    [InlineData("""{"choices":[{"delta":{"content":"inter"},"index":0},{"delta":{"content":"national"},"index":1}]}""", "Content", 2)]
    [InlineData("""{"choices":[{"message":{"content":"hello world","annotations":[{"type":"url","title":"not generated"}]}}]}""", "Content", 2)]
    [InlineData("""{"choices":[{"delta":{"reasoning":"hm","reasoning_content":"hm","reasoning_details":[{"text":"hm"}]}}]}""", "Content", 1)]
    [InlineData("""{"choices":[{"delta":{"content":"\ud83d\ude00"}}]}""", "Content", 1)]
    [InlineData("""{"choices":[{"index":-1,"delta":{"content":"a"}},{"index":99999999999,"delta":{"content":" b"}}]}""", "Content", 2)]
    [InlineData("""{"choices":[],"prompt_filter_results":[{}]}""", "Content", 0)]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""", "UsageOnly", 0)]
    [InlineData("""{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""", "Content", 0)]
    [InlineData("""{"error":{"message":"no"}}""", "Error", 0)]
    [InlineData("""{"error":null,"choices":[]}""", "Content", 0)]
    [InlineData("""{"choices":""", "Invalid", 0)]
    [InlineData("""[1]""", "Invalid", 0)]
    [InlineData("", "Invalid", 0)]
    [InlineData("""{"choices":[3,[],{"delta":7}],"usage":"none","model":{}}""", "Content", 0)]
    public void A_chunk_is_seen_for_what_it_is_and_its_tokens_are_counted(string json, string kind, long counted)
    {
        using var facts = Facts();
        Assert.Equal(kind, OpenAiAnswerReader.Read(Encoding.UTF8.GetBytes(json), facts).ToString());
        Assert.Equal(counted, facts.CountedTokens);
    }

    [Fact]
    public void A_provider_that_bills_beside_its_completion_is_read_so()
    {
        const string Answer = """{"choices":[],"usage":{"prompt_tokens":33,"completion_tokens":7163,"reasoning_tokens":193317,"citation_tokens":20016,"num_search_queries":20}}""";
        using var facts = Facts();
        facts.Format = UsageFormats.OfChat("perplexity");

        _ = OpenAiAnswerReader.Read(Encoding.UTF8.GetBytes(Answer), facts);

        Assert.Equal(7163 + 193317 + 20016, facts.Reported!.Value.Tokens.CompletionTokens);
        Assert.Equal([new UnitQuantity(PriceUnit.WebSearch, null, 20_000)], facts.Reported.Value.Units);
    }

    [Fact]
    public void Usage_that_comes_more_than_once_is_overwritten_never_added()
    {
        using var facts = Facts();
        OpenAiAnswerReader.Read("""{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"""u8, facts);
        OpenAiAnswerReader.Read("""{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":9,"total_tokens":12}}"""u8, facts);
        Assert.Equal((3, 9), (facts.Reported!.Value.Tokens.PromptTokens, facts.Reported!.Value.Tokens.CompletionTokens));
    }

    [Fact]
    public void A_recorded_stream_of_openai_is_read_to_its_usage()
    {
        using var facts = Facts();
        foreach (var line in File.ReadAllLines(RecordedData.PathOf("provider-streams", "openai", "chat__openai-text.chunks.txt")))
        {
            Assert.NotEqual(ChunkKind.Invalid, OpenAiAnswerReader.Read(Encoding.UTF8.GetBytes(line), facts));
        }

        Assert.True(facts.HasUsage);
        Assert.NotNull(facts.Model);
        Assert.Equal("stop", facts.FinishReason);
        Assert.InRange(facts.Reported!.Value.Tokens.CompletionTokens - facts.CountedTokens, 0, 1);
    }

    private static AnswerFacts Facts()
    {
        var facts = new AnswerFacts();
        facts.CountBy(ModelFamilies.Of("openai", "gpt-4o"));
        return facts;
    }
}
