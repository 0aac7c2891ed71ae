using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Providers.Pricing;

/// <summary>What prices of the organisation's own do to calls. The built-in echo costs 0.10 and 0.40 dollars per million tokens: 100 and 400 nano-dollars each.</summary>
public sealed class PriceEffectTests
{
    private const string Prices = "/control/v1/prices";
    private const string Call = """{"model":"echo","messages":[{"role":"user","content":"hi there"}],"max_tokens":5}""";
    private const string Unpriced = """{"id":"lab","base_url":"http://localhost:1/v1","models":[{"id":"secret-9","context_window_tokens":1000,"max_output_tokens":100}]}""";

    [Fact]
    public async Task An_own_price_holds_for_the_next_call_and_its_estimate()
    {
        await using var host = await CoreHost.StartAsync();
        var before = await ChargeAsync(host);

        var id = (await host.Admin.PostAsync(Prices, """{"model":"echo","prices":{"usd_per_million":{"input":"1","output":"4"}}}""")).Json.Text("id");
        var dry = await DryRunAsync(host, Call);
        var after = await ChargeAsync(host);
        await host.Admin.SendAsync(HttpMethod.Delete, $"{Prices}/{id}", null);
        var ended = await ChargeAsync(host);
        var earlier = (await Http.GetAsync(host.Admin, $"{Prices}/effective?model=echo&at=2027-01-15T07:59:59Z")).Json;

        Assert.Equal((before.PromptTokens * 100) + (before.CompletionTokens * 400), before.CostNanoUsd);
        Assert.Equal((null, "0.10"), (before.PriceId, before.InputUsdPerMillion));
        Assert.Equal(("1.00", "4.00"), (dry.Text("input_usd_per_million"), dry.Text("output_usd_per_million")));
        Assert.Equal((after.PromptTokens * 1_000) + (after.CompletionTokens * 4_000), after.CostNanoUsd);
        Assert.Equal((id, "1.00", "2027-01-15", $"own price {id}"), (after.PriceId, after.InputUsdPerMillion, after.PriceFrom, after.PriceSource![..(10 + id.Length)]));
        Assert.Equal((null, before.CostNanoUsd), (ended.PriceId, ended.CostNanoUsd));
        Assert.Equal("catalogue", earlier.Text("origin"));
    }

    [Fact]
    public async Task An_own_price_to_come_begins_by_itself()
    {
        await using var host = await CoreHost.StartAsync();
        await host.Admin.PostAsync(Prices, """{"model":"ec*","from":"2027-01-16","until":"2027-01-17","prices":{"usd_per_million":{"input":"1","output":"4"}}}""");

        Assert.Equal("0.10", await InputAsync(host));
        host.Time.Advance(TimeSpan.FromHours(16));
        Assert.Equal("1.00", await InputAsync(host));
        host.Time.Advance(TimeSpan.FromHours(24));
        Assert.Equal("0.10", await InputAsync(host));
    }

    [Fact]
    public async Task Another_instance_charges_by_it_after_its_next_turn()
    {
        await using var host = await CoreHost.StartAsync(compose: Shared);
        await using var other = await CoreHost.StartAsync(on: host, compose: Shared);
        await other.Services.GetRequiredService<ConfigurationRefresh>().TurnAsync(CancellationToken.None);
        await host.Admin.PostAsync(Prices, """{"model":"echo","prices":{"usd_per_million":{"input":"1","output":"4"}}}""");

        Assert.Equal("0.10", await InputAsync(other));
        await other.Services.GetRequiredService<ConfigurationRefresh>().TurnAsync(CancellationToken.None);
        Assert.Equal("1.00", await InputAsync(other));
        await host.Admin.SendAsync(HttpMethod.Put, "/control/v1/plan", """{"multipliers":{"echo":"3"}}""");
        await other.Services.GetRequiredService<ConfigurationRefresh>().TurnAsync(CancellationToken.None);
        Assert.Equal("3.00", await InputAsync(other));
        Assert.Equal((await Http.GetAsync(host.Admin, Prices)).Text, (await Http.GetAsync(other.Admin, Prices)).Text);
    }

