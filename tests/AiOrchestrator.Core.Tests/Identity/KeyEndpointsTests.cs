using System.Net;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Identity;

public sealed class KeyEndpointsTests
{
    private const string Keys = "/control/v1/keys";

    [Fact]
    public async Task A_key_is_shown_once_and_works_at_once()
    {
        await using var host = await CoreHost.StartAsync();

        var created = await host.Admin.PostAsync(Keys, $$"""{"name":"build","wallet_id":"{{host.Installation.WalletId}}"}""");

        Assert.Equal(HttpStatusCode.Created, created.Status);
        var secret = created.Json.Text("key");
        var id = created.Json.Text("id");
        Assert.StartsWith("sk-ao-", secret, StringComparison.Ordinal);
        Assert.Equal($"{Keys}/{id}", created.Message.Headers.Location?.ToString());
        Assert.Equal("no-store", created.Message.Headers.CacheControl?.ToString());
        Assert.Equal(HttpStatusCode.OK, (await Http.GetAsync(host.ClientFor(secret), "/v1/models")).Status);
        Assert.DoesNotContain(secret, host.Documents.AllText(), StringComparison.Ordinal);
        Assert.DoesNotContain(secret, (await Http.GetAsync(host.Admin, $"{Keys}/{id}")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, (await Http.GetAsync(host.Admin, Keys)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_key_stays_listed_and_opens_nothing()
    {
        await using var host = await CoreHost.StartAsync();
        var path = $"{Keys}/{host.Installation.KeyId}";

        var first = await host.Admin.SendAsync(HttpMethod.Delete, path, null);
        host.Time.Advance(TimeSpan.FromHours(1));
        var second = await host.Admin.SendAsync(HttpMethod.Delete, path, null);
        var refused = await Http.GetAsync(host.Caller, "/v1/models");

        Assert.Equal("revoked", first.Json.Text("status"));
        Assert.Equal(first.Text, second.Text);
        Assert.Equal((HttpStatusCode.Unauthorized, "The API key was revoked."), (refused.Status, refused.ErrorText));
        Assert.Equal("revoked", (await Http.GetAsync(host.Admin, Keys)).Json.GetProperty("data")[0].Text("status"));
        var changed = await host.Admin.SendAsync(HttpMethod.Patch, path, """{"name":"again"}""");
        Assert.Equal((HttpStatusCode.Conflict, "key_revoked"), (changed.Status, changed.Code));
    }

    [Fact]
    public async Task A_change_holds_for_the_next_request()
    {
        await using var host = await CoreHost.StartAsync();
        var path = $"{Keys}/{host.Installation.KeyId}";
        var wallet = (await host.Admin.PostAsync("/control/v1/wallets", """{"name":"other","limit_usd":"1"}""")).Json.Text("id");

        var changed = await host.Admin.SendAsync(
            HttpMethod.Patch, path, $$"""{"name":"renamed","wallet_id":"{{wallet}}","expires_at":"2027-01-15T08:00:01Z"}""");

        Assert.Equal(HttpStatusCode.OK, changed.Status);
        Assert.Equal(
            ("renamed", wallet, "2027-01-15T08:00:01.000Z"),
            (changed.Json.Text("name"), changed.Json.Text("wallet_id"), changed.Json.Text("expires_at")));
        Assert.Equal(wallet, (await Http.GetAsync(host.Caller, "/v1/wallet/balance")).Json.Text("wallet"));
        host.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("The API key has expired.", (await Http.GetAsync(host.Caller, "/v1/models")).ErrorText);
        await host.Admin.SendAsync(HttpMethod.Patch, path, """{"expires_at":null}""");
        Assert.Equal(HttpStatusCode.OK, (await Http.GetAsync(host.Caller, "/v1/models")).Status);
    }

    [Fact]
    public async Task An_absent_member_stays_as_it_is()
    {
        await using var host = await CoreHost.StartAsync();
        var path = $"{Keys}/{host.Installation.KeyId}";
        var before = (await Http.GetAsync(host.Admin, path)).Text;

        Assert.Equal(before, (await host.Admin.SendAsync(HttpMethod.Patch, path, "{}")).Text);
    }

    [Fact]
    public async Task A_tag_that_does_not_hold_any_more_changes_nothing()
    {
        await using var host = await CoreHost.StartAsync();
        var path = $"{Keys}/{host.Installation.KeyId}";
        var tag = (await Http.GetAsync(host.Admin, path)).Message.Headers.ETag!.ToString();

        Assert.Equal(HttpStatusCode.OK, (await host.Admin.SendAsync(HttpMethod.Patch, path, """{"name":"a"}""", tag)).Status);
        var late = await host.Admin.SendAsync(HttpMethod.Patch, path, """{"name":"b"}""", tag);
        var any = await host.Admin.SendAsync(HttpMethod.Patch, path, """{"name":"c"}""", "*");

        Assert.Equal((HttpStatusCode.PreconditionFailed, "precondition_failed"), (late.Status, late.Code));
        Assert.Equal("c", any.Json.Text("name"));
    }

    [Fact]
    public async Task A_list_is_read_page_by_page()
    {
        await using var host = await CoreHost.StartAsync();
        for (var i = 0; i < 4; i++)
        {
            await host.Admin.PostAsync(Keys, $$"""{"name":"k","wallet_id":"{{host.Installation.WalletId}}"}""");
        }

        var seen = new List<string>();
        string? next = "";
        while (next is not null)
        {
            var page = (await Http.GetAsync(host.Admin, $"{Keys}?limit=2{(next.Length > 0 ? $"&after={next}" : "")}")).Json;
            seen.AddRange(page.GetProperty("data").EnumerateArray().Select(static k => k.Text("id")));
            next = page.GetProperty("next").GetString();
        }

        Assert.Equal(5, seen.Distinct().Count());
        Assert.Equal(seen.Order(StringComparer.Ordinal), seen);
    }

    [Theory]
    [InlineData("""{"wallet_id":"W"}""", "name")]
    [InlineData("""{"name":"","wallet_id":"W"}""", "name")]
    [InlineData("""{"name":"  ","wallet_id":"W"}""", "name")]
    [InlineData("""{"name":"a\u0000b","wallet_id":"W"}""", "name")]
    [InlineData("""{"name":7,"wallet_id":"W"}""", "name")]
    [InlineData("""{"name":"a"}""", "wallet_id")]
    [InlineData("""{"name":"a","wallet_id":null}""", "wallet_id")]
    [InlineData("""{"name":"a","wallet_id":"wal_nobody"}""", "wallet_id")]
    [InlineData("""{"name":"a","wallet_id":"W","expires_at":"soon"}""", "expires_at")]
    [InlineData("""{"name":"a","wallet_id":"W","expires_at":1893456000}""", "expires_at")]
    [InlineData("""{"name":"a","wallet_id":"W","expires_at":"2020-01-01T00:00:00Z"}""", "expires_at")]
    [InlineData("""{"name":"a","wallet_id":"W","scopes":[]}""", "scopes")]
    [InlineData("""{"name":"a","name":"b","wallet_id":"W"}""", "name")]
    public async Task Bad_input_is_400_naming_the_member(string json, string param)
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await host.Admin.PostAsync(Keys, json.Replace("\"W\"", $"\"{host.Installation.WalletId}\"", StringComparison.Ordinal));

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
    }

    [Theory]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=1001", "limit")]
    [InlineData("?limit=x", "limit")]
    [InlineData("?limit=1&limit=2", "limit")]
    [InlineData("?page=2", "page")]
    public async Task Bad_queries_are_400_naming_the_parameter(string query, string param)
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await Http.GetAsync(host.Admin, Keys + query);

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
    }

    [Fact]
    public async Task Unknown_keys_are_404()
    {
        await using var host = await CoreHost.StartAsync();

        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Patch, HttpMethod.Delete })
        {
            var answer = await host.Admin.SendAsync(method, $"{Keys}/key_nobody", method == HttpMethod.Patch ? "{}" : null);
            Assert.Equal((HttpStatusCode.NotFound, "key_not_found"), (answer.Status, answer.Code));
        }
    }

    [Fact]
    public async Task Changes_at_the_same_moment_leave_memory_and_store_alike()
    {
        await using var host = await CoreHost.StartAsync();
        var path = $"{Keys}/{host.Installation.KeyId}";

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => host.Admin.SendAsync(HttpMethod.Patch, path, $$"""{"name":"n{{i}}"}""")));

        Assert.All(answers, static a => Assert.Equal(HttpStatusCode.OK, a.Status));
        var shown = (await Http.GetAsync(host.Admin, path)).Json.Text("name");
        Assert.Contains($"\"name\":\"{shown}\"", host.Documents.AllText(), StringComparison.Ordinal);
    }
}
