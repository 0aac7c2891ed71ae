using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Wallets;

public sealed class WalletSettingsTests
{
    private const string Wallets = "/control/v1/wallets";

    [Fact]
    public async Task A_wallet_is_created_with_all_its_settings()
    {
        await using var host = await CoreHost.StartAsync();
        var root = host.Installation.WalletId;

        var answer = await host.Admin.PostAsync(Wallets, $$"""
            {"name":"team","limit_usd":"100","parent_id":"{{root}}","kind":"team","cost_centre":"4711","overdraft_percent":12.5,
             "thresholds":[50,75],"period":{"kind":"monthly","day":15,"time_zone":"Europe/Berlin"},"shadow":true,"note":"new team"}
            """);

        Assert.Equal(HttpStatusCode.Created, answer.Status);
        var wallet = answer.Json;
        Assert.Equal((root, "team", "4711"), (wallet.Text("parent_id"), wallet.Text("kind"), wallet.Text("cost_centre")));
        Assert.Equal([wallet.Text("id"), root], wallet.GetProperty("path").EnumerateArray().Select(static p => p.GetString()));
        Assert.Equal((12.5m, "12.50"), (wallet.GetProperty("overdraft_percent").GetDecimal(), wallet.Text("overdraft_usd")));
        Assert.Equal("[50,75]", wallet.GetProperty("thresholds").GetRawText());
        Assert.True(wallet.GetProperty("shadow").GetBoolean());

        // It is 2027-01-15T08:00Z: the period has begun on that day in Berlin.
        Assert.Equal(
            """{"id":"month-2027-01-15","kind":"monthly","day":15,"time_zone":"Europe/Berlin","starts_at":"2027-01-14T23:00:00.000Z","resets_at":"2027-02-14T23:00:00.000Z"}""",
            wallet.GetProperty("period").GetRawText());
        var line = host.Wallets.Lines.Single(l => l.WalletId == wallet.Text("id"));
        Assert.Equal(
            (host.Installation.OrganisationId, "admin", "new team", "period_opened", 112_500_000_000),
            (line.OrganisationId, line.Actor, line.Note, line.Kind, line.AmountNanoUsd));
    }

