using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers.Chat;

namespace AiOrchestrator.Core.Tests.Providers;

/// <summary>Testing a provider's row, against providers on real sockets.</summary>
public sealed class TestProviderTests
{
    private const string Models = """{"object":"list","data":[{"id":"up"},{"id":"other"}]}""";

    [Fact]
    public async Task A_provider_that_works_is_told_to_work_and_no_wallet_is_charged()
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(Models));
        await using var host = await StartAsync($"{upstream.Address}/v1");

        var test = await host.Admin.PostAsync("/control/v1/providers/p/test", "");

        Assert.True(test.Status == HttpStatusCode.OK && test.Json.GetProperty("ok").GetBoolean(), test.Text);
        Assert.Equal("configuration ok, dns ok, connect ok, tls skipped, auth ok, models ok, chat skipped", Checks(test.Json));
        Assert.Equal("2 models; 1 of the row's are not listed: gone", Detail(test.Json, "models"));
        Assert.True(test.Json.GetProperty("latency_ms").GetInt64() >= 0);
        var (path, headers, _) = Assert.Single(upstream.Asked);
        Assert.Equal(("/v1/models", "Bearer sk-secret"), (path, headers["Authorization"]));
        await host.StopAsync();
        Assert.Throws<InvalidOperationException>(() => host.Stream.Last);
    }

    [Fact]
    public async Task Where_no_models_are_told_it_is_asked_for_one_token()
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", """{"detail":"Not Found"}"""u8.ToArray(), status: 404);
        await using var host = await StartAsync($"{upstream.Address}/v1", """ "rename_members":{"max_tokens":"max_completion_tokens"}, """);

        var test = await host.Admin.PostAsync("/control/v1/providers/p/test", "");

        Assert.Equal("configuration ok, dns ok, connect ok, tls skipped, auth skipped, models skipped, chat failed", Checks(test.Json));
        Assert.Equal("status 404: Not Found", Detail(test.Json, "chat"));
        Assert.Equal(
            ("/v1/chat/completions", """{"model":"up","messages":[{"role":"user","content":"Hi"}],"max_completion_tokens":1}"""),
            (upstream.Asked.Last().Path, upstream.Asked.Last().Body));
    }

    [Fact]
    public async Task A_refused_key_is_told_without_it_and_a_conversation_can_be_asked_for()
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", """{"error":{"message":"wrong key sk-secret"}}"""u8.ToArray(), status: 401);
        await using var host = await StartAsync($"{upstream.Address}/v1");
        await using var good = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(Models));
        await using var other = await StartAsync($"{good.Address}/v1");

        var test = await host.Admin.PostAsync("/control/v1/providers/p/test", "");
        var chat = await other.Admin.PostAsync("/control/v1/providers/p/test", """{"chat":true}""");

        Assert.False(test.Json.GetProperty("ok").GetBoolean());
        Assert.Equal("status 401: wrong key [credential]", Detail(test.Json, "auth"));
        Assert.DoesNotContain("sk-secret", test.Text, StringComparison.Ordinal);
        Assert.Equal("configuration ok, dns ok, connect ok, tls skipped, auth ok, models ok, chat ok", Checks(chat.Json));
    }

    [Fact]
    public async Task What_stands_in_the_way_is_named()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        await using var plain = await RecordedUpstream.StartAsync("application/json", []);

        Assert.Equal("configuration ok, dns ok, connect failed, tls skipped, auth skipped, models skipped, chat skipped", await TestOf($"http://127.0.0.1:{port}"));
        Assert.Equal("configuration ok, dns failed, connect skipped, tls skipped, auth skipped, models skipped, chat skipped", await TestOf("http://nowhere.invalid"));
        Assert.Equal(
            "configuration ok, dns ok, connect ok, tls failed, auth skipped, models skipped, chat skipped",
            await TestOf(plain.Address.Replace("http:", "https:", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_row_whose_secrets_lead_nowhere_is_told_all_of_it_and_one_out_of_service_is_tested()
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(Models));
        await using var host = await StartAsync($"{upstream.Address}/v1", """ "headers":{"x-portkey-api-key":"secret:env:NONE"}, """, keyRef: "env:NOTHING");
        await using var off = await StartAsync($"{upstream.Address}/v1", """ "enabled":false, """);

        var test = await host.Admin.PostAsync("/control/v1/providers/p/test", "");
        var disabled = await off.Admin.PostAsync("/control/v1/providers/p/test", "");

        Assert.Equal("'api_key_ref' env:NOTHING leads to nothing; 'headers.x-portkey-api-key' env:NONE leads to nothing", Detail(test.Json, "configuration"));
        Assert.StartsWith("configuration failed, dns skipped", Checks(test.Json), StringComparison.Ordinal);
        Assert.Equal((true, "the row is out of service"), (disabled.Json.GetProperty("ok").GetBoolean(), Detail(disabled.Json, "configuration")));
        Assert.Equal(HttpStatusCode.NotFound, (await host.Admin.PostAsync("/control/v1/providers/none/test", "")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await host.Caller.PostAsync("/control/v1/providers/p/test", "")).Status);
    }

    private static async Task<string> TestOf(string baseUrl)
    {
        await using var host = await StartAsync(baseUrl);
        return Checks((await host.Admin.PostAsync("/control/v1/providers/p/test", "")).Json);
    }

    private static string Checks(JsonElement test) => string.Join(
        ", ", test.GetProperty("checks").EnumerateArray().Select(static c => $"{c.GetProperty("check").GetString()} {c.GetProperty("status").GetString()}"));

    private static string? Detail(JsonElement test, string check) =>
        test.GetProperty("checks").EnumerateArray().Single(c => c.GetProperty("check").GetString() == check).GetProperty("detail").GetString();

    private static async Task<CoreHost> StartAsync(string baseUrl, string members = "", string keyRef = "env:KEY")
    {
        var host = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" });
        var row = $$"""{"id":"p",{{members}}"base_url":"{{baseUrl}}","api_key_ref":"{{keyRef}}","models":[{"id":"m","upstream_id":"up","price_as":"openai/gpt-4o"},{"id":"n","upstream_id":"gone","price_as":"openai/gpt-4o"}]}""";
        var created = await host.Admin.PostAsync("/control/v1/providers", row);
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        return host;
    }
}
