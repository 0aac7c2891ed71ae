using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Wallets;

public sealed class WalletTreeEndpointsTests
{
    private const string Wallets = "/control/v1/wallets";

    [Fact]
    public async Task A_subtree_moves_with_its_root()
    {
        await using var host = await CoreHost.StartAsync();
        var (a, b) = (await OpenAsync(host, null), await OpenAsync(host, null));
        var child = await OpenAsync(host, a);
        var leaf = await OpenAsync(host, child);

        var moved = await host.Admin.SendAsync(HttpMethod.Patch, $"{Wallets}/{child}", $$"""{"parent_id":"{{b}}"}""");
        var path = (await Http.GetAsync(host.Admin, $"{Wallets}/{leaf}")).Json.GetProperty("path").GetRawText();
        var cut = await host.Admin.SendAsync(HttpMethod.Patch, $"{Wallets}/{child}", """{"parent_id":null}""");

        Assert.Equal(b, moved.Json.Text("parent_id"));
        Assert.Equal($$"""["{{leaf}}","{{child}}","{{b}}"]""", path);
        Assert.Equal(JsonValueKind.Null, cut.Json.GetProperty("parent_id").ValueKind);
    }

    [Fact]
    public async Task No_wallet_hangs_below_itself_or_a_closed_one_or_too_deep()
    {
        await using var host = await CoreHost.StartAsync();
        var chain = new List<string>();
        for (var depth = 0; depth < WalletTree.MaxDepth; depth++)
        {
            chain.Add(await OpenAsync(host, chain.LastOrDefault()));
        }

        var (pair, closed) = (await OpenAsync(host, null), await OpenAsync(host, null));
        _ = await OpenAsync(host, pair);
        Assert.Equal(HttpStatusCode.OK, (await host.Admin.SendAsync(HttpMethod.Delete, $"{Wallets}/{closed}", null)).Status);

        foreach (var (answer, why) in new[]
        {
            (await host.Admin.PostAsync(Wallets, $$"""{"name":"a","limit_usd":null,"parent_id":"{{chain[^1]}}"}"""), "more than 8"),
            (await host.Admin.SendAsync(HttpMethod.Patch, $"{Wallets}/{pair}", $$"""{"parent_id":"{{chain[^2]}}"}"""), "more than 8"),
            (await host.Admin.SendAsync(HttpMethod.Patch, $"{Wallets}/{chain[0]}", $$"""{"parent_id":"{{chain[3]}}"}"""), "below it"),
            (await host.Admin.SendAsync(HttpMethod.Patch, $"{Wallets}/{pair}", $$"""{"parent_id":"{{pair}}"}"""), "itself"),
            (await host.Admin.SendAsync(HttpMethod.Patch, $"{Wallets}/{pair}", $$"""{"parent_id":"{{closed}}"}"""), "closed"),
        })
        {
            Assert.Equal((HttpStatusCode.BadRequest, "parent_id"), (answer.Status, answer.Param));
            Assert.Contains(why, answer.ErrorText, StringComparison.Ordinal);
        }

        var deepEnough = await host.Admin.SendAsync(HttpMethod.Patch, $"{Wallets}/{pair}", $$"""{"parent_id":"{{chain[^3]}}"}""");
        Assert.Equal(HttpStatusCode.OK, deepEnough.Status);
    }

