using System.Text;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Metering.Tokenizing;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Tests.Metering.Counting;

public sealed class PromptCountingTests
{
    private static readonly ModelLimits NoLimits = new(null, null, null);
    private static readonly ModelFamily Gpt4o = ModelFamilies.Of("openai", "gpt-4o");

    [Fact]
    public void Every_function_calling_case_of_gpt_tokenizer_is_counted_as_it_is_known_to_be()
    {
        foreach (var (tokens, request) in FunctionCallingCases.All)
        {
            var (estimate, _) = Estimate(request, Gpt4o);
            Assert.True(tokens == estimate.PromptTokensExpected, $"{estimate.PromptTokensExpected} instead of {tokens}: {request}");
            Assert.InRange(estimate.PromptTokensMax!.Value, tokens, long.MaxValue);
        }
    }

    [Fact]
    public void Functions_offered_as_tools_take_what_they_take_as_functions()
    {
        const string Function = """{"name":"bing_bong","description":"Do a bing bong","parameters":{"type":"object","properties":{"foo":{"type":"string"}}}}""";
        const string Hello = "\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]";

        Assert.Equal(45, Estimate("{" + Hello + ",\"tools\":[{\"type\":\"function\",\"function\":" + Function + "}]}", Gpt4o).Estimate.PromptTokensExpected);
        Assert.Equal(
            45 + 3 + 4,
            Estimate("{" + Hello + ",\"tools\":[{\"type\":\"function\",\"function\":" + Function + "}],\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"bing_bong\"}}}", Gpt4o).Estimate.PromptTokensExpected);
    }

    [Theory]
    [InlineData("hello world", 2)]
    [InlineData("hello\\u0020world", 2)]
    [InlineData("caf\\u00e9", 2)]
    [InlineData("\\ud83d\\ude00", 1)]
    [InlineData("a\\/b", 2)]
    [InlineData("x\\n\\ty", 3)]
    public void Text_is_counted_as_it_is_meant_not_as_it_is_escaped(string json, int tokens)
    {
        var (estimate, shape) = Estimate("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + json + "\"}]}", Gpt4o);
        var text = System.Text.Json.JsonSerializer.Deserialize<string>("\"" + json + "\"")!;

        Assert.Equal(Tokenizer.O200k.Count(text), tokens);
        Assert.Equal(tokens + 3 + 1 + 3, estimate.PromptTokensExpected);
        Assert.Equal("user".Length + Encoding.UTF8.GetByteCount(text), shape.TextBytes);
    }

    [Fact]
    public void The_hold_for_a_text_prompt_is_the_count_and_eight_tokens()
    {
        var text = string.Concat(Enumerable.Repeat("The quick brown fox jumps over the lazy dog. ", 500));
        var (estimate, _) = Estimate("{\"model\":\"m\",\"temperature\":0.5,\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]}", Gpt4o);

        Assert.Equal(Tokenizer.O200k.Count(text) + 7, estimate.PromptTokensExpected);
        Assert.Equal(estimate.PromptTokensExpected + 8, estimate.PromptTokensMax);
    }

    [Fact]
    public void A_family_without_a_published_tokenizer_is_bounded_by_bytes_and_guessed_by_its_factor()
    {
        var text = string.Concat(Enumerable.Repeat("word ", 1000));
        var (estimate, _) = Estimate("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]}", ModelFamilies.Of("anthropic", "claude-sonnet-4-5"));

        Assert.Equal(5000 + 16 + 16, estimate.PromptTokensMax);
        Assert.Equal((long)Math.Ceiling(Tokenizer.O200k.Count(text) * 1.22) + 4 + 3, estimate.PromptTokensExpected);
    }

    [Fact]
    public void Members_nobody_knows_are_within_the_bound_and_not_expected()
    {
        const string Plain = """{"model":"m","messages":[{"role":"user","content":"hello"}]}""";
        const string Odd = """{"model":"m","messages":[{"role":"user","content":"hello","hint":"abcdef"}],"prediction":{"type":"content","content":"xyz"}}""";

        var (plain, odd) = (Estimate(Plain, Gpt4o).Estimate, Estimate(Odd, Gpt4o).Estimate);

        Assert.Equal(plain.PromptTokensExpected, odd.PromptTokensExpected);
        Assert.Equal(plain.PromptTokensMax + "\"abcdef\"".Length + """{"type":"content","content":"xyz"}""".Length, odd.PromptTokensMax);
    }

    [Fact]
    public void A_schema_for_the_answer_is_counted()
    {
        const string Schema = """{"name":"n","schema":{"type":"object","properties":{"a":{"type":"string"}}}}""";
        var (with, _) = Estimate("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}],\"response_format\":{\"type\":\"json_schema\",\"json_schema\":" + Schema + "}}", Gpt4o);

        Assert.Equal(8 + Tokenizer.O200k.Count(Schema) + 12, with.PromptTokensExpected);
        Assert.InRange(with.PromptTokensMax!.Value, with.PromptTokensExpected, with.PromptTokensExpected + 64);
    }

