using System.Text;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Tests.Providers.OpenAi;

public sealed class OpenAiRequestReaderTests
{
    private const string Hi = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";

    [Theory]
    [InlineData("", "invalid_json", null)]
    [InlineData("   ", "invalid_json", null)]
    [InlineData("hello", "invalid_json", null)]
    [InlineData("[]", "invalid_json", null)]
    [InlineData("null", "invalid_json", null)]
    [InlineData("{\"model\":\"m\",", "invalid_json", null)]
    [InlineData("{\"model\":\"m\"} {}", "invalid_json", null)]
    [InlineData("{\"model\":\"m\0\"}", "invalid_json", null)]
    [InlineData("{}", "missing_parameter", "model")]
    [InlineData("{\"model\":\"m\"}", "missing_parameter", "messages")]
    [InlineData("{" + Hi + "}", "missing_parameter", "model")]
    [InlineData("{\"model\":3," + Hi + "}", "invalid_parameter", "model")]
    [InlineData("{\"model\":\"\"," + Hi + "}", "invalid_parameter", "model")]
    [InlineData("{\"model\":null," + Hi + "}", "invalid_parameter", "model")]
    [InlineData("{\"model\":\"m\",\"messages\":\"Hi\"}", "invalid_parameter", "messages")]
    [InlineData("{\"model\":\"m\",\"messages\":[]}", "invalid_parameter", "messages")]
    [InlineData("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"},4]}", "invalid_parameter", "messages[1]")]
    [InlineData("{\"model\":\"m\",\"messages\":[{\"content\":\"a\"}]}", "missing_parameter", "messages[0].role")]
    [InlineData("{\"model\":\"m\",\"messages\":[{\"role\":1}]}", "invalid_parameter", "messages[0].role")]
    [InlineData("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":{}}]}", "invalid_parameter", "messages[0].content")]
    [InlineData("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[\"a\"]}]}", "invalid_parameter", "messages[0].content[0]")]
    [InlineData("{\"model\":\"m\",\"stream\":\"yes\"," + Hi + "}", "invalid_parameter", "stream")]
    [InlineData("{\"model\":\"m\",\"stream_options\":[]," + Hi + "}", "invalid_parameter", "stream_options")]
    [InlineData("{\"model\":\"m\",\"stream_options\":{\"include_usage\":1}," + Hi + "}", "invalid_parameter", "stream_options.include_usage")]
    [InlineData("{\"model\":\"m\",\"stream_options\":{\"include_usage\":true,\"include_usage\":false}," + Hi + "}", "invalid_parameter", "stream_options.include_usage")]
    [InlineData("{\"model\":\"m\",\"max_tokens\":0," + Hi + "}", "invalid_parameter", "max_tokens")]
    [InlineData("{\"model\":\"m\",\"max_tokens\":-1," + Hi + "}", "invalid_parameter", "max_tokens")]
    [InlineData("{\"model\":\"m\",\"max_tokens\":1.5," + Hi + "}", "invalid_parameter", "max_tokens")]
    [InlineData("{\"model\":\"m\",\"max_tokens\":\"10\"," + Hi + "}", "invalid_parameter", "max_tokens")]
    [InlineData("{\"model\":\"m\",\"max_completion_tokens\":99999999999999999999," + Hi + "}", "invalid_parameter", "max_completion_tokens")]
    [InlineData("{\"model\":\"m\",\"n\":0," + Hi + "}", "invalid_parameter", "n")]
    [InlineData("{\"model\":\"m\",\"n\":1000," + Hi + "}", "invalid_parameter", "n")]
    [InlineData("{\"model\":\"m\",\"tools\":{}," + Hi + "}", "invalid_parameter", "tools")]
    [InlineData("{\"model\":\"m\",\"tools\":[1]," + Hi + "}", "invalid_parameter", "tools[0]")]
    [InlineData("{\"model\":\"m\",\"tools\":[{\"type\":\"function\",\"function\":{\"type\":\"x\"}},{\"type\":\"web_search\"}]," + Hi + "}", "unsupported_parameter", "tools[1].type")]
    [InlineData("{\"model\":\"m\",\"tools\":[{\"type\":\"\\ud800\"}]," + Hi + "}", "invalid_json", null)]
    [InlineData("{\"model\":\"m\",\"plugins\":[{\"id\":\"web\"}]," + Hi + "}", "unsupported_parameter", "plugins")]
    [InlineData("{\"model\":\"m\",\"search_parameters\":{}," + Hi + "}", "unsupported_parameter", "search_parameters")]
    [InlineData("{\"model\":\"m\",\"user\":7," + Hi + "}", "invalid_parameter", "user")]
    [InlineData("{\"model\":\"m\",\"service_tier\":7," + Hi + "}", "invalid_parameter", "service_tier")]
    [InlineData("{\"model\":\"m\",\"model\":\"n\"," + Hi + "}", "invalid_parameter", "model")]
    [InlineData("{\"model\":\"m\",\"mod\\u0065l\":\"n\"," + Hi + "}", "invalid_parameter", "model")]
    [InlineData("{\"model\":\"m\",\"seed_\":1,\"seed_\":2," + Hi + "}", "invalid_parameter", "seed_")]
    public void What_is_wrong_with_a_chat_request_is_named(string body, string code, string? param)
    {
        var failure = OpenAiRequestReader.Read(Encoding.UTF8.GetBytes(body), ModelCall.ChatCompletions, new RequestFacts());
        Assert.NotNull(failure);
        Assert.Equal((400, code, param), (failure.Status, failure.Code, failure.Param));
    }

    [Theory]
    [InlineData("{\"model\":\"m\"}", "missing_parameter", "input")]
    [InlineData("{\"model\":\"m\",\"input\":4}", "invalid_parameter", "input")]
    [InlineData("{\"model\":\"m\",\"input\":[]}", "invalid_parameter", "input")]
    [InlineData("{\"model\":\"m\",\"input\":[{}]}", "invalid_parameter", "input")]
    [InlineData("{\"model\":\"m\",\"input\":[\"a\",1]}", "invalid_parameter", "input")]
    public void What_is_wrong_with_an_embeddings_request_is_named(string body, string code, string param)
    {
        var failure = OpenAiRequestReader.Read(Encoding.UTF8.GetBytes(body), ModelCall.Embeddings, new RequestFacts());
        Assert.Equal((code, param), (failure!.Code, failure.Param));
    }

    [Fact]
    public void Invalid_utf8_and_nesting_beyond_the_bound_are_refused()
    {
        Assert.IsType<InvalidJson>(OpenAiRequestReader.Read("{\"model\":\"\xff\xfe\"}"u8[..10].ToArray().Append((byte)0xff).ToArray(), ModelCall.ChatCompletions, new RequestFacts()));
        var deep = Encoding.UTF8.GetBytes("{\"model\":\"m\",\"x\":" + new string('[', 10_000) + new string(']', 10_000) + "}");
        Assert.IsType<InvalidJson>(OpenAiRequestReader.Read(deep, ModelCall.ChatCompletions, new RequestFacts()));
    }

    [Fact]
    public void An_error_never_repeats_what_the_body_says()
    {
        var failure = OpenAiRequestReader.Read(
            Encoding.UTF8.GetBytes("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"my secret\"} oops"), ModelCall.ChatCompletions, new RequestFacts());
        Assert.DoesNotContain("secret", failure!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("oops", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_images_tools_and_choices_are_counted()
    {
        var facts = Read("""
            {"model":"m","user":"u-1","n":3,"max_tokens":10,"max_completion_tokens":20,"tools":[{"type":"function"}],"messages":[
              {"role":"system","content":"12345"},
              {"role":"user","name":"abc","content":[
                {"type":"text","text":"1234567"},
                {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}]},
              {"role":"assistant","content":null,"tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{}"}}]}]}
            """);
        Assert.Equal((3, 1, 1, 3, "u-1"), (facts.Messages, facts.Images, facts.Tools, facts.Choices, facts.EndUser));
        Assert.Equal(20, facts.RequestedOutputTokens);
        Assert.Equal("[{\"type\":\"function\"}]".Length, facts.ToolsRange.Length);
        Assert.Equal(0, facts.OtherBytes);
    }

    [Theory]
    [InlineData("{\"model\":\"m\",\"input\":\"abcd\"}", 1, 6)]
    [InlineData("{\"model\":\"m\",\"input\":[\"abcd\",\"ef\"]}", 2, 13)]
    [InlineData("{\"model\":\"m\",\"input\":[1,2,3]}", 1, 7)]
    [InlineData("{\"model\":\"m\",\"input\":[[1,2],[3]]}", 2, 11)]
    public void Embedding_inputs_are_numbered_and_where_they_stand_is_known(string body, int inputs, int length)
    {
        var facts = new RequestFacts();
        Assert.Null(OpenAiRequestReader.Read(Encoding.UTF8.GetBytes(body), ModelCall.Embeddings, facts));
        Assert.Equal((inputs, length), (facts.Messages, facts.PromptRange.Length));
    }

    private static RequestFacts Read(string body)
    {
        var facts = new RequestFacts();
        Assert.Null(OpenAiRequestReader.Read(Encoding.UTF8.GetBytes(body), ModelCall.ChatCompletions, facts));
        return facts;
    }
}
