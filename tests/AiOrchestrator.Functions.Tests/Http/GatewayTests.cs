using System.Text.Json;
using AiOrchestrator.Functions.Tests.Hosting;

namespace AiOrchestrator.Functions.Tests.Http;

/// <summary>Requests on their whole way: a real socket, the trigger's method, Core, and back.</summary>
public sealed class GatewayTests
{
    private const string Hello = """{"model":"echo","max_tokens":4,"messages":[{"role":"user","content":"one two"}]}""";

    [Fact]
    public async Task A_call_is_answered_and_charged()
    {
        await using var host = await HeadHost.StartAsync();
        var (status, text) = await host.SendAsync(HttpMethod.Post, "/v1/chat/completions", Hello, HeadHost.ApiKey);
        Assert.Equal(200, status);
        Assert.Equal("chat.completion", JsonDocument.Parse(text).RootElement.GetProperty("object").GetString());
        var balance = await host.SendAsync(HttpMethod.Get, "/v1/wallet/balance", null, HeadHost.ApiKey);
        Assert.Equal(200, balance.Status);
        Assert.DoesNotContain("\"spent_usd\":\"0\"", balance.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_arrives_event_by_event()
    {
        await using var host = await HeadHost.StartAsync();
        var (status, text) = await host.SendAsync(
            HttpMethod.Post, "/v1/chat/completions", Hello.Replace("\"max_tokens\"", "\"stream\":true,\"max_tokens\"", StringComparison.Ordinal), HeadHost.ApiKey);
        Assert.Equal(200, status);
        Assert.StartsWith("data: {", text, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_control_plane_and_what_is_public_are_served()
    {
        await using var host = await HeadHost.StartAsync();
        Assert.Equal(200, (await host.SendAsync(HttpMethod.Get, "/control/v1/wallets/tree", null, HeadHost.AdminKey)).Status);
        Assert.Equal(403, (await host.SendAsync(HttpMethod.Get, "/control/v1/wallets", null, HeadHost.ApiKey)).Status);
        Assert.Equal((200, "{\"status\":\"ok\"}"), await host.SendAsync(HttpMethod.Get, "/health"));
        Assert.Equal(200, (await host.SendAsync(HttpMethod.Get, "/openapi.json")).Status);
        Assert.Equal(200, (await host.SendAsync(HttpMethod.Get, "/v1/models", null, HeadHost.ApiKey)).Status);
        Assert.Equal(200, (await host.SendAsync(HttpMethod.Get, "/v1/models/echo", null, HeadHost.ApiKey)).Status);
    }

    [Fact]
    public async Task What_is_not_served_is_told_in_the_callers_dialect()
    {
        await using var host = await HeadHost.StartAsync();
        Assert.Contains("route_not_found", (await host.SendAsync(HttpMethod.Post, "/v1/fine_tuning/jobs", "{}", HeadHost.ApiKey)).Text, StringComparison.Ordinal);
        var wrong = await host.SendAsync(HttpMethod.Get, "/v1/chat/completions", null, HeadHost.ApiKey);
        Assert.Equal(405, wrong.Status);
        Assert.Contains("method_not_allowed", wrong.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_above_the_bound_is_refused_by_the_product_and_one_above_the_servers_default_is_taken()
    {
        await using var host = await HeadHost.StartAsync();
        var large = Hello.Replace("one two", new string('x', 31_000_000), StringComparison.Ordinal);
        var taken = await host.SendAsync(HttpMethod.Post, "/v1/chat/completions", large, HeadHost.ApiKey);
        Assert.DoesNotContain("body_too_large", taken.Text, StringComparison.Ordinal);
        await using var small = await HeadHost.StartAsync(static e => e["AO_Gateway__MaxBodyBytes"] = "1024");
        foreach (var path in new[] { "/v1/chat/completions", "/control/v1/keys" })
        {
            var refused = await small.SendAsync(
                HttpMethod.Post, path, $$"""{"x":"{{new string('x', 3000)}}"}""", path.StartsWith("/control", StringComparison.Ordinal) ? HeadHost.AdminKey : HeadHost.ApiKey);
            Assert.Equal(413, refused.Status);
            Assert.Contains("body_too_large", refused.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Keys_that_are_bound_to_addresses_go_by_the_callers_own()
    {
        await using var host = await HeadHost.StartAsync();
        var keys = JsonDocument.Parse((await host.SendAsync(HttpMethod.Get, "/control/v1/keys", null, HeadHost.AdminKey)).Text).RootElement;
        var id = keys.GetProperty("data")[0].GetProperty("id").GetString();
        var changed = await host.SendAsync(HttpMethod.Patch, $"/control/v1/keys/{id}", """{"ip_ranges":["203.0.113.0/24"]}""", HeadHost.AdminKey);
        Assert.Equal(200, changed.Status);
        Assert.Equal(200, await StatusFrom("203.0.113.7:51000"));
        Assert.Equal(200, await StatusFrom("192.0.2.1, 203.0.113.7"));
        Assert.Equal(403, await StatusFrom("203.0.113.7, 192.0.2.1:51000"));
        Assert.Equal(403, await StatusFrom(null));

        async Task<int> StatusFrom(string? forwardedFor) =>
            (await host.SendAsync(HttpMethod.Post, "/v1/chat/completions", Hello, HeadHost.ApiKey, forwardedFor)).Status;
    }
}
