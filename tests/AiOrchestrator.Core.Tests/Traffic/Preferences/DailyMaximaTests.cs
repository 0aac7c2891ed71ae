using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Traffic.Preferences;

/// <summary>Most tokens and most money of a day, as preferences and limits set them, over HTTP and in front of a provider that counts its calls.</summary>
public sealed class DailyMaximaTests
{
    private const string Preferences = "/control/v1/preferences";
    private const string Limits = "/control/v1/limits";
    private const string Chat = "/v1/chat/completions";
    private const string Call = """{"model":"m","max_tokens":4,"messages":[{"role":"user","content":"hi there"}]}""";

    /// <summary>Tokens that the provider reports of each call; each costs a tenth of a cent.</summary>
    private const int Reported = 6;

    [Theory]
    [InlineData("company", null)]
    [InlineData("team", "WALLET")]
    [InlineData("user", "KEY")]
    public async Task A_call_above_the_maximum_of_tokens_is_refused_before_anybody_is_called_until_the_day_ends(string level, string? subject)
    {
        await using var scene = await Scene.StartAsync();
        var name = subject?.Replace("WALLET", scene.Host.Installation.WalletId, StringComparison.Ordinal).Replace("KEY", scene.Host.Installation.KeyId, StringComparison.Ordinal);
        var id = await scene.SayAsync($$"""{"level":"{{level}}"{{(name is null ? "" : $",\"subject\":\"{name}\"")}},"max_tokens_per_day":60}""");

        var (admitted, refused) = await scene.CallUntilRefusedAsync();

        Assert.InRange(admitted, 2, 60 / Reported);
        Assert.Equal(admitted, scene.Provider.Calls);
        Assert.Equal((HttpStatusCode.TooManyRequests, "daily_maximum_reached"), (refused.Status, refused.Code));
        var metadata = refused.Json.GetProperty("error").GetProperty("metadata");
        Assert.Equal((id, level, "tokens_per_day"), (metadata.Text("preferences"), metadata.Text("level"), metadata.Text("kind")));
        Assert.Equal(name ?? scene.Host.Installation.OrganisationId, metadata.Text("subject"));
        Assert.Equal((60, admitted * Reported), (metadata.GetProperty("maximum").GetInt64(), metadata.GetProperty("used").GetInt64()));
        Assert.True(metadata.GetProperty("needed").GetInt64() > 60 - (admitted * Reported));
        Assert.Equal("2027-01-16T00:00:00.000Z", metadata.Text("resets_at"));
        Assert.Contains("60 tokens per day", refused.ErrorText, StringComparison.Ordinal);
        Assert.Equal(16 * 3600, refused.Message.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        Assert.Equal("false", refused.Message.Headers.GetValues("x-should-retry").Single());
        Assert.Equal($"0.0{admitted * Reported:d2}", await scene.SpentAsync());

        scene.Host.Time.Advance(TimeSpan.FromHours(16) - TimeSpan.FromMilliseconds(1));
        Assert.Equal("daily_maximum_reached", (await scene.Host.Caller.PostAsync(Chat, Call)).Code);
        scene.Host.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(HttpStatusCode.OK, (await scene.Host.Caller.PostAsync(Chat, Call)).Status);
    }

    [Fact]
    public async Task A_call_above_the_maximum_of_money_is_refused_before_anybody_is_called_until_the_day_ends()
    {
        await using var scene = await Scene.StartAsync();
        await scene.SayAsync($$"""{"level":"user","subject":"{{scene.Host.Installation.KeyId}}","max_cost_usd_per_day":"0.06"}""");

        var (admitted, refused) = await scene.CallUntilRefusedAsync();

        Assert.InRange(admitted, 2, 10);
        Assert.Equal(admitted, scene.Provider.Calls);
        Assert.Equal((HttpStatusCode.TooManyRequests, "daily_maximum_reached"), (refused.Status, refused.Code));
        var metadata = refused.Json.GetProperty("error").GetProperty("metadata");
        Assert.Equal(("cost_usd_per_day", "0.06", $"0.0{admitted * Reported:d2}"), (metadata.Text("kind"), metadata.Text("maximum"), metadata.Text("used")));
        Assert.Contains("0.06 US dollars per day", refused.ErrorText, StringComparison.Ordinal);
        Assert.Equal($"0.0{admitted * Reported:d2}", await scene.SpentAsync());
        scene.Host.Time.Advance(TimeSpan.FromHours(16));
        Assert.Equal(HttpStatusCode.OK, (await scene.Host.Caller.PostAsync(Chat, Call)).Status);
    }

    [Fact]
    public async Task A_call_that_may_use_more_than_a_whole_day_allows_is_refused_on_any_day()
    {
        await using var scene = await Scene.StartAsync();
        await scene.SayAsync("""{"level":"company","max_tokens_per_day":500}""");

        var large = await scene.Host.Caller.PostAsync(Chat, Call.Replace("\"max_tokens\":4", "\"max_tokens\":500", StringComparison.Ordinal));

        Assert.Equal((HttpStatusCode.TooManyRequests, "daily_maximum_reached"), (large.Status, large.Code));
        Assert.Equal("false", large.Message.Headers.GetValues("x-should-retry").Single());
        Assert.Equal((0, 0), (scene.Provider.Calls, large.Json.GetProperty("error").GetProperty("metadata").GetProperty("used").GetInt64()));
        Assert.Equal(HttpStatusCode.OK, (await scene.Host.Caller.PostAsync(Chat, Call)).Status);
    }

    [Fact]
    public async Task A_call_that_is_refused_elsewhere_uses_nothing_of_the_day()
    {
        await using var scene = await Scene.StartAsync();
        await scene.SayAsync("""{"level":"company","max_tokens_per_day":60,"max_cost_usd_per_day":"0.06"}""");
        scene.Provider.Answer = FakeProvider.Only(400);

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await scene.Host.Caller.PostAsync(Chat, Call)).Status);
        }

        scene.Provider.Answer = FakeProvider.Well;
        Assert.Equal(HttpStatusCode.OK, (await scene.Host.Caller.PostAsync(Chat, Call)).Status);
    }

    [Fact]
    public async Task A_model_that_costs_nothing_is_called_when_the_money_of_the_day_is_spent()
    {
        await using var scene = await Scene.StartAsync();
        await scene.SayAsync("""{"level":"company","max_cost_usd_per_day":"0.06"}""");
        await scene.CallUntilRefusedAsync();

        Assert.Equal(HttpStatusCode.OK, (await scene.Host.Caller.PostAsync(Chat, Call.Replace("\"m\"", "\"free\"", StringComparison.Ordinal))).Status);
    }

    [Fact]
    public async Task What_was_used_outlives_changes_of_the_maximum_and_a_restart()
    {
        await using var scene = await Scene.StartAsync();
        var id = await scene.SayAsync("""{"level":"company","max_tokens_per_day":60,"max_cost_usd_per_day":"5"}""");
        var (admitted, _) = await scene.CallUntilRefusedAsync();
        await scene.Host.StopAsync();

        await using var again = await CoreHost.StartAsync(on: scene.Host);
        Assert.Equal("daily_maximum_reached", (await again.Caller.PostAsync(Chat, Call)).Code);

        await again.Admin.SendAsync(HttpMethod.Put, $"{Preferences}/{id}", """{"level":"company","max_tokens_per_day":90}""");
        Assert.Equal(HttpStatusCode.OK, (await again.Caller.PostAsync(Chat, Call)).Status);
        await again.Admin.SendAsync(HttpMethod.Put, $"{Preferences}/{id}", """{"level":"company","max_tokens_per_day":50}""");
        var refused = await again.Caller.PostAsync(Chat, Call);
        Assert.Equal((admitted + 1) * Reported, refused.Json.GetProperty("error").GetProperty("metadata").GetProperty("used").GetInt64());

        await again.Admin.SendAsync(HttpMethod.Delete, $"{Preferences}/{id}", null);
        Assert.Equal(HttpStatusCode.OK, (await again.Caller.PostAsync(Chat, Call)).Status);
    }

    [Fact]
    public async Task A_limit_may_count_tokens_and_money_of_a_day()
    {
        await using var scene = await Scene.StartAsync();
        var id = (await scene.Host.Admin.PostAsync(Limits, """{"scope":"key","tokens_per_day":60,"cost_usd_per_day":"5"}""")).Json.Text("id");

        var (admitted, refused) = await scene.CallUntilRefusedAsync();
        var counter = (await Http.GetAsync(scene.Host.Admin, $"{Limits}/{id}/counters")).Json.GetProperty("data")[0];

        Assert.Equal("rate_limit_exceeded", refused.Code);
        Assert.Equal("tokens_per_day", refused.Json.GetProperty("error").GetProperty("metadata").Text("kind"));
        Assert.Equal("60", refused.Message.Headers.GetValues("x-ratelimit-limit-tokens").Single());
        Assert.Equal("16h0m0s", refused.Message.Headers.GetValues("x-ratelimit-reset-tokens").Single());
        var used = admitted * Reported;
        var (left, hundredths, rest) = (60 - used, $"{used:d2}", $"{100 - used:d2}");
        Assert.Equal($$"""{"limit":60,"used":{{used}},"remaining":{{left}},"reset_ms":57600000}""", counter.GetProperty("tokens_per_day").GetRawText());
        Assert.Equal(
            $$"""{"limit":"5.00","used":"0.0{{hundredths}}","remaining":"4.9{{rest}}","reset_ms":57600000}""", counter.GetProperty("cost_usd_per_day").GetRawText());
        Assert.Equal(JsonValueKind.Null, counter.GetProperty("requests_per_day").ValueKind);

        Assert.Equal(HttpStatusCode.NoContent, (await scene.Host.Admin.PostAsync($"{Limits}/{id}/reset", "{}")).Status);
        Assert.Equal(HttpStatusCode.OK, (await scene.Host.Caller.PostAsync(Chat, Call)).Status);
    }

    [Fact]
    public async Task A_crash_forgets_at_most_what_was_not_written()
    {
        await using var scene = await Scene.StartAsync();
        await scene.SayAsync("""{"level":"company","max_cost_usd_per_day":"0.06"}""");
        await scene.CallUntilRefusedAsync();
        await scene.Host.Services.GetRequiredService<DayCounters>().SaveAsync(CancellationToken.None);

        await using var again = await CoreHost.StartAsync(on: scene.Host);

        Assert.Equal("daily_maximum_reached", (await again.Caller.PostAsync(Chat, Call)).Code);
    }

    private sealed class Scene(CoreHost host, FakeProvider provider) : IAsyncDisposable
    {
        public CoreHost Host => host;

        public FakeProvider Provider => provider;

        public static async Task<Scene> StartAsync()
        {
            var provider = await FakeProvider.StartAsync();
            var host = await CoreHost.StartAsync();
            var row = await host.Admin.PostAsync(
                "/control/v1/providers",
                $$$"""
                {"id":"p","base_url":"{{{provider.Address}}}/v1","models":[
                  {"id":"m","upstream_id":"up","price":{"input_usd_per_million":"1000","output_usd_per_million":"1000"}},
                  {"id":"free","upstream_id":"up","price":{"input_usd_per_million":"0","output_usd_per_million":"0"}}]}
                """);
            Assert.Equal(HttpStatusCode.Created, row.Status);
            return new Scene(host, provider);
        }

        public async Task<string> SayAsync(string json)
        {
            var made = await host.Admin.PostAsync(Preferences, json);
            Assert.Equal(HttpStatusCode.Created, made.Status);
            return made.Json.Text("id");
        }

        public async Task<(int Admitted, Answer Refused)> CallUntilRefusedAsync()
        {
            for (var admitted = 0; admitted < 50; admitted++)
            {
                var answer = await host.Caller.PostAsync(Chat, Call);
                if (answer.Status != HttpStatusCode.OK)
                {
                    return (admitted, answer);
                }
            }

            throw new InvalidOperationException("nothing is refused");
        }

        public async Task<string> SpentAsync() =>
            (await Http.GetAsync(host.Admin, $"/control/v1/wallets/{host.Installation.WalletId}")).Json.Text("spent_usd");

        public async ValueTask DisposeAsync()
        {
            await host.DisposeAsync();
            await provider.DisposeAsync();
        }
    }
}