    [Fact]
    public async Task A_wallet_closes_after_those_below_it()
    {
        await using var host = await CoreHost.StartAsync();
        var parent = await OpenAsync(host, null);
        var child = await OpenAsync(host, parent);

        var refused = await host.Admin.SendAsync(HttpMethod.Delete, $"{Wallets}/{parent}", null);
        host.Wallets.With(child, static w => w.Apply(new WalletCommand.PrepareTransfer("tr_1", 5), 0));
        var pending = await host.Admin.SendAsync(HttpMethod.Delete, $"{Wallets}/{child}", null);
        host.Wallets.With(child, static w => w.Apply(new WalletCommand.CancelTransfer("tr_1"), 0));
        var childClosed = await host.Admin.SendAsync(HttpMethod.Delete, $"{Wallets}/{child}", null);
        var closed = await host.Admin.SendAsync(HttpMethod.Delete, $"{Wallets}/{parent}", null);

        Assert.Equal((HttpStatusCode.Conflict, "wallet_has_children"), (refused.Status, refused.Code));
        Assert.Contains(child, refused.ErrorText, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.Conflict, "transfers_pending"), (pending.Status, pending.Code));
        Assert.True(childClosed.Json.GetProperty("closed").GetBoolean());
        Assert.True(closed.Json.GetProperty("closed").GetBoolean());
    }

    [Fact]
    public async Task A_key_sees_its_own_wallet_and_those_below_it_and_an_auditor_all()
    {
        await using var host = await CoreHost.StartAsync();
        var above = await OpenAsync(host, null);
        var own = host.Installation.WalletId;
        Assert.Equal(HttpStatusCode.OK, (await host.Admin.SendAsync(HttpMethod.Patch, $"{Wallets}/{own}", $$"""{"parent_id":"{{above}}"}""")).Status);
        var below = await OpenAsync(host, own);
        var beside = await OpenAsync(host, above);
        var auditor = host.ClientFor((await host.Admin.PostAsync("/control/v1/keys", $$"""{"name":"a","wallet_id":"{{beside}}","role":"auditor"}""")).Json.Text("key"));

        Assert.Equal(new[] { own, below }.Order(StringComparer.Ordinal), await ListAsync(host.Caller));
        Assert.Equal(new[] { above, own, below, beside }.Order(StringComparer.Ordinal), await ListAsync(auditor));
        Assert.Equal(await ListAsync(host.Admin), await ListAsync(auditor));
        foreach (var (id, status) in new[] { (own, HttpStatusCode.OK), (below, HttpStatusCode.OK), (above, HttpStatusCode.NotFound), (beside, HttpStatusCode.NotFound), ("wal_x", HttpStatusCode.NotFound) })
        {
            Assert.Equal(status, (await Http.GetAsync(host.Caller, $"/v1/wallets/{id}")).Status);
            Assert.Equal(status, (await Http.GetAsync(host.Caller, $"/v1/wallets/{id}/outstanding")).Status);
            Assert.Equal(status, (await host.Caller.PostAsync($"/v1/wallets/{id}/simulate", """{"amount_usd":"1"}""")).Status);
        }

        var tree = (await Http.GetAsync(host.Caller, "/v1/wallets/tree")).Json.GetProperty("data");
        Assert.Equal((own, below), (tree[0].GetProperty("wallet").Text("id"), tree[0].GetProperty("children")[0].GetProperty("wallet").Text("id")));
        var all = (await Http.GetAsync(auditor, "/v1/wallets/tree")).Json.GetProperty("data");
        Assert.Equal((1, above, 2), (all.GetArrayLength(), all[0].GetProperty("wallet").Text("id"), all[0].GetProperty("children").GetArrayLength()));
        Assert.Equal((await Http.GetAsync(host.Admin, $"{Wallets}/tree")).Text, (await Http.GetAsync(host.Admin, "/v1/wallets/tree")).Text);
    }

    [Fact]
    public async Task The_balance_names_the_wallet_that_bounds_the_caller()
    {
        await using var host = await CoreHost.StartAsync();
        var above = (await host.Admin.PostAsync(Wallets, """{"name":"above","limit_usd":"4","period":{"kind":"daily"}}""")).Json.Text("id");
        await host.Admin.SendAsync(HttpMethod.Patch, $"{Wallets}/{host.Installation.WalletId}", $$"""{"parent_id":"{{above}}"}""");

        var balance = (await Http.GetAsync(host.Caller, "/v1/wallet/balance")).Json;
        await host.Admin.SendAsync(HttpMethod.Patch, $"{Wallets}/{above}", """{"shadow":true}""");
        var shadowed = (await Http.GetAsync(host.Caller, "/v1/wallet/balance")).Json;

        Assert.Equal("10.00", balance.Text("available_usd"));
        Assert.Equal(
            $$"""{"wallet":"{{above}}","name":"above","available_usd":"4.00","resets_at":"2027-01-16T00:00:00.000Z"}""",
            balance.GetProperty("tightest").GetRawText());
        Assert.Equal(host.Installation.WalletId, shadowed.GetProperty("tightest").Text("wallet"));
    }

    [Fact]
    public async Task What_is_outstanding_is_told_lease_by_lease()
    {
        await using var host = await CoreHost.StartAsync();
        var id = host.Installation.WalletId;
        var now = host.Time.GetUtcNow().ToUnixTimeMilliseconds();
        host.Wallets.With(id, w =>
        {
            w.Exchange(new LeaseReport(0xabc, 1, now, 0, 0, 0, 9_000_000_000, 9_000_000_000, Closing: false), now);
            w.Exchange(new LeaseReport(0xabc, 2, now, 1_000_000_000, 6_000_000_000, 8_000_000_000, 8_000_000_000, 0, Closing: false), now);
            w.Exchange(new LeaseReport(0xdef, 1, now, 0, 0, 0, 2_000_000_000, 2_000_000_000, Closing: false), now);
        });

        var answer = (await Http.GetAsync(host.Caller, $"/v1/wallets/{id}/outstanding")).Json;

        Assert.Equal(("3.00", "6.00", "8.00"), (answer.Text("available_usd"), answer.Text("held_usd"), answer.Text("leased_usd")));
        Assert.True(answer.GetProperty("pressure").GetBoolean());
        var lease = answer.GetProperty("leases")[0];
        Assert.Equal(("abc", "8.00", "6.00", "1.00", "lifetime"), (lease.Text("lease"), lease.Text("remainder_usd"), lease.Text("held_usd"), lease.Text("spent_usd"), lease.Text("period")));
        Assert.Equal("2.00", answer.Text("waiting_usd"));
        Assert.Equal(0, answer.GetProperty("suspended_calls").GetArrayLength());
    }

    private static async Task<string> OpenAsync(CoreHost host, string? parentId)
    {
        var parent = parentId is null ? "null" : $"\"{parentId}\"";
        var answer = await host.Admin.PostAsync(Wallets, $$"""{"name":"a","limit_usd":"10","parent_id":{{parent}}}""");
        Assert.Equal(HttpStatusCode.Created, answer.Status);
        return answer.Json.Text("id");
    }

    private static async Task<IEnumerable<string>> ListAsync(HttpClient client) =>
        [.. (await Http.GetAsync(client, "/v1/wallets")).Json.GetProperty("data").EnumerateArray().Select(static w => w.Text("id"))];
}
