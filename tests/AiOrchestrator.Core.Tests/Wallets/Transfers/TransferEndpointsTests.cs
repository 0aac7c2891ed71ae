using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Ledger.Money;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Wallets.Transfers;

public sealed class TransferEndpointsTests
{
    private const string Root = "/v1/wallet/transfers";

    [Fact]
    public async Task A_transfer_is_asked_for_approved_and_carried_out()
    {
        await using var host = await Teams.StartAsync();
        var asked = await host.Alice.PostAsync(Root, host.Body("""{"from":"$a","to":"$b","amount_usd":"2.5","note":"for the fair"}"""));
        var id = asked.Json.Text("id");
        var approved = await host.Finops.SendAsync(HttpMethod.Post, $"{Root}/{id}/approve", """{"note":"go"}""");
        var read = await Http.GetAsync(host.Alice, $"{Root}/{id}");

        Assert.Equal((HttpStatusCode.Created, $"{Root}/{id}"), (asked.Status, asked.Message.Headers.Location!.ToString()));
        Assert.StartsWith("tr_", id, StringComparison.Ordinal);
        Assert.Equal(
            host.Body($$"""{"id":"{{id}}","state":"requested","from":"$a","to":"$b","amount_usd":"2.50","requested_by":"alice","requested_at":"2027-01-15T08:00:00.000Z","expires_at":"2027-01-17T08:00:00.000Z","required":{"roles":["team_lead","finops","admin","owner"],"approvals":1},"approvals":[],"history":[{"at":"2027-01-15T08:00:00.000Z","actor":"alice","action":"requested","note":"for the fair"}],"failure":null}"""),
            asked.Text);
        Assert.Equal((HttpStatusCode.OK, "applied"), (approved.Status, approved.Json.Text("state")));
        Assert.Equal(approved.Text, read.Text);
        Assert.Equal("""[{"by":"finops","role":"finops","at":"2027-01-15T08:00:00.000Z"}]""", read.Json.GetProperty("approvals").GetRawText());
        Assert.Equal(
            ["alice requested for the fair", "finops approved go", "system committed ", "system applied "],
            read.Json.GetProperty("history").EnumerateArray().Select(static h => $"{h.Text("actor")} {h.Text("action")} {h.GetProperty("note").GetString()}"));
        Assert.Equal((7_500_000_000, 12_500_000_000), (host.Allowance(host.A), host.Allowance(host.B)));
    }

    [Fact]
    public async Task Who_asked_does_not_approve()
    {
        await using var host = await Teams.StartAsync();
        var id = await host.RequestAsync(host.Lead);
        var other = await host.KeyAsync("lead", "team_lead", host.A);
        foreach (var action in new[] { "approve", "reject" })
        {
            var own = await host.Lead.SendAsync(HttpMethod.Post, $"{Root}/{id}/{action}", null);
            Assert.Equal((HttpStatusCode.Forbidden, "own_request"), (own.Status, own.Code));

            // Nor with another key of the same person.
            Assert.Equal("own_request", (await other.SendAsync(HttpMethod.Post, $"{Root}/{id}/{action}", null)).Code);
        }

        var admin = await host.RequestAsync(host.Admin);
        Assert.Equal("own_request", (await host.Admin.SendAsync(HttpMethod.Post, $"{Root}/{admin}/approve", null)).Code);
    }

    [Fact]
    public async Task Members_auditors_and_leads_of_other_teams_do_not_approve()
    {
        await using var host = await Teams.StartAsync();
        var id = await host.RequestAsync(host.Alice);
        var leadOfBoth = await host.KeyAsync("boss", "team_lead", host.Root);
        foreach (var caller in new[] { host.Bob, host.Auditor, host.Lead })
        {
            foreach (var action in new[] { "approve", "reject" })
            {
                var refused = await caller.SendAsync(HttpMethod.Post, $"{Root}/{id}/{action}", null);
                Assert.Equal((HttpStatusCode.Forbidden, "approval_not_permitted"), (refused.Status, refused.Code));
            }
        }

        Assert.Equal("applied", (await leadOfBoth.SendAsync(HttpMethod.Post, $"{Root}/{id}/approve", null)).Json.Text("state"));
    }

