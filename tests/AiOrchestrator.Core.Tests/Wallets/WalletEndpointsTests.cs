using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Wallets;

public sealed class WalletEndpointsTests
{
    private const string Wallets = "/control/v1/wallets";

    [Fact]
    public async Task A_wallet_shows_all_its_figures()
    {
        await using var host = await CoreHost.StartAsync();
        var created = await host.Admin.PostAsync(Wallets, """{"name":"team","limit_usd":"12.5"}""");
        var id = created.Json.Text("id");
        host.Wallets.With(id, static w =>
        {
            w.BookSettled(1, 1_000_000_001);
            w.BookUnfinished(1, 500_000_000);
        });

        var answer = await Http.GetAsync(host.Admin, $"{Wallets}/{id}");

        Assert.Equal(HttpStatusCode.Created, created.Status);
        Assert.Equal(
            $$"""{"id":"{{id}}","name":"team","parent_id":null,"kind":null,"cost_centre":null,"path":["{{id}}"],"period":{"id":"lifetime","kind":"lifetime","day":null,"time_zone":null,"starts_at":null,"resets_at":null},"limit_usd":"12.50","overdraft_percent":0,"overdraft_usd":"0.00","topped_up_usd":"0.00","transferred_in_usd":"0.00","transferred_out_usd":"0.00","allowance_usd":"12.50","spent_usd":"1.000000001","held_usd":"0.00","leased_usd":"0.00","suspense_usd":"0.50","earlier_suspense_usd":"0.00","overrun_usd":"0.00","available_usd":"10.999999999","thresholds":[80,90,95],"crossed":[],"shadow":false,"shadow_refused_calls":0,"pending_transfers":[],"frozen":false,"closed":false,"created_at":"2027-01-15T08:00:00.000Z","as_of":"2027-01-15T08:00:00.000Z"}""",
            answer.Text);
    }

    [Fact]
    public async Task No_limit_is_null_and_has_to_be_said()
    {
        await using var host = await CoreHost.StartAsync();

        var silent = await host.Admin.PostAsync(Wallets, """{"name":"team"}""");
        var said = await host.Admin.PostAsync(Wallets, """{"name":"team","limit_usd":null}""");

        Assert.Equal((HttpStatusCode.BadRequest, "limit_usd"), (silent.Status, silent.Param));
        Assert.Equal(JsonValueKind.Null, said.Json.GetProperty("limit_usd").ValueKind);
        Assert.Equal(JsonValueKind.Null, said.Json.GetProperty("available_usd").ValueKind);
    }

    [Theory]
    [InlineData("\"-1\"")]
    [InlineData("\"1e3\"")]
    [InlineData("\"0.0000000001\"")]
    [InlineData("\"9223372036.854775808\"")]
    [InlineData("\"1000000000.000000001\"")]
    [InlineData("\"\"")]
    [InlineData("10")]
    [InlineData("true")]
    public async Task Bad_amounts_are_400(string limit)
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await host.Admin.PostAsync(Wallets, $$"""{"name":"team","limit_usd":{{limit}}}""");