    [Fact]
    public async Task A_model_nobody_has_a_price_of_is_listed_and_not_called()
    {
        await using var host = await CoreHost.StartAsync();
        var row = await host.Admin.PostAsync("/control/v1/providers", Unpriced);

        var model = (await Http.GetAsync(host.Caller, "/v1/models/secret-9")).Json;
        var refused = await host.Caller.PostAsync("/v1/chat/completions", Call.Replace("echo", "secret-9", StringComparison.Ordinal));
        var why = (await Http.GetAsync(host.Admin, $"{Prices}/effective?model=secret-9")).Json;

        Assert.Equal((HttpStatusCode.Created, "secret-9"), (row.Status, row.Json.GetProperty("unpriced_models")[0].GetString()));
        Assert.Equal(JsonValueKind.Null, model.GetProperty("pricing").ValueKind);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "price_unknown", "model"), (refused.Status, refused.Code, refused.Param));
        Assert.Contains("POST /control/v1/prices", refused.ErrorText, StringComparison.Ordinal);
        Assert.Equal("false", Assert.Single(refused.Message.Headers.GetValues("x-should-retry")));
        Assert.Null(why.GetProperty("origin").GetString());
        Assert.Contains("refuse", why.GetProperty("considered")[1].Text("reason"), StringComparison.Ordinal);

        await host.Admin.PostAsync(Prices, """{"model":"secret-9","prices":{"usd_per_million":{"input":"1","output":"4"}}}""");
        Assert.Equal("1.00", (await DryRunAsync(host, Call.Replace("echo", "secret-9", StringComparison.Ordinal))).Text("input_usd_per_million"));
        Assert.Empty((await Http.GetAsync(host.Admin, "/control/v1/providers/lab")).Json.GetProperty("unpriced_models").EnumerateArray());
    }

    [Fact]
    public async Task A_price_of_last_resort_is_charged_where_there_is_no_other()
    {
        await using var host = await CoreHost.StartAsync();
        await host.Admin.PostAsync("/control/v1/providers", Unpriced);

        var set = await host.Admin.SendAsync(
            HttpMethod.Put, "/control/v1/price-policy", """{"unknown_model":"last_resort","last_resort":{"usd_per_million":{"input":"50","output":"200"}}}""");
        var dry = await DryRunAsync(host, Call.Replace("echo", "secret-9", StringComparison.Ordinal));
        var model = (await Http.GetAsync(host.Caller, "/v1/models/secret-9")).Json;
        var call = await host.Caller.PostAsync("/v1/chat/completions", Call.Replace("echo", "secret-9", StringComparison.Ordinal));
        var usage = await host.Stream.OfAsync(call.Message);

        Assert.Equal(HttpStatusCode.OK, set.Status);
        Assert.Equal(("50.00", "200.00"), (dry.Text("input_usd_per_million"), dry.Text("output_usd_per_million")));
        Assert.Equal(("last_resort", "50.00"), (model.Text("price_origin"), model.GetProperty("pricing").Text("input_usd_per_million")));
        Assert.Equal(("last_resort", "50.00"), (usage.PriceId, usage.InputUsdPerMillion));
        Assert.Equal("0.10", await InputAsync(host));

        await host.Admin.SendAsync(HttpMethod.Put, "/control/v1/price-policy", """{"unknown_model":"refuse"}""");
        Assert.Equal("price_unknown", (await host.Caller.PostAsync("/v1/chat/completions", Call.Replace("echo", "secret-9", StringComparison.Ordinal))).Code);
    }

    [Fact]
    public async Task A_plan_multiplies_what_is_held_and_charged()
    {
        await using var host = await CoreHost.StartAsync();
        await host.Admin.SendAsync(HttpMethod.Put, "/control/v1/plan", """{"multipliers":{"echo":"3"}}""");

        var charged = await ChargeAsync(host);
        var model = (await Http.GetAsync(host.Caller, "/v1/models/echo")).Json;
        var off = await host.Admin.SendAsync(HttpMethod.Put, "/control/v1/plan", """{"enabled":false,"multipliers":{"echo":"3"}}""");
        var once = await ChargeAsync(host);

        var list = (charged.PromptTokens * 100) + (charged.CompletionTokens * 400);
        Assert.Equal((3 * list, list, "3"), (charged.CostNanoUsd, charged.ListCostNanoUsd, charged.PriceMultiplier));
        Assert.True(charged.HoldNanoUsd >= charged.CostNanoUsd);
        Assert.Equal(("3", "0.30"), (model.Text("multiplier"), model.GetProperty("pricing").Text("input_usd_per_million")));
        Assert.Equal(HttpStatusCode.OK, off.Status);
        Assert.Equal((list, 0, null), (once.CostNanoUsd, once.ListCostNanoUsd, once.PriceMultiplier));
    }

    [Fact]
    public async Task A_free_model_is_metered_and_called_even_with_nothing_left()
    {
        await using var host = await CoreHost.StartAsync();
        var wallet = (await host.Admin.PostAsync("/control/v1/wallets", """{"name":"empty","limit_usd":"0"}""")).Json.Text("id");
        var key = (await host.Admin.PostAsync("/control/v1/keys", $$"""{"name":"poor","wallet_id":"{{wallet}}"}""")).Json.Text("key");
        var poor = host.ClientFor(key);
        Assert.Equal("insufficient_budget", (await poor.PostAsync("/v1/chat/completions", Call)).Code);

        await host.Admin.SendAsync(HttpMethod.Put, "/control/v1/plan", """{"multipliers":{"ec*":"0"}}""");
        var answer = await poor.PostAsync("/v1/chat/completions", Call);
        var usage = await host.Stream.OfAsync(answer.Message);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal((0, 0, "0"), (usage.CostNanoUsd, usage.HoldNanoUsd, usage.PriceMultiplier));
        Assert.True(usage.PromptTokens > 0 && usage.CompletionTokens > 0);
        Assert.Equal((usage.PromptTokens * 100) + (usage.CompletionTokens * 400), usage.ListCostNanoUsd);
        Assert.Equal("0.00", (await Http.GetAsync(host.Admin, $"/control/v1/wallets/{wallet}")).Json.Text("spent_usd"));

        await host.Admin.PostAsync($"/control/v1/wallets/{wallet}/freeze", "{}");
        Assert.Equal("budget_frozen", (await poor.PostAsync("/v1/chat/completions", Call)).Code);
    }

    [Fact]
    public async Task What_a_call_would_be_charged_by_is_explained()
    {
        await using var host = await CoreHost.StartAsync();
        var id = (await host.Admin.PostAsync(Prices, """{"model":"e*","from":"2027-02-01","prices":{"usd_per_million":{"input":"1","output":"4"},"tiers":[{"above_input_tokens":1000,"usd_per_million":{"input":"2","output":"8"}}]}}""")).Json.Text("id");
        await host.Admin.SendAsync(HttpMethod.Put, "/control/v1/plan", """{"default_multiplier":"0.5"}""");

        var now = (await Http.GetAsync(host.Admin, $"{Prices}/effective?model=echo&provider=echo")).Json;
        var later = (await Http.GetAsync(host.Admin, $"{Prices}/effective?model=echo&at=2027-02-01")).Json;

        Assert.Equal(("catalogue", "0.5", "default"), (now.Text("origin"), now.Text("multiplier"), now.Text("multiplier_origin")));
        Assert.Equal(("0.10", "0.05"), (Input(now, "list"), Input(now, "charged")));
        Assert.Equal("it begins 2027-02-01 00:00:00 UTC", now.GetProperty("considered")[0].Text("reason"));
        Assert.Equal(("override", id, "2027-02-01"), (later.Text("origin"), later.Text("price_id"), later.Text("from")));
        Assert.Equal(("1.00", "0.50"), (Input(later, "list"), Input(later, "charged")));
        Assert.Equal("4.00", later.GetProperty("charged").GetProperty("tiers")[0].GetProperty("usd_per_million").Text("output"));
        Assert.Equal("model_not_found", (await Http.GetAsync(host.Admin, $"{Prices}/effective?model=nothing")).Code);
        Assert.Equal("model_not_found", (await Http.GetAsync(host.Admin, $"{Prices}/effective?model=echo&provider=other")).Code);
        Assert.Equal("model", (await Http.GetAsync(host.Admin, $"{Prices}/effective")).Param);
        Assert.Equal("at", (await Http.GetAsync(host.Admin, $"{Prices}/effective?model=echo&at=soon")).Param);
    }

    private static void Shared(IServiceCollection services) => services.AddInProcessRates().AddConfigurationRefresh(refreshMs: 60_000);

    private static string Input(JsonElement effective, string which) => effective.GetProperty(which).GetProperty("usd_per_million").Text("input");

    private static async Task<string> InputAsync(CoreHost host) => (await DryRunAsync(host, Call)).Text("input_usd_per_million");

    private static async Task<Core.Metering.UsageEvent> ChargeAsync(CoreHost host)
    {
        var answer = await host.Caller.PostAsync("/v1/chat/completions", Call);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        return await host.Stream.OfAsync(answer.Message);
    }

    private static async Task<JsonElement> DryRunAsync(CoreHost host, string call)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(call) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Add("x-dry-run", "true");
        var response = await host.Caller.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }
}