    [Fact]
    public async Task Above_a_hundred_dollars_a_team_lead_does_not_approve()
    {
        await using var host = await Teams.StartAsync();
        var id = (await host.Alice.PostAsync(Root, host.Body("""{"from":"$a","to":"$b","amount_usd":"100.000000001"}"""))).Json.Text("id");
        var lead = await host.KeyAsync("boss", "team_lead", host.Root);
        Assert.Equal("approval_not_permitted", (await lead.SendAsync(HttpMethod.Post, $"{Root}/{id}/approve", null)).Code);

        // Finops may, and then the money is not there.
        var failed = await host.Finops.SendAsync(HttpMethod.Post, $"{Root}/{id}/approve", null);
        Assert.Equal((HttpStatusCode.OK, "failed"), (failed.Status, failed.Json.Text("state")));
        Assert.Equal(host.Body("""{"reason":"exhausted","wallet":"$a"}"""), failed.Json.GetProperty("failure").GetRawText());
    }

    [Fact]
    public async Task What_is_decided_stays_decided_and_a_repeated_decision_is_answered_alike()
    {
        await using var host = await Teams.StartAsync();
        var id = await host.RequestAsync(host.Alice);
        var rejected = await host.Finops.SendAsync(HttpMethod.Post, $"{Root}/{id}/reject", """{"note":"no"}""");
        var again = await host.Finops.SendAsync(HttpMethod.Post, $"{Root}/{id}/reject", null);
        var approved = await host.Finops.SendAsync(HttpMethod.Post, $"{Root}/{id}/approve", null);
        var cancelled = await host.Alice.SendAsync(HttpMethod.Post, $"{Root}/{id}/cancel", null);

        Assert.Equal((HttpStatusCode.OK, "rejected"), (rejected.Status, rejected.Json.Text("state")));
        Assert.Equal((HttpStatusCode.OK, rejected.Text), (again.Status, again.Text));
        Assert.Equal((HttpStatusCode.Conflict, "transfer_not_open"), (approved.Status, approved.Code));
        Assert.Equal((HttpStatusCode.Conflict, "transfer_not_open"), (cancelled.Status, cancelled.Code));
    }

    [Fact]
    public async Task Who_asked_or_an_administrator_calls_it_off()
    {
        await using var host = await Teams.StartAsync();
        var own = await host.RequestAsync(host.Alice);
        var others = await host.RequestAsync(host.Alice);
        var stranger = await host.Bob.SendAsync(HttpMethod.Post, $"{Root}/{own}/cancel", null);
        var finops = await host.Finops.SendAsync(HttpMethod.Post, $"{Root}/{own}/cancel", null);
        var alice = await host.Alice.SendAsync(HttpMethod.Post, $"{Root}/{own}/cancel", null);
        var admin = await host.Admin.SendAsync(HttpMethod.Post, $"{Root}/{others}/cancel", null);

        Assert.Equal("approval_not_permitted", stranger.Code);
        Assert.Equal("approval_not_permitted", finops.Code);
        Assert.Equal("cancelled", alice.Json.Text("state"));
        Assert.Equal("cancelled", admin.Json.Text("state"));
    }

    [Fact]
    public async Task After_two_days_it_has_expired()
    {
        await using var host = await Teams.StartAsync();
        var id = await host.RequestAsync(host.Alice);
        host.Time.Advance(TimeSpan.FromHours(48));
        var late = await host.Finops.SendAsync(HttpMethod.Post, $"{Root}/{id}/approve", null);
        Assert.Equal((HttpStatusCode.Conflict, "transfer_not_open"), (late.Status, late.Code));
        Assert.Contains("expired", late.ErrorText, StringComparison.Ordinal);
        Assert.Equal("expired", (await Http.GetAsync(host.Alice, $"{Root}/{id}")).Json.Text("state"));
    }

    [Fact]
    public async Task On_the_last_day_of_a_period_it_expires_with_the_period()
    {
        await using var host = await Teams.StartAsync();
        var daily = new WalletSettings { LimitNanoUsd = 10_000_000_000, Rule = new PeriodRule(PeriodKind.Daily, 1, "Europe/Berlin") };
        var id = await host.WalletAsync("daily", host.Root, daily);
        var asked = await host.Finops.PostAsync(Root, host.Body($$"""{"from":"{{id}}","to":"$b","amount_usd":"1"}"""));

        // Berlin's midnight.
        Assert.Equal("2027-01-15T23:00:00.000Z", asked.Json.Text("expires_at"));
        host.Time.Advance(TimeSpan.FromHours(15));
        var late = await host.Admin.SendAsync(HttpMethod.Post, $"{Root}/{asked.Json.Text("id")}/approve", null);
        Assert.Equal("transfer_not_open", late.Code);
        Assert.Equal(10_000_000_000, host.Allowance(host.B));
    }

