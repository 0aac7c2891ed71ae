using System.Net;
using System.Text;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers.Chat;

namespace AiOrchestrator.Core.Tests.Providers.ElevenLabs;

/// <summary>OpenAI's speech, served by ElevenLabs.</summary>
public sealed class ElevenLabsSpeechTests : IAsyncLifetime
{
    private const string Voice = "JBFqnCBsd6RMkjVDRZzb";

    private readonly List<IAsyncDisposable> _open = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var one in Enumerable.Reverse(_open))
        {
            await one.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("\"voice\":\"alloy\"", "?output_format=mp3_44100_128", "", "")]
    [InlineData("\"voice\":{\"id\":\"JBFqnCBsd6RMkjVDRZzb\"},\"response_format\":\"pcm\"", "?output_format=pcm_24000", "", "")]
    [InlineData("\"voice\":\"alloy\",\"response_format\":\"opus\",\"speed\":1", "?output_format=opus_48000_128", "", "")]
    [InlineData("\"voice\":\"alloy\",\"response_format\":\"ulaw_8000\",\"seed\":7,\"stream_format\":\"audio\",\"instructions\":\"Sing.\",\"user\":\"u\"", "?output_format=ulaw_8000", ",\"seed\":7", "instructions, user")]
    [InlineData("\"voice\":\"alloy\",\"speed\":1.1,\"voice_settings\":{\"stability\":0.50,\"speed\":0.9}", "?output_format=mp3_44100_128", ",\"voice_settings\":{\"stability\":0.50,\"speed\":1.1}", "")]
    public async Task It_is_asked_for_as_ElevenLabs_has_it_and_relayed_as_it_comes(string members, string query, string body, string dropped)
    {
        var (host, upstream) = await StartAsync("audio/mpeg", "sound"u8.ToArray());

        var answer = await host.Caller.PostAsync("/v1/audio/speech", $$"""{"model":"tts","input":"H\u00e9llo \ud83d\ude00",{{members}}}""");

        Assert.Equal((HttpStatusCode.OK, "audio/mpeg", "sound"), (answer.Status, answer.Message.Content.Headers.ContentType?.MediaType, answer.Text));
        var (path, headers, sent) = Assert.Single(upstream.Asked);
        Assert.Equal(($"/v1/text-to-speech/{Voice}{query}", "xi-secret"), (path, headers["xi-api-key"]));
        Assert.DoesNotContain("Authorization", headers.Keys);
        Assert.Equal($$"""{"text":"H\u00e9llo \ud83d\ude00","model_id":"eleven_flash_v2_5"{{body}}}""", sent);
        Assert.Equal(dropped, answer.Message.Headers.TryGetValues("x-ao-dropped", out var named) ? named.Single() : "");
    }

    [Fact]
    public async Task It_is_charged_by_the_characters_of_the_text()
    {
        var (host, _) = await StartAsync("audio/mpeg", "sound"u8.ToArray());

        var answer = await host.Caller.PostAsync("/v1/audio/speech", """{"model":"tts","input":"H\u00e9llo \ud83d\ude00","voice":"alloy"}""");

        // Seven characters at $0.05 for a thousand.
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        await host.StopAsync();
        Assert.Equal((350_000, 350_000, "character=7", "elevenlabs", "audio.speech", null), (host.Stream.Last.HoldNanoUsd, host.Stream.Last.CostNanoUsd, host.Stream.Last.Units, host.Stream.Last.WireFormat, host.Stream.Last.Endpoint, host.Stream.Last.UsageAnomaly));
    }

    [Theory]
    [InlineData("\"response_format\":\"wav\"", "unsupported_parameter", "response_format")]
    [InlineData("\"response_format\":\"aac\"", "unsupported_parameter", "response_format")]
    [InlineData("\"stream_format\":\"sse\"", "unsupported_parameter", "stream_format")]
    [InlineData("\"speed\":2", "unsupported_parameter", "speed")]
    [InlineData("\"speed\":0.5", "unsupported_parameter", "speed")]
    [InlineData("\"voice_settings\":7", "invalid_parameter", "voice_settings")]
    [InlineData("\"voice\":\"../voices\"", "invalid_parameter", "voice")]
    [InlineData("\"voice\":7", "invalid_parameter", "voice")]
    [InlineData("\"voice\":null", "missing_parameter", "voice")]
    public async Task What_it_cannot_be_told_is_refused_by_name_and_nothing_is_sent(string member, string code, string param)
    {
        var (host, upstream) = await StartAsync("audio/mpeg", []);
        var voice = member.Contains("\"voice\":", StringComparison.Ordinal) ? "" : "\"voice\":\"alloy\",";

        var answer = await host.Caller.PostAsync("/v1/audio/speech", $$"""{"model":"tts","input":"Hi",{{voice}}{{member}}}""");

        Assert.Equal((HttpStatusCode.BadRequest, code, param), (answer.Status, answer.Code, answer.Param));
        Assert.Empty(upstream.Asked);
    }

    [Theory]
    [InlineData(400, """{"detail":{"status":"voice_not_found","message":"A voice xi-secret was not found."}}""", 400, "upstream_refused", "xi: A voice [credential] was not found.")]
    [InlineData(422, """{"detail":[{"loc":["body","text"],"msg":"field required","type":"value_error"}]}""", 422, "upstream_refused", "xi: text: field required")]
    [InlineData(401, """{"detail":{"status":"invalid_api_key","message":"Invalid API key"}}""", 502, "upstream_authentication_failed", null)]
    [InlineData(429, """{"detail":{"status":"too_many_concurrent_requests","message":"Too many."}}""", 429, "upstream_refused", "xi: Too many.")]
    public async Task What_it_refuses_is_said_in_its_words_and_costs_nothing(int status, string body, int told, string code, string? text)
    {
        var (host, _) = await StartAsync("application/json", Encoding.UTF8.GetBytes(body), status);

        var answer = await host.Caller.PostAsync("/v1/audio/speech", """{"model":"tts","input":"Hi","voice":"alloy"}""");

        Assert.Equal((told, code), ((int)answer.Status, answer.Code));
        Assert.Equal(text ?? answer.ErrorText, answer.ErrorText);
        await host.StopAsync();
        Assert.Equal(0, host.Stream.Last.CostNanoUsd);
    }

    [Fact]
    public async Task Conversations_and_transcriptions_do_not_go_there()
    {
        var (host, upstream) = await StartAsync("application/json", []);

        foreach (var (path, body) in new[] { ("/v1/chat/completions", """{"model":"talks","messages":[{"role":"user","content":"Hi"}],"max_tokens":5}"""), ("/v1/chat/completions", """{"model":"tts","messages":[{"role":"user","content":"Hi"}],"max_tokens":5}""") })
        {
            var answer = await host.Caller.PostAsync(path, body);
            Assert.Equal((HttpStatusCode.BadRequest, "wrong_model_kind"), (answer.Status, answer.Code));
        }

        Assert.Empty(upstream.Asked);
    }

    [Fact]
    public async Task A_test_of_the_row_asks_for_its_models()
    {
        var (host, upstream) = await StartAsync("application/json", """[{"model_id":"eleven_flash_v2_5","name":"Flash"},{"model_id":"eleven_v3","name":"v3"}]"""u8.ToArray());

        var test = await host.Admin.PostAsync("/control/v1/providers/xi/test", """{"chat":true}""");

        Assert.True(test.Json.GetProperty("ok").GetBoolean(), test.Text);
        var details = test.Json.GetProperty("checks").EnumerateArray().ToDictionary(static c => c.Text("check"), static c => c.GetProperty("detail").GetString(), StringComparer.Ordinal);
        Assert.Equal(("2 models; 1 of the row's are not listed: gpt-4o", "the row has no model for chat"), (details["models"], details["chat"]));
        Assert.Equal(("/v1/models", "xi-secret"), (Assert.Single(upstream.Asked).Path, upstream.Asked.Single().Headers["xi-api-key"]));
    }

    [Theory]
    [InlineData("elevenlabs", """{"alloy":"a/b"}""", "voices.alloy")]
    [InlineData("elevenlabs", """{"al loy":"a"}""", "voices.al loy")]
    [InlineData("openai", """{"alloy":"a"}""", "voices")]
    public async Task Voices_that_cannot_be_named_are_told_when_the_row_is_written(string format, string voices, string param)
    {
        var (host, _) = await StartAsync("audio/mpeg", []);

        var answer = await host.Admin.PostAsync("/control/v1/providers", $$"""{"id":"other","wire_format":"{{format}}","base_url":"http://a/v1","models":[{"id":"x","price_as":"openai/tts-1"}],"voices":{{voices}}}""");

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
    }

    private async Task<(CoreHost Host, RecordedUpstream Upstream)> StartAsync(string type, byte[] answer, int status = 200)
    {
        var upstream = await RecordedUpstream.StartAsync(type, answer, status: status);
        _open.Add(upstream);
        var host = await CoreHost.StartAsync(new() { ["KEY"] = "xi-secret" });
        _open.Add(host);
        var row = $$"""{"id":"xi","wire_format":"elevenlabs","base_url":"{{upstream.Address}}/v1","api_key_ref":"env:KEY","price_provider":"elevenlabs","voices":{"alloy":"{{Voice}}"},"models":[{"id":"tts","upstream_id":"eleven_flash_v2_5"},{"id":"talks","upstream_id":"gpt-4o","price_as":"openai/gpt-4o"}]}""";
        var created = await host.Admin.PostAsync("/control/v1/providers", row);
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        Assert.Equal(Voice, created.Json.GetProperty("voices").Text("alloy"));
        return (host, upstream);
    }
}
