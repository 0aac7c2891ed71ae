using System.Text.Json;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Tests.Providers.OpenAi;

/// <summary>Errors as servers that call themselves compatible word them.</summary>
public sealed class OpenAiErrorReaderTests
{
    [Theory]
    [InlineData("""{"error":{"message":"No.","type":"t","param":"p","code":"c"}}""", "No.", "t", "p", "c")]
    [InlineData("""{"error":"model 'x' not found, try pulling it first"}""", "model 'x' not found, try pulling it first", null, null, null)]
    [InlineData("""{"detail":"Not Found"}""", "Not Found", null, null, null)]
    [InlineData("""{"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra inputs are not permitted","input":1}]}""", "seed: Extra inputs are not permitted", null, "seed", null)]
    [InlineData("""{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","messages",0,"name"],"msg":"Extra inputs are not permitted"}]},"type":"invalid_request_error","param":null,"code":null}""", "messages.0.name: Extra inputs are not permitted", "invalid_request_error", "messages.0.name", null)]
    [InlineData("""{"object":"error","message":"too long","type":"BadRequestError","param":null,"code":400}""", "too long", "BadRequestError", null, null)]
    [InlineData("""{"message":"no such route"}""", "no such route", null, null, null)]
    [InlineData("""[{"error":{"code":400,"message":"Bad.","status":"INVALID_ARGUMENT"}}]""", "Bad.", null, null, null)]
    [InlineData("""{"error":["a","b"]}""", "a; b", null, null, null)]
    [InlineData("""{"error":{"error":"inner"}}""", "inner", null, null, null)]
    public void What_it_says_is_read(string body, string message, string? type, string? param, string? code)
    {
        var error = OpenAiErrorReader.Read(JsonDocument.Parse(body).RootElement);

        Assert.Equal((message, type, param, code), (error!.Message, error.Type, error.Param, error.Code));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("3")]
    [InlineData("""{"error":{}}""")]
    [InlineData("""{"id":"x","object":"chat.completion","choices":[]}""")]
    public void What_says_nothing_is_no_error(string body) => Assert.Null(OpenAiErrorReader.Read(JsonDocument.Parse(body).RootElement));

    [Fact]
    public void What_is_told_is_bounded()
    {
        var error = OpenAiErrorReader.Read(JsonDocument.Parse($$"""{"error":"{{new string('x', 5_000)}}"}""").RootElement);

        Assert.Equal(1_001, error!.Message.Length);
    }
}
