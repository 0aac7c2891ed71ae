using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Wallets;

public sealed class SimulateCallTests
{
    private const string Wallets = "/control/v1/wallets";

    [Fact]
    public async Task Every_wallet_of_the_path_says_what_it_would_do()
    {
        await using var host = await CoreHost.StartAsync();
        var (leaf, root) = await PathAsync(host, rootLimit: "4", period: "daily");

        var passes = await SimulateAsync(host, leaf, """{"amount_usd":"4"}""");
        var refused = await SimulateAsync(host, leaf, """{"amount_usd":"4.5"}""");

        Assert.True(passes.GetProperty("would_pass").GetBoolean());
        Assert.Equal(JsonValueKind.Null, passes.GetProperty("stands_in_the_way").ValueKind);
        Assert.False(refused.GetProperty("would_pass").GetBoolean());
        Assert.Equal((root, "4.50"), (refused.Text("stands_in_the_way"), refused.Text("amount_usd")));
        Assert.Equal(
            $$"""[{"wallet":"{{leaf}}","name":"Default","verdict":"passes","available_usd":"10.00","unspent_usd":"10.00","short_usd":"0.00","shadow":false,"resets_at":null},{"wallet":"{{root}}","name":"root","verdict":"exhausted","available_usd":"4.00","unspent_usd":"4.00","short_usd":"0.50","shadow":false,"resets_at":"2027-01-16T00:00:00.000Z"}]""",
            refused.GetProperty("levels").GetRawText());
    }

    [Fact]
    public async Task A_shadow_lets_through_and_a_frozen_or_held_wallet_does_not()
    {
        await using var host = await CoreHost.StartAsync();
        var (leaf, root) = await PathAsync(host, rootLimit: "4");
        var now = host.Time.GetUtcNow().ToUnixTimeMilliseconds();
        host.Wallets.With(root, w =>
        {
            w.Exchange(new LeaseReport(1, 1, now, 0, 0, 0, 3_000_000_000, 3_000_000_000, Closing: false), now);
            w.Exchange(new LeaseReport(1, 2, now, 0, 3_000_000_000, 3_000_000_000, 3_000_000_000, 0, Closing: false), now);
        });

        var waits = await SimulateAsync(host, leaf, """{"amount_usd":"2"}""");
        await host.Admin.SendAsync(HttpMethod.Patch, $"{Wallets}/{root}", """{"shadow":true}""");
        var shadowed = await SimulateAsync(host, leaf, """{"amount_usd":"5"}""");
        await host.Admin.SendAsync(HttpMethod.Post, $"{Wallets}/{leaf}/freeze", null);
        var frozen = await SimulateAsync(host, leaf, """{"amount_usd":"0"}""");

        Assert.Equal(("waits", false), (Level(waits, 1).Text("verdict"), waits.GetProperty("would_pass").GetBoolean()));
        Assert.Equal(("shadow", true), (Level(shadowed, 1).Text("verdict"), shadowed.GetProperty("would_pass").GetBoolean()));
        Assert.Equal(("frozen", leaf), (Level(frozen, 0).Text("verdict"), frozen.Text("stands_in_the_way")));
    }

    [Fact]
    public async Task A_model_is_priced_and_its_output_shortened_as_the_gateway_does()
    {
        await using var host = await CoreHost.StartAsync();
        var (leaf, root) = await PathAsync(host, rootLimit: "0.01");

        // gpt-4o: 2.50 and 10.00 USD per million tokens.
        var whole = await SimulateAsync(host, leaf, """{"model":"gpt-4o","prompt_tokens":1000,"max_tokens":500}""");
        var clamped = await SimulateAsync(host, leaf, """{"model":"gpt-4o","prompt_tokens":1000,"max_tokens":2000}""");
        var tooShort = await SimulateAsync(host, leaf, """{"model":"gpt-4o","prompt_tokens":3900,"max_tokens":2000}""");

        Assert.Equal(("0.0075", true), (whole.Text("amount_usd"), whole.GetProperty("would_pass").GetBoolean()));
        Assert.Equal(
            ("0.0225", true, 750, "0.01", root),
            (clamped.Text("amount_usd"), clamped.GetProperty("would_pass").GetBoolean(), clamped.GetProperty("clamped_max_tokens").GetInt32(), clamped.Text("clamped_amount_usd"), clamped.Text("stands_in_the_way")));
        Assert.False(tooShort.GetProperty("would_pass").GetBoolean());
        Assert.Equal(JsonValueKind.Null, tooShort.GetProperty("clamped_max_tokens").ValueKind);
    }

    [Fact]
    public async Task A_model_costs_what_the_organisation_charges()
    {
        await using var host = await CoreHost.StartAsync();
        var (leaf, _) = await PathAsync(host, rootLimit: "1");
        await host.Admin.PostAsync("/control/v1/prices", """{"model":"gpt-4o","prices":{"usd_per_million":{"input":"25","output":"100"}}}""");
        await host.Admin.SendAsync(HttpMethod.Put, "/control/v1/plan", """{"multipliers":{"gpt-4o":"0.5"}}""");

        var call = await SimulateAsync(host, leaf, """{"model":"gpt-4o","prompt_tokens":1000,"max_tokens":500}""");

        Assert.Equal("0.0375", call.Text("amount_usd"));
    }

    [Fact]
    public async Task The_gateway_shortens_a_call_until_the_tightest_wallet_of_the_path_can_pay()
    {
        await using var host = await CoreHost.StartAsync();
        var (leaf, _) = await PathAsync(host, rootLimit: "0.0012");
        await host.Admin.SendAsync(HttpMethod.Patch, $"{Wallets}/{leaf}", """{"limit_usd":"0.0008"}""");

        var answer = await host.Caller.PostAsync("/v1/chat/completions", """{"model":"echo","messages":[{"role":"user","content":"hello"}]}""");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
    }

    [Theory]
    [InlineData("""{}""", "amount_usd")]
    [InlineData("""{"amount_usd":"1","model":"gpt-4o"}""", "amount_usd")]
    [InlineData("""{"model":"no-such-model","prompt_tokens":1,"max_tokens":1}""", "model")]
    [InlineData("""{"model":"gpt-4o","prompt_tokens":1}""", "max_tokens")]
    public async Task A_wrong_question_is_400(string body, string param)
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await host.Caller.PostAsync($"/v1/wallets/{host.Installation.WalletId}/simulate", body);

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
    }

    private static JsonElement Level(JsonElement answer, int level) => answer.GetProperty("levels")[level];

    /// <summary>A root above the installation's wallet, which has 10 dollars.</summary>
    private static async Task<(string Leaf, string Root)> PathAsync(CoreHost host, string rootLimit, string period = "lifetime")
    {
        var root = (await host.Admin.PostAsync(
            Wallets, $$$"""{"name":"root","limit_usd":"{{{rootLimit}}}","period":{"kind":"{{{period}}}"}}""")).Json.Text("id");
        await host.Admin.SendAsync(HttpMethod.Patch, $"{Wallets}/{host.Installation.WalletId}", $$"""{"parent_id":"{{root}}"}""");
        return (host.Installation.WalletId, root);
    }

    private static async Task<JsonElement> SimulateAsync(CoreHost host, string walletId, string body)
    {
        var answer = await host.Caller.PostAsync($"/v1/wallets/{walletId}/simulate", body);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        return answer.Json;
    }
}
