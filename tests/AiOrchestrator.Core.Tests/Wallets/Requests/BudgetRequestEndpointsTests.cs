using System.Net;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Wallets.Transfers;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Wallets.Requests;

public sealed class BudgetRequestEndpointsTests
{
    private const string Root = "/v1/wallet/requests";

    [Fact]
    public async Task More_for_this_period_is_asked_for_and_approved_by_the_lead()
    {
        await using var host = await Teams.StartAsync();
        var asked = await host.Alice.PostAsync(Root, host.Body("""{"wallet":"$a","amount_usd":"5","note":"the demo"}"""));
        var id = asked.Json.Text("id");
        var approved = await host.Lead.SendAsync(HttpMethod.Post, $"{Root}/{id}/approve", null);

        Assert.Equal((HttpStatusCode.Created, $"{Root}/{id}"), (asked.Status, asked.Message.Headers.Location!.ToString()));
        Assert.StartsWith(
            host.Body($$"""{"id":"{{id}}","state":"requested","wallet":"$a","kind":"top_up","amount_usd":"5.00","requested_by":"alice","requested_at":"2027-01-15T08:00:00.000Z","expires_at":"2027-01-17T08:00:00.000Z","required":"""),
            asked.Text,
            StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.OK, "applied"), (approved.Status, approved.Json.Text("state")));
        Assert.Equal(15_000_000_000, host.Allowance(host.A));
        Assert.Equal(10_000_000_000, host.Limit(host.A));
    }

    [Fact]
    public async Task The_standing_limit_is_raised_where_that_is_asked_for()
    {
        await using var host = await Teams.StartAsync();
        var asked = await host.Alice.PostAsync(Root, host.Body("""{"wallet":"$a","amount_usd":"5","kind":"limit"}"""));
        var approved = await host.Finops.SendAsync(HttpMethod.Post, $"{Root}/{asked.Json.Text("id")}/approve", null);
        Assert.Equal(("limit", "applied"), (asked.Json.Text("kind"), approved.Json.Text("state")));
        Assert.Equal((15_000_000_000, 15_000_000_000), (host.Allowance(host.A), host.Limit(host.A)));
    }

    [Fact]
    public async Task Who_asked_does_not_approve_and_other_leads_do_not_see_it()
    {
        await using var host = await Teams.StartAsync();
        var id = (await host.Lead.PostAsync(Root, host.Body("""{"wallet":"$a","amount_usd":"5"}"""))).Json.Text("id");
        var other = await host.KeyAsync("other", "team_lead", host.B);
        Assert.Equal("own_request", (await host.Lead.SendAsync(HttpMethod.Post, $"{Root}/{id}/approve", null)).Code);
        Assert.Equal("budget_request_not_found", (await other.SendAsync(HttpMethod.Post, $"{Root}/{id}/approve", null)).Code);
        Assert.Equal("approval_not_permitted", (await host.Alice.SendAsync(HttpMethod.Post, $"{Root}/{id}/approve", null)).Code);
        Assert.Equal("cancelled", (await host.Lead.SendAsync(HttpMethod.Post, $"{Root}/{id}/cancel", null)).Json.Text("state"));
        var late = await host.Finops.SendAsync(HttpMethod.Post, $"{Root}/{id}/reject", null);
        Assert.Equal((HttpStatusCode.Conflict, "budget_request_not_open"), (late.Status, late.Code));
    }

    [Fact]
    public async Task A_top_up_expires_with_its_period_and_a_limit_does_not()
    {
        await using var host = await Teams.StartAsync();
        var daily = await host.WalletAsync(
            "daily", host.Root, new WalletSettings { LimitNanoUsd = 1, Rule = new PeriodRule(PeriodKind.Daily, 1, "Asia/Kathmandu") });
        var topUp = await host.Finops.PostAsync(Root, $$"""{"wallet":"{{daily}}","amount_usd":"5"}""");
        var limit = await host.Finops.PostAsync(Root, $$"""{"wallet":"{{daily}}","amount_usd":"5","kind":"limit"}""");
        Assert.Equal("2027-01-15T18:15:00.000Z", topUp.Json.Text("expires_at"));
        Assert.Equal("2027-01-17T08:00:00.000Z", limit.Json.Text("expires_at"));
    }

    [Fact]
    public async Task An_id_makes_asking_safe_to_repeat()
    {
        await using var host = await Teams.StartAsync();
        var body = host.Body("""{"id":"more","wallet":"$a","amount_usd":"5"}""");
        var first = await host.Alice.PostAsync(Root, body);
        var again = await host.Alice.PostAsync(Root, host.Body("""{"id":"more","wallet":"$a","amount_usd":"5.0","kind":"top_up"}"""));
        var other = await host.Alice.PostAsync(Root, host.Body("""{"id":"more","wallet":"$a","amount_usd":"5","kind":"limit"}"""));
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (first.Status, again.Status));
        Assert.Equal(first.Text, again.Text);
        Assert.Equal((HttpStatusCode.Conflict, "id_taken"), (other.Status, other.Code));
        Assert.Equal(first.Text, (await Http.GetAsync(host.Auditor, $"{Root}/more")).Text);
        Assert.Single((await Http.GetAsync(host.Alice, host.Body($"{Root}?wallet=$a&state=requested"))).Json.GetProperty("data").EnumerateArray());
    }

    [Theory]
    [InlineData("""{"amount_usd":"1"}""", "wallet")]
    [InlineData("""{"wallet":"$a"}""", "amount_usd")]
    [InlineData("""{"wallet":"$a","amount_usd":"1","kind":"gift"}""", "kind")]
    [InlineData("""{"wallet":"$a","amount_usd":"1","from":"$b"}""", "from")]
    public async Task Bad_requests_are_400(string body, string param)
    {
        await using var host = await Teams.StartAsync();
        var answer = await host.Alice.PostAsync(Root, host.Body(body));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_request", param), (answer.Status, answer.Code, answer.Param));
    }

    [Fact]
    public async Task A_closed_wallet_is_asked_nothing()
    {
        await using var host = await Teams.StartAsync();
        var id = await host.WalletAsync("c", host.Root);
        host.Wallets.With(id, wallet => wallet.Apply(new WalletCommand.Close(), host.Time.UnixMs));
        var answer = await host.Finops.PostAsync(Root, $$"""{"wallet":"{{id}}","amount_usd":"1"}""");
        Assert.Equal((HttpStatusCode.Conflict, "wallet_closed"), (answer.Status, answer.Code));
    }
}
