using System.Net;
using System.Security.Cryptography;
using System.Text;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Metering;
using AiOrchestrator.Core.Tests.Providers.Chat;

namespace AiOrchestrator.Core.Tests.Providers.Bedrock;

/// <summary>Calls to Bedrock on their whole way: signed requests, streams of binary events. Real sockets on both sides.</summary>
public sealed class BedrockCallTests
{
    private const string Key = "AKID:wJalr/secret+:session==";
    private const string Ask = """{"model":"m","messages":[{"role":"user","content":"Hi"}],"max_tokens":50,"seed":1}""";
    private const string AskStream = """{"model":"m","messages":[{"role":"user","content":"Hi"}],"max_tokens":4000,"stream":true,"stream_options":{"include_usage":true}}""";

    [Fact]
    public async Task A_whole_answer_is_told_and_the_request_carries_a_signature_that_holds()
    {
        var json = await File.ReadAllTextAsync(RecordedData.PathOf("provider-streams", "amazon-bedrock", "amazon-bedrock-text.json"), TestContext.Current.CancellationToken);
        await using var upstream = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(json));
        await using var host = await StartAsync(upstream);

        var answer = await host.Caller.PostAsync("/v1/chat/completions", Ask);

        Assert.Equal(SaidByBedrock.Whole(json).ToString(), SaidInChat.Whole(answer.Text).ToString());
        var (path, headers, body) = Assert.Single(upstream.Asked);
        Assert.Equal("/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/converse", path);
        Assert.Equal("""{"messages":[{"role":"user","content":[{"text":"Hi"}]}],"inferenceConfig":{"maxTokens":50}}""", body);
        Assert.Equal("session==", headers["x-amz-security-token"]);
        Assert.Equal(Signature(path, headers, body), headers["Authorization"].Split("Signature=")[1]);
        Assert.Contains("Credential=AKID/", headers["Authorization"], StringComparison.Ordinal);
        await host.StopAsync();
        Assert.Equal(("reported", "bedrock"), (host.Stream.Last.UsageSource, host.Stream.Last.WireFormat));
        Assert.True(host.Stream.Last.CostNanoUsd > 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public async Task A_stream_is_told_the_same_however_it_is_cut_into_pieces(int pieceBytes)
    {
        var lines = Recorded("amazon-bedrock-reasoning");
        await using var upstream = await RecordedUpstream.StartAsync("application/vnd.amazon.eventstream", BinaryEvents.OfLines(lines), pieceBytes);
        await using var host = await StartAsync(upstream);

        var answer = await host.Caller.PostAsync("/v1/chat/completions", AskStream);

        Assert.Equal(SaidByBedrock.Stream(lines).ToString(), SaidInChat.Stream(answer.Text).ToString());
        Assert.EndsWith("/converse-stream", Assert.Single(upstream.Asked).Path, StringComparison.Ordinal);
        await host.StopAsync();
        Assert.Equal("reported", host.Stream.Last.UsageSource);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(-3)]
    public async Task A_damaged_stream_ends_in_an_error_and_is_charged_by_what_was_received(int damagedAt)
    {
        var stream = BinaryEvents.OfLines(Recorded("amazon-bedrock-text"));
        stream[damagedAt < 0 ? stream.Length + damagedAt : damagedAt] ^= 4;
        await using var upstream = await RecordedUpstream.StartAsync("application/vnd.amazon.eventstream", stream);
        await using var host = await StartAsync(upstream);

        var answer = await host.Caller.PostAsync("/v1/chat/completions", AskStream);

        Assert.Contains("damaged on its way", Said.Events(answer.Text)[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", answer.Text, StringComparison.Ordinal);
        await host.StopAsync();
        Assert.True(host.Stream.Last.CostNanoUsd > 0);
    }

    [Fact]
    public async Task A_stream_that_ends_in_the_middle_of_an_event_was_cut()
    {
        var stream = BinaryEvents.OfLines(Recorded("amazon-bedrock-text"));
        await using var upstream = await RecordedUpstream.StartAsync("application/vnd.amazon.eventstream", stream[..^5]);
        await using var host = await StartAsync(upstream);

        var answer = await host.Caller.PostAsync("/v1/chat/completions", AskStream);

        Assert.Contains("\"error\"", Said.Events(answer.Text)[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exception_in_a_stream_ends_it_in_the_providers_words()
    {
        byte[] stream = [.. BinaryEvents.OfLines(Recorded("amazon-bedrock-text").Take(3)), .. BinaryEvents.Frame("exception", "throttlingException", """{"message":"Too many tokens"}""")];
        await using var upstream = await RecordedUpstream.StartAsync("application/vnd.amazon.eventstream", stream);
        await using var host = await StartAsync(upstream);

        var answer = await host.Caller.PostAsync("/v1/chat/completions", AskStream);

        Assert.Contains("Too many tokens", Said.Events(answer.Text)[^1], StringComparison.Ordinal);
    }

    /// <summary>Every byte of a recorded stream, one after another: what is told is a beginning of what was said, and never looks whole.</summary>
    [Fact]
    public void No_damaged_byte_of_a_stream_ever_shows()
    {
        var stream = BinaryEvents.OfLines(Recorded("amazon-bedrock-text"));
        var whole = ChatScene.Binary("chat-bedrock", stream);
        Assert.Null(whole.Failure);
        for (var i = 0; i < stream.Length; i++)
        {
            stream[i] ^= 0x20;
            var told = ChatScene.Binary("chat-bedrock", stream);
            stream[i] ^= 0x20;
            Assert.Equal("Invalid", told.Failure);
            Assert.StartsWith(told.Text, whole.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_API_key_of_Bedrock_is_sent_as_it_is()
    {
        var json = await File.ReadAllBytesAsync(RecordedData.PathOf("provider-streams", "amazon-bedrock", "amazon-bedrock-text.json"), TestContext.Current.CancellationToken);
        await using var upstream = await RecordedUpstream.StartAsync("application/json", json);
        await using var host = await StartAsync(upstream, "ABSKabc=");

        _ = await host.Caller.PostAsync("/v1/chat/completions", Ask);

        var headers = Assert.Single(upstream.Asked).Headers;
        Assert.Equal("Bearer ABSKabc=", headers["Authorization"]);
        Assert.DoesNotContain("x-amz-date", headers.Keys);
    }

    [Fact]
    public async Task A_secret_that_is_no_key_leaves_the_row_out_and_is_not_repeated()
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", []);
        await using var host = await StartAsync(upstream, "AKID:a:b:TOPSECRET");

        using var answer = await host.Admin.GetAsync("/control/v1/providers/aws", TestContext.Current.CancellationToken);
        var row = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Contains("leads to a secret that is none of", row, StringComparison.Ordinal);
        Assert.DoesNotContain("TOPSECRET", row, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:9/", HttpStatusCode.BadRequest)]
    [InlineData("https://bedrock-runtime.eu-central-1.amazonaws.com", HttpStatusCode.Created)]
    [InlineData("https://vpce-1.bedrock-runtime.us-gov-west-1.vpce.amazonaws.com", HttpStatusCode.Created)]
    public async Task A_row_whose_host_names_no_region_must_name_one(string baseUrl, HttpStatusCode status)
    {
        await using var host = await CoreHost.StartAsync(new() { ["KEY"] = Key }, compose: static services => services.AddInProcessRates());

        var created = await host.Admin.PostAsync("/control/v1/providers", Row(baseUrl, ""));

        Assert.Equal(status, created.Status);
        Assert.Equal(status != HttpStatusCode.Created, created.Text.Contains("'region' is required", StringComparison.Ordinal));
    }

    private static List<string> Recorded(string name) =>
        [.. File.ReadLines(RecordedData.PathOf("provider-streams", "amazon-bedrock", $"{name}.chunks.txt")).Where(static l => l.Length > 0)];

    private static string Row(string baseUrl, string more) =>
        $$"""{"id":"aws","wire_format":"bedrock","base_url":"{{baseUrl}}","api_key_ref":"env:KEY"{{more}},"models":[{"id":"m","upstream_id":"us.anthropic.claude-haiku-4-5-20251001-v1:0","price_as":"aws/global.anthropic.claude-haiku-4-5-20251001-v1:0"}]}""";

    private static async Task<CoreHost> StartAsync(RecordedUpstream upstream, string key = Key)
    {
        var host = await CoreHost.StartAsync(new() { ["KEY"] = key }, compose: static services => services.AddInProcessRates());
        var created = await host.Admin.PostAsync("/control/v1/providers", Row(upstream.Address, """,  "region":"us-west-2" """));
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        return host;
    }

    /// <summary>What AWS would compute, step by step as its documentation has it.</summary>
    private static string Signature(string path, Dictionary<string, string> headers, string body)
    {
        var signed = headers["Authorization"].Split("SignedHeaders=")[1].Split(',')[0];
        var lines = signed.Split(';').Select(name => $"{name}:{headers[name].Trim()}\n");
        var encoded = path.Replace("%", "%25", StringComparison.Ordinal);
        var canonical = $"POST\n{encoded}\n\n{string.Concat(lines)}\n{signed}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(body)))}";
        var date = headers["x-amz-date"];
        var scope = $"{date[..8]}/us-west-2/bedrock/aws4_request";
        var toSign = $"AWS4-HMAC-SHA256\n{date}\n{scope}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = scope.Split('/').Aggregate(Encoding.UTF8.GetBytes("AWS4wJalr/secret+"), static (k, step) => HMACSHA256.HashData(k, Encoding.UTF8.GetBytes(step)));
        return Hex(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(toSign)));
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
