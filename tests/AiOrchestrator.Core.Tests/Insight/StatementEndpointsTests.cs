using System.Net;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Insight;

public sealed class StatementEndpointsTests
{
    private const string Wallets = "/control/v1/wallets";

    [Fact]
    public async Task Lines_and_calls_stand_in_double_entry_on_the_wallet_and_on_those_above()
    {
        await using var host = await CoreHost.StartAsync();
        var own = host.Installation.WalletId;
        var above = await OpenAboveAsync(host);
        await host.Admin.PostAsync($"{Wallets}/{own}/top-ups", """{"amount_usd":"5","id":"pay-1","note":"bonus"}""");
        var call = await StoreAsync(host, Event(host, 1, own, above));

        var statement = await Http.GetAsync(host.Caller, $"/v1/wallets/{own}/statement");
        var calls = (await Http.GetAsync(host.Admin, $"{Wallets}/{above}/statement?kind=call")).Json.GetProperty("data");

        Assert.Equal(
            $$"""
            {"data":[{"number":1,"at":"2027-01-15T08:00:00.000Z","period":"lifetime","kind":"period_opened","debit":"funding","credit":"allowance","amount_usd":"10.00","reference":null,"actor":null,"note":null,"wallet":"{{own}}","model":null,"percent":null,"spent_usd":null,"calls":null,"corrects_period":null},{"number":3,"at":"2027-01-15T08:00:00.000Z","period":"lifetime","kind":"topped_up","debit":"funding","credit":"allowance","amount_usd":"5.00","reference":"pay-1","actor":"admin","note":"bonus","wallet":"{{own}}","model":null,"percent":null,"spent_usd":null,"calls":null,"corrects_period":null},{"number":1000,"at":"2027-01-15T08:00:00.001Z","period":"lifetime","kind":"call","debit":"allowance","credit":"spent","amount_usd":"0.0000032","reference":"{{call.Id}}","actor":"{{host.Installation.KeyId}}","note":null,"wallet":"{{own}}","model":"echo","percent":null,"spent_usd":null,"calls":null,"corrects_period":null}],"next":null}
            """,
            statement.Text);
        Assert.Equal((1, own, call.Id), (calls.GetArrayLength(), calls[0].Text("wallet"), calls[0].Text("reference")));
    }

    [Fact]
    public async Task Pages_and_filters_go_by_what_was_asked()
    {
        await using var host = await CoreHost.StartAsync();
        var own = host.Installation.WalletId;
        await StoreAsync(host, [.. Enumerable.Range(1, 5).Select(i => Event(host, i, own))]);
        var path = $"/v1/wallets/{own}/statement";

        var first = await Http.GetAsync(host.Caller, $"{path}?limit=4&kind=call");
        var second = await Http.GetAsync(host.Caller, $"{path}?limit=4&kind=call&after={first.Json.Text("next")}");

        Assert.Equal(("1003", 1), (first.Json.Text("next"), second.Json.GetProperty("data").GetArrayLength()));
        Assert.Equal(6, Count(await Http.GetAsync(host.Caller, $"{path}?period=lifetime&from=2027-01-15&to=2027-01-16")));
        Assert.Equal(0, Count(await Http.GetAsync(host.Caller, $"{path}?period=day-2027-01-15")));
        Assert.Equal(0, Count(await Http.GetAsync(host.Caller, $"{path}?from=2027-01-16")));
        foreach (var (query, param) in new[] { ("kind=gift", "kind"), ("after=x", "after"), ("from=yesterday", "from"), ("from=2027-01-16&to=2027-01-15", "to"), ("page=2", "page") })
        {
            var wrong = await Http.GetAsync(host.Caller, $"{path}?{query}");
            Assert.Equal((HttpStatusCode.BadRequest, param), (wrong.Status, wrong.Param));
        }
    }

    [Fact]
    public async Task What_a_caller_may_not_know_of_is_not_found()
    {
        await using var host = await CoreHost.StartAsync();
        var above = await OpenAboveAsync(host);

        foreach (var what in new[] { "statement", "thresholds" })
        {
            var hidden = await Http.GetAsync(host.Caller, $"/v1/wallets/{above}/{what}");
            Assert.Equal((HttpStatusCode.NotFound, "wallet_not_found"), (hidden.Status, hidden.Code));
            Assert.Equal(HttpStatusCode.OK, (await Http.GetAsync(host.Admin, $"/v1/wallets/{above}/{what}")).Status);
        }
    }

    [Fact]
    public async Task Thresholds_show_what_they_stand_for_and_when_they_were_crossed()
    {
        await using var host = await CoreHost.StartAsync();
        var id = host.Installation.WalletId;
        await host.Admin.SendAsync(HttpMethod.Patch, $"{Wallets}/{id}", """{"thresholds":[50,75],"limit_usd":"9.999999999"}""");
        await host.Admin.PostAsync($"{Wallets}/{id}/adjustments", """{"amount_usd":"5.1","note":"invoice"}""");
        await host.Admin.SendAsync(HttpMethod.Patch, $"{Wallets}/{id}", """{"thresholds":[75]}""");
        await StoreAsync(host);

        var answer = await Http.GetAsync(host.Caller, $"/v1/wallets/{id}/thresholds");

        Assert.Equal(
            $$"""{"wallet":"{{id}}","period":"lifetime","allowance_usd":"9.999999999","spent_usd":"5.10","thresholds":[{"percent":50,"amount_usd":"5.00","crossed":true,"crossed_at":"2027-01-15T08:00:00.000Z","crossed_spent_usd":"5.10"},{"percent":75,"amount_usd":"7.50","crossed":false,"crossed_at":null,"crossed_spent_usd":null},{"percent":100,"amount_usd":"9.999999999","crossed":false,"crossed_at":null,"crossed_spent_usd":null}]}""",
            answer.Text);
    }

    private static int Count(Answer answer) => answer.Json.GetProperty("data").GetArrayLength();

    private static UsageEvent Event(CoreHost host, int number, params string[] path)
    {
        var usage = TestUsage.Event(number, host.Installation.OrganisationId, host.Installation.KeyId);
        (usage.WalletId, usage.WalletPath) = (path[0], string.Join('/', path));
        return usage;
    }

    /// <summary>What the projection does: the wallets' lines so far, then calls from number 1000 on.</summary>
    private static async Task<UsageEvent> StoreAsync(CoreHost host, params UsageEvent[] calls)
    {
        var lines = host.Wallets.Lines.Select(static (l, i) => new StreamEntry(i + 1, Usage: null, l));
        var settled = calls.Select(static (c, i) => new StreamEntry(1000 + i, c, Line: null)
        {
            Wallets = [.. c.WalletPath!.Split('/').Select(static id => new WalletShare(id, 1))],
        });
        await host.Usage.StoreAsync([new UsageBatch(1, [.. lines, .. settled])], TestContext.Current.CancellationToken);
        return calls.FirstOrDefault()!;
    }

    private static async Task<string> OpenAboveAsync(CoreHost host)
    {
        var above = (await host.Admin.PostAsync(Wallets, """{"name":"above","limit_usd":null}""")).Json.Text("id");
        await host.Admin.SendAsync(HttpMethod.Patch, $"{Wallets}/{host.Installation.WalletId}", $$"""{"parent_id":"{{above}}"}""");
        return above;
    }
}