    [Fact]
    public async Task An_id_makes_asking_safe_to_repeat()
    {
        await using var host = await Teams.StartAsync();
        var body = host.Body("""{"id":"fair-2027","from":"$a","to":"$b","amount_usd":"1","note":"x"}""");
        var first = await host.Alice.PostAsync(Root, body);
        var again = await host.Alice.PostAsync(Root, body.Replace("\"1\"", "\"1.00\"", StringComparison.Ordinal));
        await host.Finops.SendAsync(HttpMethod.Post, $"{Root}/fair-2027/approve", null);
        var afterwards = await host.Alice.PostAsync(Root, body);

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK, HttpStatusCode.OK), (first.Status, again.Status, afterwards.Status));
        Assert.Equal(first.Text, again.Text);
        Assert.Equal("applied", afterwards.Json.Text("state"));
        foreach (var (other, caller) in new[]
        {
            (body.Replace("\"1\"", "\"2\"", StringComparison.Ordinal), host.Alice),
            (body.Replace("\"x\"", "\"y\"", StringComparison.Ordinal), host.Alice),
            (host.Body("""{"id":"fair-2027","from":"$b","to":"$a","amount_usd":"1","note":"x"}"""), host.Alice),
            (body, host.Finops),
        })
        {
            var taken = await caller.PostAsync(Root, other);
            Assert.Equal((HttpStatusCode.Conflict, "id_taken", "id"), (taken.Status, taken.Code, taken.Param));
        }

        Assert.Equal(11_000_000_000, host.Allowance(host.B));
    }

    [Fact]
    public async Task A_key_asks_about_wallets_it_has_to_do_with()
    {
        await using var host = await Teams.StartAsync();
        var stranger = await host.KeyAsync("carol", "member", await host.WalletAsync("c", host.Root));
        var into = await host.Alice.PostAsync(Root, host.Body("""{"from":"$b","to":"$a","amount_usd":"1"}"""));
        var refused = await stranger.PostAsync(Root, host.Body("""{"from":"$a","to":"$b","amount_usd":"1"}"""));
        var auditor = await host.Auditor.PostAsync(Root, host.Body("""{"from":"$a","to":"$b","amount_usd":"1"}"""));
        var nowhere = await host.Alice.PostAsync(Root, host.Body("""{"from":"$a","to":"wal_nowhere","amount_usd":"1"}"""));
        var hidden = await Http.GetAsync(stranger, $"{Root}/{into.Json.Text("id")}");
        var hiddenToo = await stranger.SendAsync(HttpMethod.Post, $"{Root}/{into.Json.Text("id")}/cancel", null);

        Assert.Equal(HttpStatusCode.Created, into.Status);
        Assert.Equal((HttpStatusCode.Forbidden, "permission_denied"), (refused.Status, refused.Code));
        Assert.Equal((HttpStatusCode.Forbidden, "permission_denied"), (auditor.Status, auditor.Code));
        Assert.Equal((HttpStatusCode.NotFound, "wallet_not_found"), (nowhere.Status, nowhere.Code));
        Assert.Equal((HttpStatusCode.NotFound, "transfer_not_found"), (hidden.Status, hidden.Code));
        Assert.Equal((HttpStatusCode.NotFound, "transfer_not_found"), (hiddenToo.Status, hiddenToo.Code));
    }

    [Theory]
    [InlineData("""{"to":"$b","amount_usd":"1"}""", "from")]
    [InlineData("""{"from":"$a","amount_usd":"1"}""", "to")]
    [InlineData("""{"from":"$a","to":"$a","amount_usd":"1"}""", "to")]
    [InlineData("""{"from":"$a","to":"$b"}""", "amount_usd")]
    [InlineData("""{"from":"$a","to":"$b","amount_usd":null}""", "amount_usd")]
    [InlineData("""{"from":"$a","to":"$b","amount_usd":"0"}""", "amount_usd")]
    [InlineData("""{"from":"$a","to":"$b","amount_usd":"-1"}""", "amount_usd")]
    [InlineData("""{"from":"$a","to":"$b","amount_usd":"1000000000.000000001"}""", "amount_usd")]
    [InlineData("""{"from":"$a","to":"$b","amount_usd":1}""", "amount_usd")]
    [InlineData("""{"from":"$a","to":"$b","amount_usd":"1","id":"a/b"}""", "id")]
    [InlineData("""{"from":"$a","to":"$b","amount_usd":"1","note":""}""", "note")]
    [InlineData("""{"from":"$a","to":"$b","amount_usd":"1","x":1}""", "x")]
    public async Task Bad_requests_are_400(string body, string param)
    {
        await using var host = await Teams.StartAsync();
        var answer = await host.Alice.PostAsync(Root, host.Body(body));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_request", param), (answer.Status, answer.Code, answer.Param));
    }

    [Fact]
    public async Task Lists_hold_what_the_caller_may_see_page_by_page()
    {
        await using var host = await Teams.StartAsync();
        for (var i = 0; i < 5; i++)
        {
            await host.Alice.PostAsync(Root, host.Body($$"""{"id":"t{{i}}","from":"$a","to":"$b","amount_usd":"1"}"""));
        }

        await host.Finops.PostAsync(Root, host.Body("""{"id":"u","from":"$root","to":"$b","amount_usd":"1"}"""));
        await host.Finops.SendAsync(HttpMethod.Post, $"{Root}/t1/approve", null);
        await host.Alice.SendAsync(HttpMethod.Post, $"{Root}/t3/cancel", null);

        Assert.Equal("t0 t1 t2 t3 t4", await IdsAsync(host.Alice, ""));
        Assert.Equal("t0 t1 t2 t3 t4 u", await IdsAsync(host.Auditor, ""));
        Assert.Equal("t0 t2 t4", await IdsAsync(host.Alice, "?state=requested"));
        Assert.Equal("t1", await IdsAsync(host.Alice, "?state=applied"));
        Assert.Equal("u", await IdsAsync(host.Admin, host.Body("?wallet=$root")));
        Assert.Equal("t0 t1 t2 t3 t4", await IdsAsync(host.Admin, host.Body("?wallet=$a")));
        Assert.Equal("t0 t2 -> t2", await IdsAsync(host.Alice, "?state=requested&limit=2"));
        Assert.Equal("t4", await IdsAsync(host.Alice, "?state=requested&limit=2&after=t2"));
        Assert.Equal("state", (await Http.GetAsync(host.Alice, Root + "?state=done")).Param);
    }

    [Fact]
    public async Task A_silent_wallet_delays_what_is_approved_and_loses_nothing()
    {
        await using var host = await Teams.StartAsync();
        var id = await host.RequestAsync(host.Alice);
        host.Wallets.Silent = true;
        var asking = await host.Alice.PostAsync(Root, host.Body("""{"from":"$a","to":"$b","amount_usd":"1"}"""));
        var approved = await host.Finops.SendAsync(HttpMethod.Post, $"{Root}/{id}/approve", null);
        host.Wallets.Silent = false;
        var again = await host.Finops.SendAsync(HttpMethod.Post, $"{Root}/{id}/approve", null);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "wallet_unavailable"), (asking.Status, asking.Code));
        Assert.Equal((HttpStatusCode.OK, "approved"), (approved.Status, approved.Json.Text("state")));
        Assert.Equal((HttpStatusCode.OK, "applied"), (again.Status, again.Json.Text("state")));
    }

    [Fact]
    public async Task What_this_instance_has_leased_and_does_not_need_is_given_back_at_once()
    {
        await using var host = await Teams.StartAsync();
        var call = await host.Alice.PostAsync("/v1/chat/completions", """{"model":"echo","messages":[{"role":"user","content":"hi"}]}""");
        Assert.Equal(HttpStatusCode.OK, call.Status);
        var state = host.State(host.A);
        Assert.True(state.LeasedNanoUsd > 0, "the call left a lease");
        var all = NanoUsd.FormatUsd(state.AllowanceNanoUsd!.Value - state.SpentNanoUsd - state.LeasedNanoUsd / 2);
        var id = (await host.Alice.PostAsync(Root, host.Body($$"""{"from":"$a","to":"$b","amount_usd":"{{all}}"}"""))).Json.Text("id");
        Assert.Equal("applied", (await host.Finops.SendAsync(HttpMethod.Post, $"{Root}/{id}/approve", null)).Json.Text("state"));
    }

    private static async Task<string> IdsAsync(HttpClient caller, string query)
    {
        var page = (await Http.GetAsync(caller, Root + query)).Json;
        var ids = string.Join(' ', page.GetProperty("data").EnumerateArray().Select(static t => t.Text("id")));
        return page.GetProperty("next").ValueKind == JsonValueKind.Null ? ids : $"{ids} -> {page.Text("next")}";
    }
}
