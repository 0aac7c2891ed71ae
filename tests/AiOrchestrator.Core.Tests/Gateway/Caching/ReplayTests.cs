using System.Text.Json;

namespace AiOrchestrator.Core.Tests.Gateway.Caching;

/// <summary>CA-02: an answer is told whole or as a stream, in the dialect of whoever asks, however it came.</summary>
public sealed class ReplayTests
{
    private const string Stream = "\"stream\":true,\"stream_options\":{\"include_usage\":true},";

    [Theory]
    [InlineData("chat/completions", "m")]
    [InlineData("chat/completions", "c")]
    [InlineData("messages", "m")]
    [InlineData("messages", "c")]
    [InlineData("responses", "m")]
    [InlineData("responses", "c")]
    [InlineData("completions", "m")]
    [InlineData("completions", "c")]
    [InlineData("completions", "old")]
    public async Task Each_dialect_is_told_what_was_answered_whole_and_streamed_however_it_came(string path, string model)
    {
        await using var scene = await CacheScene.StartAsync();
        var number = 0;
        foreach (var (firstStreams, secondStreams) in new[] { (false, false), (false, true), (true, false), (true, true) })
        {
            var question = $"Why {++number}?";
            var first = await scene.SendAsync(path, Body(path, model, question, firstStreams));
            var again = await scene.SendAsync(path, Body(path, model, question, secondStreams));

            Assert.Equal(("miss", "hit"), (first.Cache, again.Cache));
            Assert.Equal($"No. {number} to {question}", TextOf(path, again.Text, secondStreams));
            Assert.Equal(TextOf(path, first.Text, firstStreams), TextOf(path, again.Text, secondStreams));
            Assert.Equal((11, 7), UsageOf(path, again.Text, secondStreams));
            Assert.Equal(secondStreams ? "text/event-stream" : "application/json", again.Message.Content.Headers.ContentType!.MediaType);
            Assert.Equal(number, scene.O.Calls + scene.A.Calls);
        }
    }

    [Fact]
    public async Task Usage_is_not_told_to_a_stream_that_did_not_ask_for_it()
    {
        await using var scene = await CacheScene.StartAsync();
        _ = await scene.AskAsync("Why?");
        var streamed = await scene.AskAsync("Why?", "\"stream\":true,");

        Assert.Equal("hit", streamed.Cache);
        Assert.DoesNotContain("prompt_tokens", streamed.Text, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", streamed.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_question_asked_in_one_dialect_is_answered_in_another()
    {
        await using var scene = await CacheScene.StartAsync();
        const string Chat = """{"model":"m","temperature":0,"max_tokens":40,"messages":[{"role":"user","content":"Why?"}]}""";
        const string Message = """{"model":"m","temperature":0,"max_tokens":40,"messages":[{"role":"user","content":"Why?"}]}""";
        _ = await scene.SendAsync("chat/completions", Chat);
        var told = await scene.SendAsync("messages", Message, headers: ("anthropic-version", "2023-06-01"));

        Assert.Equal(("hit", "No. 1 to Why?", 1), (told.Cache, TextOf("messages", told.Text, streams: false), scene.O.Calls));
    }

    private static string Body(string path, string model, string question, bool streams)
    {
        var more = streams ? path is "chat/completions" or "completions" ? Stream : "\"stream\":true," : "";
        return path switch
        {
            "responses" => $$"""{"model":"{{model}}","temperature":0,"store":false,{{more}}"input":"{{question}}"}""",
            "completions" => $$"""{"model":"{{model}}","temperature":0,"max_tokens":50,{{more}}"prompt":"{{question}}"}""",
            _ => $$"""{"model":"{{model}}","temperature":0,"max_tokens":50,{{more}}"messages":[{"role":"user","content":"{{question}}"}]}""",
        };
    }

    private static IEnumerable<JsonElement> Events(string text) => text.Split('\n').Where(static l => l.StartsWith("data: {", StringComparison.Ordinal))
        .Select(static l => JsonDocument.Parse(l["data: ".Length..]).RootElement);

    private static string TextOf(string path, string text, bool streams)
    {
        if (!streams)
        {
            var root = JsonDocument.Parse(text).RootElement;
            return path switch
            {
                "chat/completions" => root.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!,
                "messages" => root.GetProperty("content")[0].GetProperty("text").GetString()!,
                "responses" => root.GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString()!,
                _ => root.GetProperty("choices")[0].GetProperty("text").GetString()!,
            };
        }

        return string.Concat(Events(text).Select(e => path switch
        {
            "chat/completions" => e.GetProperty("choices").EnumerateArray().Select(static c => c.GetProperty("delta").TryGetProperty("content", out var content) ? content.GetString() : "").FirstOrDefault(),
            "messages" => e.TryGetProperty("delta", out var delta) && delta.TryGetProperty("text", out var piece) ? piece.GetString() : "",
            "responses" => e.GetProperty("type").GetString() == "response.output_text.delta" ? e.GetProperty("delta").GetString() : "",
            _ => e.GetProperty("choices").EnumerateArray().Select(static c => c.GetProperty("text").GetString()).FirstOrDefault(),
        }));
    }

    private static (int Prompt, int Completion) UsageOf(string path, string text, bool streams)
    {
        var (input, output) = path is "messages" or "responses" ? ("input_tokens", "output_tokens") : ("prompt_tokens", "completion_tokens");
        var found = (0, 0);
        foreach (var root in streams ? Events(text) : [JsonDocument.Parse(text).RootElement])
        {
            foreach (var holder in new[] { root, root.TryGetProperty("message", out var message) ? message : default, root.TryGetProperty("response", out var response) ? response : default })
            {
                if (holder.ValueKind == JsonValueKind.Object && holder.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object)
                {
                    found = (
                        usage.TryGetProperty(input, out var prompt) ? prompt.GetInt32() : found.Item1,
                        usage.TryGetProperty(output, out var completion) ? completion.GetInt32() : found.Item2);
                }
            }
        }

        return found;
    }
}
