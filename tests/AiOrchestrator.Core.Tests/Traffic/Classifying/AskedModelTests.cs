using System.Net;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers;
using AiOrchestrator.Core.Tests.Providers.Health;

namespace AiOrchestrator.Core.Tests.Traffic.Classifying;

/// <summary>A model that says what calls are, asked over a real socket through the whole pipeline.</summary>
public sealed class AskedModelTests : IAsyncLifetime
{
    private const string Classify = "/control/v1/classify";
    private const string Auto = """{"model":"auto","max_tokens":4,"messages":[{"role":"user","content":"rename this"}]}""";

    private CoreHost _host = null!;
    private FakeProvider _model = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" });
        _model = await FakeProvider.StartAsync(static path => (200, path.EndsWith("/chat/completions", StringComparison.Ordinal)
            ? FakeProvider.Completion.Replace("\"Hi\"", """ "{\"category\":\"reasoning\",\"confidence\":1,\"reason\":\"it asks why\"}" """, StringComparison.Ordinal)
            : FakeProvider.Models));
        Assert.Equal(HttpStatusCode.Created, (await _host.Admin.PostAsync("/control/v1/providers", HealthScene.Row("p", _model.Address, 1, ""))).Status);
        Assert.Equal(HttpStatusCode.OK, (await _host.Admin.SendAsync(HttpMethod.Put, "/control/v1/classifier", """{"enabled":true,"model":"m","min_confidence":1,"timeout_ms":10000}""")).Status);
        Assert.Equal(HttpStatusCode.Created, (await _host.Admin.PostAsync("/control/v1/preferences", """{"level":"company","default_model":"m","custom_rules_only":true}""")).Status);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _model.DisposeAsync();
    }

    [Fact]
    public async Task A_text_that_is_cut_within_a_character_is_asked_about_all_the_same()
    {
        var by = await KeyAsync(await WalletAsync("10"));
        var text = new string('a', 1_999) + string.Concat(Enumerable.Repeat("\U0001F600", 3_000));

        var said = await by.PostAsync(Classify, $$"""{"text":"{{text}}","ask_model":true}""");

        Assert.True(said.Status == HttpStatusCode.OK, said.Text);
        Assert.Equal(("reasoning", "m says: it asks why"), (said.Json.Text("category"), said.Json.Text("reason")));
    }

    [Fact]
    public async Task An_answer_that_is_no_text_leaves_the_word_of_the_one_that_ships()
    {
        var by = await KeyAsync(await WalletAsync("10"));
        _model.Answer = static path => (200, path.EndsWith("/chat/completions", StringComparison.Ordinal)
            ? FakeProvider.Completion.Replace("\"Hi\"", "\"\\ud800\"", StringComparison.Ordinal)
            : FakeProvider.Models);

        var said = await by.PostAsync(Classify, """{"text":"rename this","ask_model":true}""");

        Assert.True(said.Status == HttpStatusCode.OK, said.Text);
        Assert.DoesNotContain("m says", said.Json.Text("reason"), StringComparison.Ordinal);
        Assert.Equal(1, _model.Calls);
    }

    [Fact]
    public async Task A_caller_without_money_does_not_silence_it_for_others_and_a_provider_that_fails_does()
    {
        var poor = await KeyAsync(await WalletAsync("0.000001"));
        var rich = await KeyAsync(await WalletAsync("10"));

        Assert.Equal(HttpStatusCode.PaymentRequired, (await poor.PostAsync("/v1/chat/completions", Auto)).Status);
        Assert.Equal(0, _model.Calls);
        Assert.Equal(HttpStatusCode.OK, (await rich.PostAsync("/v1/chat/completions", Auto)).Status);
        Assert.Equal(2, _model.Calls);

        _model.Answer = FakeProvider.Only(429);
        _ = await rich.PostAsync("/v1/chat/completions", Auto.Replace("this", "that", StringComparison.Ordinal));
        Assert.Equal(4, _model.Calls);
        _ = await rich.PostAsync("/v1/chat/completions", Auto.Replace("this", "those", StringComparison.Ordinal));
        Assert.Equal(5, _model.Calls);
    }

    private async Task<string> WalletAsync(string limitUsd) =>
        (await _host.Admin.PostAsync("/control/v1/wallets", $$"""{"name":"w","limit_usd":"{{limitUsd}}"}""")).Json.Text("id");

    private async Task<HttpClient> KeyAsync(string wallet) =>
        _host.ClientFor((await _host.Admin.PostAsync("/control/v1/keys", $$"""{"name":"k","wallet_id":"{{wallet}}","role":"admin"}""")).Json.Text("key"));
}