    [Theory]
    [InlineData("""{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}""")]
    [InlineData("""{"role":"user","content":[{"type":"document_url","document_url":"https://example.org/500-pages.pdf"}]}""")]
    [InlineData("""{"role":"user","content":[{"type":"audio_url","audio_url":{"url":"https://example.org/a.mp3"}}]}""")]
    [InlineData("""{"role":"assistant","audio":{"id":"audio_1"}}""")]
    public void The_window_bounds_what_is_unbounded_and_without_one_there_is_no_bound(string message)
    {
        var request = "{\"model\":\"m\",\"messages\":[" + message + "]}";

        Assert.Null(Estimate(request, Gpt4o).Estimate.PromptTokensMax);
        Assert.Equal(1000, Estimate(request, Gpt4o, new ModelLimits(1000, null, null)).Estimate.PromptTokensMax);
    }

    [Theory]
    [InlineData("{\"model\":\"m\",\"input\":\"hello world\"}", 2)]
    [InlineData("{\"model\":\"m\",\"input\":[\"hello\",\"hello world\"]}", 3)]
    [InlineData("{\"model\":\"m\",\"input\":[1,2,3]}", 3)]
    [InlineData("{\"model\":\"m\",\"input\":[[1,2],[3]]}", 3)]
    public void Embedding_inputs_take_their_tokens_and_nothing_more(string request, long tokens)
    {
        var estimate = Estimate(request, ModelFamilies.Of("openai", "text-embedding-3-small"), call: ModelCall.Embeddings).Estimate;

        Assert.Equal((tokens, tokens + 8), (estimate.PromptTokensExpected, estimate.PromptTokensMax));
    }

    [Theory]
    [InlineData("""{"model":"m","messages":[{"role":"\ud800","content":"a"}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"a","tool_calls":[{"\ud800":1}]}]}""")]
    [InlineData("""{"model":"m","tools":[{"\ud800":1}],"messages":[{"role":"user","content":"a"}]}""")]
    [InlineData("""{"model":"m","tools":[{"type":"function","function":{"name":"f","description":"\ud800"}}],"messages":[{"role":"user","content":"\ud800"}]}""")]
    public void Half_a_surrogate_pair_is_refused_or_counted_and_never_a_fault(string request)
    {
        var facts = new RequestFacts();
        var body = Encoding.UTF8.GetBytes(request);
        var failure = OpenAiRequestReader.Read(body, ModelCall.ChatCompletions, facts)
            ?? OpenAiPromptCounter.Count(body, ModelCall.ChatCompletions, facts, Gpt4o, NoLimits, out _);

        Assert.True(failure is null or Core.Platform.InvalidJson, failure?.Message);
    }

    [Fact]
    public void No_family_expects_more_than_it_holds_for()
    {
        const string Request = """
            {"model":"m","tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"enum":[1,2]}}}}}],
             "messages":[{"role":"system","content":"Be brief."},{"role":"user","name":"bob","content":[{"type":"text","text":"héllo 世界"}]},
               {"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
               {"role":"tool","tool_call_id":"c","content":"1"}]}
            """;
        foreach (var model in (string[])["gpt-4o", "gpt-4", "gpt-oss-20b", "claude-opus-4-8", "gemini-2.5-pro", "command-r", "mistral-large-latest", "llama-3.3-70b", "llama-4-scout", "qwen3", "deepseek-chat", "who-knows"])
        {
            var estimate = Estimate(Request, ModelFamilies.Of("reseller", model)).Estimate;
            Assert.InRange(estimate.PromptTokensExpected, 30, estimate.PromptTokensMax!.Value - 1);
        }
    }

    [Fact]
    public void What_providers_report_corrects_the_guess_within_the_bound_and_never_an_exact_count()
    {
        var shape = new PromptShape { TextTokens = 100, TextBytes = 130, Messages = 1 };
        var claude = ModelFamilies.Of("anthropic", "claude-sonnet-4-5");

        Assert.Equal(122, PromptEstimator.Estimate(shape, claude, NoLimits).PromptTokensExpected);
        Assert.Equal(135, PromptEstimator.Estimate(shape, claude, NoLimits, 1.1).PromptTokensExpected);
        Assert.Equal(130 + 32, PromptEstimator.Estimate(shape, claude, NoLimits, 2).PromptTokensExpected);
        Assert.Equal(100, PromptEstimator.Estimate(shape, Gpt4o, NoLimits, 2).PromptTokensExpected);
    }

    internal static (PromptEstimate Estimate, PromptShape Shape) Estimate(
        string request, ModelFamily family, ModelLimits? limits = null, ModelCall call = ModelCall.ChatCompletions)
    {
        var facts = new RequestFacts();
        var body = Encoding.UTF8.GetBytes(request);
        Assert.Null(OpenAiRequestReader.Read(body, call, facts));
        Assert.Null(OpenAiPromptCounter.Count(body, call, facts, family, limits ?? NoLimits, out var shape));
        return (PromptEstimator.Estimate(shape, family, limits ?? NoLimits), shape);
    }
}