    [Fact]
    public async Task Every_changed_setting_is_one_line_and_what_is_the_same_is_none()
    {
        await using var host = await CoreHost.StartAsync();
        var id = host.Installation.WalletId;
        var before = host.Wallets.Lines.Count;

        var changed = await host.Admin.SendAsync(HttpMethod.Patch, $"{Wallets}/{id}", """
            {"limit_usd":"20","overdraft_percent":0.01,"thresholds":[],"period":{"kind":"daily"},"shadow":true,"kind":"organisation","note":"why"}
            """);
        var same = await host.Admin.SendAsync(HttpMethod.Patch, $"{Wallets}/{id}", """
            {"limit_usd":"20.00","overdraft_percent":0.01,"thresholds":[],"period":{"kind":"daily","day":1,"time_zone":"UTC"},"shadow":true}
            """);
        var back = await host.Admin.SendAsync(HttpMethod.Patch, $"{Wallets}/{id}", """{"overdraft_percent":null,"shadow":false,"period":null,"kind":null}""");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK), (changed.Status, same.Status, back.Status));
        Assert.Equal(
            ["period_changed", "limit_changed", "overdraft_changed", "thresholds_changed", "shadow_changed", "period_changed", "overdraft_changed", "shadow_changed"],
            host.Wallets.Lines.Skip(before).Select(static l => l.Kind));
        Assert.All(host.Wallets.Lines.Skip(before).Take(5), static l => Assert.Equal(("admin", "why"), (l.Actor, l.Note)));
        Assert.Equal("0.002", changed.Json.Text("overdraft_usd"));
        Assert.Equal("2027-01-16T00:00:00.000Z", changed.Json.GetProperty("period").Text("resets_at"));
        Assert.Equal("organisation", same.Json.Text("kind"));
        Assert.Equal(JsonValueKind.Null, back.Json.GetProperty("kind").ValueKind);
        Assert.Equal("lifetime", back.Json.GetProperty("period").Text("kind"));
    }

    [Theory]
    [InlineData("limit_usd", "\"1000000001\"", "1000000000.00")]
    [InlineData("parent_id", "\"wal_unknown\"", "no wallet")]
    [InlineData("kind", "\"tribe\"", "department")]
    [InlineData("cost_centre", "\"\"", "64")]
    [InlineData("overdraft_percent", "100.01", "two decimals")]
    [InlineData("overdraft_percent", "1.005", "two decimals")]
    [InlineData("overdraft_percent", "-1", "two decimals")]
    [InlineData("overdraft_percent", "\"5\"", "number")]
    [InlineData("thresholds", "[90,80]", "ascending")]
    [InlineData("thresholds", "[100]", "99")]
    [InlineData("thresholds", "[1,2,3,4,5,6,7,8,9]", "at most 8")]
    [InlineData("thresholds", "[1.5]", "whole")]
    [InlineData("period.kind", "{\"kind\":\"yearly\"}", "quarterly")]
    [InlineData("period.kind", "{}", "required")]
    [InlineData("period.day", "{\"kind\":\"weekly\",\"day\":8}", "7")]
    [InlineData("period.day", "{\"kind\":\"daily\",\"day\":2}", "1 to 1")]
    [InlineData("period.time_zone", "{\"kind\":\"daily\",\"time_zone\":\"Mars/Olympus\"}", "IANA")]
    [InlineData("period.zone", "{\"kind\":\"daily\",\"zone\":\"UTC\"}", "not a member")]
    [InlineData("shadow", "1", "true or false")]
    public async Task What_is_wrong_with_a_setting_is_said(string param, string value, string why)
    {
        await using var host = await CoreHost.StartAsync();
        var member = param.Split('.')[0];
        var before = host.Wallets.Count;

        foreach (var answer in new[]
        {
            await host.Admin.SendAsync(HttpMethod.Patch, $"{Wallets}/{host.Installation.WalletId}", $$"""{"{{member}}":{{value}}}"""),
            await host.Admin.PostAsync(Wallets, member == "limit_usd" ? $$"""{"name":"a","limit_usd":{{value}}}""" : $$"""{"name":"a","limit_usd":null,"{{member}}":{{value}}}"""),
        })
        {
            Assert.Equal((HttpStatusCode.BadRequest, "invalid_request", param), (answer.Status, answer.Code, answer.Param));
            Assert.Contains(why, answer.ErrorText, StringComparison.Ordinal);
        }

        Assert.Equal(before, host.Wallets.Count);
    }

    [Fact]
    public async Task Topping_up_and_adjusting_are_repeated_without_effect()
    {
        await using var host = await CoreHost.StartAsync();
        var id = host.Installation.WalletId;

        var topped = await host.Admin.PostAsync($"{Wallets}/{id}/top-ups", """{"amount_usd":"5","id":"pay-1","note":"bonus"}""");
        var again = await host.Admin.PostAsync($"{Wallets}/{id}/top-ups", """{"amount_usd":"5","id":"pay-1"}""");
        var charged = await host.Admin.PostAsync($"{Wallets}/{id}/adjustments", """{"amount_usd":"3","note":"invoice"}""");
        var refunded = await host.Admin.PostAsync($"{Wallets}/{id}/adjustments", """{"amount_usd":"-1","note":"too much"}""");
        var tooMuch = await host.Admin.PostAsync($"{Wallets}/{id}/adjustments", """{"amount_usd":"-2.01","note":"too much"}""");

        Assert.Equal(("pay-1", true, "5.00"), (topped.Json.Text("id"), topped.Json.GetProperty("applied").GetBoolean(), topped.Json.GetProperty("wallet").Text("topped_up_usd")));
        Assert.Equal((false, "5.00", "15.00"), (again.Json.GetProperty("applied").GetBoolean(), again.Json.GetProperty("wallet").Text("topped_up_usd"), again.Json.GetProperty("wallet").Text("allowance_usd")));
        Assert.StartsWith("adj_", charged.Json.Text("id"), StringComparison.Ordinal);
        Assert.Equal("2.00", refunded.Json.GetProperty("wallet").Text("spent_usd"));
        Assert.Equal((HttpStatusCode.Conflict, "amount_out_of_range"), (tooMuch.Status, tooMuch.Code));
        Assert.Equal(
            [("topped_up", "pay-1", "bonus", "funding", "allowance"), ("adjusted", charged.Json.Text("id"), "invoice", "allowance", "spent"), ("adjusted", refunded.Json.Text("id"), "too much", "spent", "allowance")],
            host.Wallets.Lines.Where(l => l.WalletId == id && l.Kind is "topped_up" or "adjusted").Select(static l => (l.Kind, l.Reference!, l.Note!, l.Debit, l.Credit)));
    }

    [Theory]
    [InlineData("top-ups", """{}""", "amount_usd")]
    [InlineData("top-ups", """{"amount_usd":"0"}""", "amount_usd")]
    [InlineData("top-ups", """{"amount_usd":"-1"}""", "amount_usd")]
    [InlineData("top-ups", """{"amount_usd":"1","id":"a b"}""", "id")]
    [InlineData("adjustments", """{"amount_usd":"0","note":"x"}""", "amount_usd")]
    [InlineData("adjustments", """{"amount_usd":"1"}""", "note")]
    [InlineData("freeze", """{"reason":"x"}""", "reason")]
    public async Task A_wrong_movement_is_400(string what, string body, string param)
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await host.Admin.PostAsync($"{Wallets}/{host.Installation.WalletId}/{what}", body);

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
    }

    [Fact]
    public async Task A_frozen_wallet_pays_for_nothing_until_it_is_unfrozen()
    {
        await using var host = await CoreHost.StartAsync();
        var path = $"{Wallets}/{host.Installation.WalletId}";
        const string Call = """{"model":"echo","messages":[{"role":"user","content":"hello"}],"max_tokens":5}""";
        Assert.Equal(HttpStatusCode.OK, (await host.Caller.PostAsync("/v1/chat/completions", Call)).Status);

        var frozen = await host.Admin.SendAsync(HttpMethod.Post, $"{path}/freeze", null);
        var again = await host.Admin.PostAsync($"{path}/freeze", """{"note":"once more"}""");
        var refused = await host.Caller.PostAsync("/v1/chat/completions", Call);
        var unfrozen = await host.Admin.PostAsync($"{path}/unfreeze", """{"note":"all is well"}""");

        Assert.True(frozen.Json.GetProperty("frozen").GetBoolean());
        Assert.True(again.Json.GetProperty("frozen").GetBoolean());
        Assert.Equal((HttpStatusCode.Forbidden, "budget_frozen"), (refused.Status, refused.Code));
        Assert.False(unfrozen.Json.GetProperty("frozen").GetBoolean());
        Assert.Equal(HttpStatusCode.OK, (await host.Caller.PostAsync("/v1/chat/completions", Call)).Status);
        Assert.Equal(["frozen", "unfrozen"], host.Wallets.Lines.Select(static l => l.Kind).Where(static k => k is "frozen" or "unfrozen"));
    }

    [Fact]
    public async Task A_changed_limit_holds_for_the_next_call()
    {
        await using var host = await CoreHost.StartAsync();
        var path = $"{Wallets}/{host.Installation.WalletId}";
        const string Call = """{"model":"echo","messages":[{"role":"user","content":"hello"}],"max_tokens":5}""";
        Assert.Equal(HttpStatusCode.OK, (await host.Caller.PostAsync("/v1/chat/completions", Call)).Status);

        await host.Admin.SendAsync(HttpMethod.Patch, path, """{"limit_usd":"0"}""");
        var refused = await host.Caller.PostAsync("/v1/chat/completions", Call);
        await host.Admin.PostAsync($"{path}/top-ups", """{"amount_usd":"1"}""");
        var paid = await host.Caller.PostAsync("/v1/chat/completions", Call);

        Assert.Equal((HttpStatusCode.PaymentRequired, HttpStatusCode.OK), (refused.Status, paid.Status));
    }
}