        Assert.Equal((HttpStatusCode.BadRequest, "limit_usd"), (answer.Status, answer.Param));
    }

    [Fact]
    public async Task Name_and_limit_change_apart()
    {
        await using var host = await CoreHost.StartAsync();
        var path = $"{Wallets}/{host.Installation.WalletId}";

        var named = await host.Admin.SendAsync(HttpMethod.Patch, path, """{"name":"renamed"}""");
        var limited = await host.Admin.SendAsync(HttpMethod.Patch, path, """{"limit_usd":"3"}""");
        var unlimited = await host.Admin.SendAsync(HttpMethod.Patch, path, """{"limit_usd":null}""");

        Assert.Equal(("renamed", "10.00"), (named.Json.Text("name"), named.Json.Text("limit_usd")));
        Assert.Equal(("renamed", "3.00"), (limited.Json.Text("name"), limited.Json.Text("limit_usd")));
        Assert.Null(unlimited.Json.GetProperty("limit_usd").GetString());
    }

    [Fact]
    public async Task Closing_asks_for_peace_first()
    {
        await using var host = await CoreHost.StartAsync();
        var id = host.Installation.WalletId;
        var path = $"{Wallets}/{id}";

        var inUse = await host.Admin.SendAsync(HttpMethod.Delete, path, null);
        await host.Admin.SendAsync(HttpMethod.Delete, $"/control/v1/keys/{host.Installation.KeyId}", null);
        host.Wallets.With(id, static w => w.BookUnfinished(1, 5));
        var outstanding = await host.Admin.SendAsync(HttpMethod.Delete, path, null);
        host.Wallets.With(id, static w => w.Apply(new WalletCommand.ResolveSuspense(1, 5, 0), 0));
        var closed = await host.Admin.SendAsync(HttpMethod.Delete, path, null);
        var again = await host.Admin.SendAsync(HttpMethod.Delete, path, null);
        var changed = await host.Admin.SendAsync(HttpMethod.Patch, path, """{"limit_usd":"1"}""");
        var pointed = await host.Admin.PostAsync("/control/v1/keys", $$"""{"name":"a","wallet_id":"{{id}}"}""");

        Assert.Equal((HttpStatusCode.Conflict, "wallet_in_use"), (inUse.Status, inUse.Code));
        Assert.Contains(host.Installation.KeyId, inUse.ErrorText, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.Conflict, "calls_outstanding"), (outstanding.Status, outstanding.Code));
        Assert.True(closed.Json.GetProperty("closed").GetBoolean());
        Assert.Equal(HttpStatusCode.OK, again.Status);
        Assert.Equal((HttpStatusCode.Conflict, "wallet_closed"), (changed.Status, changed.Code));
        Assert.Equal((HttpStatusCode.BadRequest, "wallet_id"), (pointed.Status, pointed.Param));
        Assert.True((await Http.GetAsync(host.Admin, Wallets)).Json.GetProperty("data")[0].GetProperty("closed").GetBoolean());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_silent_authority_is_503_for_calls_and_for_what_they_would_cost(bool timesOut)
    {
        const string hello = """{"model":"echo","messages":[{"role":"user","content":"hello"}]}""";
        await using var host = await CoreHost.StartAsync();
        (host.Wallets.Silent, host.Wallets.TimesOut) = (true, timesOut);
        var dry = host.ClientFor(CoreHost.ApiKey);
        dry.DefaultRequestHeaders.Add("x-dry-run", "true");
        foreach (var caller in new[] { host.Caller, dry })
        {
            var answer = await caller.PostAsync("/v1/chat/completions", hello);
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "budget_unavailable"), (answer.Status, answer.Code));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_silent_authority_is_503(bool timesOut)
    {
        await using var host = await CoreHost.StartAsync();
        (host.Wallets.Silent, host.Wallets.TimesOut) = (true, timesOut);

        foreach (var answer in new[]
        {
            await Http.GetAsync(host.Admin, Wallets),
            await Http.GetAsync(host.Admin, $"{Wallets}/{host.Installation.WalletId}"),
            await host.Admin.PostAsync(Wallets, """{"name":"team","limit_usd":"1"}"""),
            await host.Admin.PostAsync("/control/v1/keys", $$"""{"name":"a","wallet_id":"{{host.Installation.WalletId}}"}"""),
            await Http.GetAsync(host.Caller, "/v1/wallet/balance"),
        })
        {
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "wallet_unavailable"), (answer.Status, answer.Code));
            Assert.Equal("2", answer.Message.Headers.RetryAfter?.ToString());
        }
    }

    [Fact]
    public async Task A_key_sees_the_balance_of_its_own_wallet()
    {
        await using var host = await CoreHost.StartAsync();
        var id = host.Installation.WalletId;
        host.Wallets.With(id, static w => w.BookSettled(1, 2_500_000_000));

        var answer = await Http.GetAsync(host.Caller, "/v1/wallet/balance");

        Assert.Equal(
            $$"""{"wallet":"{{id}}","limit_usd":"10.00","allowance_usd":"10.00","spent_usd":"2.50","held_usd":"0.00","suspense_usd":"0.00","available_usd":"7.50","period":{"id":"lifetime","kind":"lifetime","day":null,"time_zone":null,"starts_at":null,"resets_at":null},"tightest":{"wallet":"{{id}}","name":"Default","available_usd":"7.50","resets_at":null},"as_of":"2027-01-15T08:00:00.000Z"}""",
            answer.Text);
        Assert.Equal(answer.Text, (await Http.GetAsync(host.Caller, $"/v1/wallet/balance?wallet={id}")).Text);
        Assert.Equal(answer.Text, (await Http.GetAsync(host.Admin, $"/v1/wallet/balance?wallet={id}")).Text);
    }

    [Fact]
    public async Task Other_balances_are_not_told()
    {
        await using var host = await CoreHost.StartAsync();

        var other = await Http.GetAsync(host.Caller, "/v1/wallet/balance?wallet=wal_other");
        var unsaid = await Http.GetAsync(host.Admin, "/v1/wallet/balance");
        var unknown = await Http.GetAsync(host.Admin, "/v1/wallet/balance?wallet=wal_other");

        Assert.Equal((HttpStatusCode.Forbidden, "permission_denied"), (other.Status, other.Code));
        Assert.Equal((HttpStatusCode.BadRequest, "wallet"), (unsaid.Status, unsaid.Param));
        Assert.Equal((HttpStatusCode.NotFound, "wallet_not_found"), (unknown.Status, unknown.Code));
    }
}
