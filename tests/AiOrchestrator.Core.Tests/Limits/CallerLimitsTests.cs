using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Gateway.Stages;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Wallets;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Limits;

/// <summary>Limits as callers meet them, over HTTP.</summary>
public sealed class CallerLimitsTests
{
    private const string Limits = "/control/v1/limits";
    private const string Chat = "/v1/chat/completions";
    private const string Hello = """{"model":"echo","max_tokens":4,"messages":[{"role":"user","content":"hi there"}]}""";
    private const string HelloStream = """{"model":"echo","stream":true,"max_tokens":4,"messages":[{"role":"user","content":"hi there"}]}""";

    [Fact]
    public async Task Without_limits_nothing_is_said_about_them()
    {
        await using var host = await CoreHost.StartAsync();

        Assert.Equal("", Headers(await host.Caller.PostAsync(Chat, Hello), "requests"));
    }

    [Fact]
    public async Task The_call_above_the_limit_is_429_until_the_bucket_fills()
    {
        await using var host = await CoreHost.StartAsync();
        var id = await LimitAsync(host, "\"scope\":\"key\",\"requests_per_minute\":3");

        var first = await host.Caller.PostAsync(Chat, Hello);
        await host.Caller.PostAsync(Chat, HelloStream);
        var third = await host.Caller.PostAsync(Chat, Hello);
        var fourth = await host.Caller.PostAsync(Chat, Hello);

        Assert.Equal(HttpStatusCode.OK, third.Status);
        Assert.Equal("3 2 20s", Headers(first, "requests"));
        Assert.Equal("3 0 1m0s", Headers(third, "requests"));
        Assert.Equal("", Headers(third, "tokens"));
        Assert.Equal((HttpStatusCode.TooManyRequests, "rate_limit_exceeded"), (fourth.Status, fourth.Code));
        Assert.Equal("3 0 1m0s", Headers(fourth, "requests"));
        Assert.Equal(20, fourth.Message.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        Assert.False(fourth.Message.Headers.Contains("x-should-retry"));
        Assert.Equal(
            $$"""{"limit":"{{id}}","scope":"key","subject":"{{host.Installation.KeyId}}","kind":"requests_per_minute","allowed":3}""",
            fourth.Json.GetProperty("error").GetProperty("metadata").GetRawText());

        host.Time.Advance(TimeSpan.FromMilliseconds(19_999));
        Assert.Equal(HttpStatusCode.TooManyRequests, (await host.Caller.PostAsync(Chat, Hello)).Status);
        host.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(HttpStatusCode.OK, (await host.Caller.PostAsync(Chat, Hello)).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await host.Caller.PostAsync(Chat, Hello)).Status);
    }

    [Fact]
    public async Task A_day_ends_at_midnight_and_retrying_before_is_pointless()
    {
        await using var host = await CoreHost.StartAsync();
        await LimitAsync(host, "\"scope\":\"organisation\",\"requests_per_day\":2,\"requests_per_minute\":100");

        var first = await host.Caller.PostAsync(Chat, Hello);
        await host.Caller.PostAsync(Chat, Hello);
        var refused = await host.Caller.PostAsync(Chat, Hello);

        // The day is closer to its end than the minute.
        Assert.Equal("2 1 16h0m0s", Headers(first, "requests"));
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.Status);
        Assert.Equal(16 * 3600, refused.Message.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        Assert.Equal("false", refused.Message.Headers.GetValues("x-should-retry").Single());
        host.Time.Advance(TimeSpan.FromHours(16));
        Assert.Equal(HttpStatusCode.OK, (await host.Caller.PostAsync(Chat, Hello)).Status);
    }

    [Fact]
    public async Task Tokens_are_held_as_estimated_and_settled_as_used()
    {
        await using var host = await CoreHost.StartAsync();
        var id = await LimitAsync(host, "\"scope\":\"user\",\"tokens_per_minute\":1000");

        var answer = await host.Caller.PostAsync(Chat, Hello.Replace("4", "900", StringComparison.Ordinal));
        var used = answer.Json.GetProperty("usage").GetProperty("total_tokens").GetInt64();
        var held = long.Parse(Headers(answer, "tokens").Split(' ')[1], null);
        var counter = (await CountersAsync(host, id))[0].GetProperty("tokens_per_minute");
        var after = await host.Caller.PostAsync(Chat, Hello);

        // The headers went out before the answer was counted: they show what was held.
        Assert.InRange(held, 1, 100);
        Assert.InRange(used, 1, 100);
        Assert.Equal(HttpStatusCode.OK, after.Status);
        Assert.Equal((1000, used, 1000 - used), Figures(counter));
    }

    [Fact]
    public async Task A_call_that_may_use_more_than_the_bucket_holds_waits_for_a_full_one()
    {
        await using var host = await CoreHost.StartAsync();
        var id = await LimitAsync(host, "\"scope\":\"model\",\"subject\":\"echo\",\"tokens_per_minute\":60");
        var large = Hello.Replace("\"max_tokens\":4,", "", StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.OK, (await host.Caller.PostAsync(Chat, large)).Status);
        var (_, used, remaining) = Figures((await CountersAsync(host, id))[0].GetProperty("tokens_per_minute"));
        var refused = await host.Caller.PostAsync(Chat, large);

        Assert.Equal(60, used + remaining);
        Assert.Equal((HttpStatusCode.TooManyRequests, (double)used), (refused.Status, refused.Message.Headers.RetryAfter!.Delta!.Value.TotalSeconds));
        host.Time.Advance(TimeSpan.FromSeconds(used));
        Assert.Equal(HttpStatusCode.OK, (await host.Caller.PostAsync(Chat, large)).Status);
    }

    [Fact]
    public async Task Refused_calls_and_dry_runs_count_nothing_and_are_told_the_headers()
    {
        await using var host = await CoreHost.StartAsync();
        var id = await LimitAsync(host, "\"scope\":\"key\",\"requests_per_minute\":10,\"requests_per_day\":10,\"tokens_per_minute\":5000000");
        var empty = (await host.Admin.PostAsync("/control/v1/wallets", """{"name":"empty","limit_usd":"0"}""")).Json.Text("id");

        var dry = host.ClientFor(CoreHost.ApiKey);
        dry.DefaultRequestHeaders.Add("x-dry-run", "true");
        Answer[] answers = [await dry.PostAsync(Chat, Hello), await host.Caller.PostAsync(Chat, "{"), await host.Caller.PostAsync(Chat, Hello.Replace("echo", "none", StringComparison.Ordinal))];
        await host.Admin.SendAsync(HttpMethod.Patch, $"/control/v1/keys/{host.Installation.KeyId}", $$"""{"wallet_id":"{{empty}}"}""");
        var broke = await host.Caller.PostAsync(Chat, Hello);

        Assert.Equal(["OK", "BadRequest", "NotFound"], answers.Select(static a => a.Status.ToString()));
        Assert.All(answers, static answer => Assert.Equal("10 10 16h0m0s", Headers(answer, "requests")));
        Assert.Equal(HttpStatusCode.PaymentRequired, broke.Status);
        Assert.Equal("10 10 16h0m0s", Headers(broke, "requests"));
        var counters = (await CountersAsync(host, id))[0];
        Assert.Equal((10, 0, 10), Figures(counters.GetProperty("requests_per_minute")));
        Assert.Equal((10, 0, 10), Figures(counters.GetProperty("requests_per_day")));
        Assert.Equal((5_000_000, 0, 5_000_000), Figures(counters.GetProperty("tokens_per_minute")));
    }

    [Fact]
    public async Task Each_counts_separately_and_a_user_over_all_keys()
    {
        await using var host = await CoreHost.StartAsync();
        var perKey = await LimitAsync(host, "\"scope\":\"key\",\"subject\":\"*\",\"requests_per_day\":3");
        var perUser = await LimitAsync(host, "\"scope\":\"user\",\"requests_per_day\":4");
        HttpClient[] anna = [await KeyAsync(host, "anna"), await KeyAsync(host, "anna")];

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await anna[0].PostAsync(Chat, Hello)).Status);
        }

        var key = await anna[0].PostAsync(Chat, Hello);
        Assert.Equal(HttpStatusCode.OK, (await anna[1].PostAsync(Chat, Hello)).Status);
        var user = await anna[1].PostAsync(Chat, Hello);
        var other = await host.Caller.PostAsync(Chat, Hello);

        Assert.Equal("key", key.Json.GetProperty("error").GetProperty("metadata").Text("scope"));
        Assert.Equal(("user", "anna"), (user.Json.GetProperty("error").GetProperty("metadata").Text("scope"), user.Json.GetProperty("error").GetProperty("metadata").Text("subject")));
        Assert.Equal(HttpStatusCode.OK, other.Status);
        Assert.Equal(3, (await CountersAsync(host, perKey)).Length);
        Assert.Equal(["anna", host.Installation.KeyId], (await CountersAsync(host, perUser)).Select(static c => c.Text("subject")));
        var page = (await Http.GetAsync(host.Admin, $"{Limits}/{perUser}/counters?limit=1")).Json;
        Assert.Equal("anna", page.Text("next"));
        Assert.Equal(host.Installation.KeyId, (await Http.GetAsync(host.Admin, $"{Limits}/{perUser}/counters?after=anna")).Json.GetProperty("data")[0].Text("subject"));
    }

    [Theory]
    [InlineData("organisation", "", "rate_limit_exceeded")]
    [InlineData("wallet", "WALLET", "rate_limit_exceeded")]
    [InlineData("model", "echo", "rate_limit_exceeded")]
    [InlineData("provider", "echo", "provider_limit_reached")]
    [InlineData("provider", "*", "provider_limit_reached")]
    public async Task Every_scope_limits(string scope, string subject, string code)
    {
        await using var host = await CoreHost.StartAsync();
        var member = subject.Length == 0 ? "" : $",\"subject\":\"{subject.Replace("WALLET", host.Installation.WalletId, StringComparison.Ordinal)}\"";
        await LimitAsync(host, $"\"scope\":\"{scope}\"{member},\"requests_per_minute\":1");

        var first = await host.Caller.PostAsync(Chat, Hello);
        var second = await host.Caller.PostAsync(Chat, Hello);

        Assert.Equal(HttpStatusCode.OK, first.Status);
        Assert.Equal((HttpStatusCode.TooManyRequests, code), (second.Status, second.Code));
        Assert.Equal(60, second.Message.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        Assert.Equal(scope == "provider", Headers(second, "requests").Length == 0);
    }

    [Fact]
    public async Task A_teams_limit_counts_the_calls_of_all_wallets_below_it()
    {
        await using var host = await CoreHost.StartAsync();
        var team = host.Installation.WalletId;
        await LimitAsync(host, $"\"scope\":\"wallet\",\"subject\":\"{team}\",\"requests_per_minute\":2");
        var below = (await host.Admin.PostAsync("/control/v1/wallets", """{"name":"below","limit_usd":"1"}""")).Json.Text("id");
        var member = host.ClientFor((await host.Admin.PostAsync("/control/v1/keys", $$"""{"name":"k","wallet_id":"{{below}}"}""")).Json.Text("key"));

        // Beside the team its calls do not count; below it they do, from the next one on.
        Assert.Equal("", Headers(await member.PostAsync(Chat, Hello), "requests"));
        var wallets = host.Services.GetRequiredService<WalletDirectory>();
        await wallets.ChangeAsync(
            () => Task.FromResult(wallets.Put(host.Installation.OrganisationId, new StoredWallet(below, "below", 0, ParentId: team), "1")), CancellationToken.None);
        Assert.Equal("2 1 30s", Headers(await member.PostAsync(Chat, Hello), "requests"));
        Assert.Equal("2 0 1m0s", Headers(await host.Caller.PostAsync(Chat, Hello), "requests"));

        var refused = await member.PostAsync(Chat, Hello);
        Assert.Equal((HttpStatusCode.TooManyRequests, "rate_limit_exceeded"), (refused.Status, refused.Code));
        Assert.Equal(team, refused.Json.GetProperty("error").GetProperty("metadata").Text("subject"));
    }

    [Fact]
    public async Task A_change_holds_for_the_next_request_and_what_was_used_stays_used()
    {
        await using var host = await CoreHost.StartAsync();
        var id = await LimitAsync(host, "\"scope\":\"key\",\"requests_per_minute\":1,\"requests_per_day\":1");

        await host.Caller.PostAsync(Chat, Hello);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await host.Caller.PostAsync(Chat, Hello)).Status);
        await host.Admin.SendAsync(HttpMethod.Patch, $"{Limits}/{id}", """{"requests_per_minute":5,"requests_per_day":3}""");
        var counters = (await CountersAsync(host, id))[0];
        Assert.Equal((5, 1, 4), Figures(counters.GetProperty("requests_per_minute")));
        Assert.Equal((3, 1, 2), Figures(counters.GetProperty("requests_per_day")));
        var raised = await host.Caller.PostAsync(Chat, Hello);
        Assert.Equal("3 1 16h0m0s", Headers(raised, "requests"));
        await host.Admin.SendAsync(HttpMethod.Patch, $"{Limits}/{id}", """{"requests_per_minute":1,"requests_per_day":2}""");
        Assert.Equal(HttpStatusCode.TooManyRequests, (await host.Caller.PostAsync(Chat, Hello)).Status);
        await host.Admin.SendAsync(HttpMethod.Delete, $"{Limits}/{id}", null);
        var free = await host.Caller.PostAsync(Chat, Hello);

        Assert.Equal(HttpStatusCode.OK, free.Status);
        Assert.Equal("", Headers(free, "requests"));
    }

    [Fact]
    public async Task A_reset_is_of_one_subject_or_of_all()
    {
        await using var host = await CoreHost.StartAsync();
        var id = await LimitAsync(host, "\"scope\":\"user\",\"requests_per_day\":1");
        var anna = await KeyAsync(host, "anna");
        await anna.PostAsync(Chat, Hello);
        await host.Caller.PostAsync(Chat, Hello);

        Assert.Equal(HttpStatusCode.NoContent, (await host.Admin.PostAsync($"{Limits}/{id}/reset", """{"subject":"anna"}""")).Status);
        Assert.Equal(HttpStatusCode.OK, (await anna.PostAsync(Chat, Hello)).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await host.Caller.PostAsync(Chat, Hello)).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await host.Admin.PostAsync($"{Limits}/{id}/reset", "{}")).Status);
        Assert.Equal(HttpStatusCode.OK, (await host.Caller.PostAsync(Chat, Hello)).Status);
        Assert.Equal(HttpStatusCode.OK, (await anna.PostAsync(Chat, Hello)).Status);
    }

    [Fact]
    public async Task The_days_counter_survives_a_restart()
    {
        await using var host = await CoreHost.StartAsync();
        var id = await LimitAsync(host, "\"scope\":\"key\",\"requests_per_day\":3");
        await host.Caller.PostAsync(Chat, Hello);
        await host.Caller.PostAsync(Chat, Hello);
        await host.StopAsync();

        await using var again = await CoreHost.StartAsync(on: host);

        Assert.Equal((3, 2, 1), Figures((await CountersAsync(again, id))[0].GetProperty("requests_per_day")));
        Assert.Equal(HttpStatusCode.OK, (await again.Caller.PostAsync(Chat, Hello)).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await again.Caller.PostAsync(Chat, Hello)).Status);
    }

    [Fact]
    public async Task A_crash_forgets_at_most_what_was_not_written_and_yesterday_is_forgotten()
    {
        await using var host = await CoreHost.StartAsync();
        var id = await LimitAsync(host, "\"scope\":\"key\",\"requests_per_day\":3");
        await host.Caller.PostAsync(Chat, Hello);
        await host.Caller.PostAsync(Chat, Hello);
        await host.Services.GetRequiredService<DayCounters>().SaveAsync(CancellationToken.None);

        await using var same = await CoreHost.StartAsync(on: host);
        Assert.Equal((3, 2, 1), Figures((await CountersAsync(same, id))[0].GetProperty("requests_per_day")));
        host.Time.Advance(TimeSpan.FromDays(1));
        await using var tomorrow = await CoreHost.StartAsync(on: same);
        Assert.Empty(await CountersAsync(tomorrow, id));
    }

    [Fact]
    public async Task A_thousand_calls_at_once_are_admitted_up_to_the_limit_and_no_further()
    {
        await using var host = await CoreHost.StartAsync();
        var id = await LimitAsync(host, "\"scope\":\"key\",\"requests_per_day\":50,\"requests_per_minute\":60");

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => host.Caller.PostAsync(Chat, Hello)));

        Assert.Equal(50, answers.Count(static a => a.Status == HttpStatusCode.OK));
        Assert.Equal(150, answers.Count(static a => a.Status == HttpStatusCode.TooManyRequests));
        var counters = (await CountersAsync(host, id))[0];
        Assert.Equal((50, 50, 0), Figures(counters.GetProperty("requests_per_day")));
        Assert.Equal((60, 50, 10), Figures(counters.GetProperty("requests_per_minute")));
    }

    [Theory]
    [InlineData(0, "0ms")]
    [InlineData(1, "1ms")]
    [InlineData(19_001, "20ms")]
    [InlineData(1_000_000, "1s")]
    [InlineData(59_000_001, "1m0s")]
    [InlineData(360_000_000, "6m0s")]
    [InlineData(3_661_000_000, "1h1m1s")]
    public void A_duration_is_written_as_openai_does(long us, string text) => Assert.Equal(text, CallerLimits.Duration(us));

    private static async Task<string> LimitAsync(CoreHost host, string members)
    {
        var created = await host.Admin.PostAsync(Limits, $"{{{members}}}");
        Assert.Equal(HttpStatusCode.Created, created.Status);
        return created.Json.Text("id");
    }

    private static async Task<HttpClient> KeyAsync(CoreHost host, string user) => host.ClientFor((await host.Admin.PostAsync(
        "/control/v1/keys", $$"""{"name":"k","wallet_id":"{{host.Installation.WalletId}}","user_id":"{{user}}"}""")).Json.Text("key"));

    private static async Task<JsonElement[]> CountersAsync(CoreHost host, string id) =>
        [.. (await Http.GetAsync(host.Admin, $"{Limits}/{id}/counters")).Json.GetProperty("data").EnumerateArray()];

    private static (long Limit, long Used, long Remaining) Figures(JsonElement counter) =>
        (counter.GetProperty("limit").GetInt64(), counter.GetProperty("used").GetInt64(), counter.GetProperty("remaining").GetInt64());

    /// <summary>The three headers of a kind, or nothing.</summary>
    private static string Headers(Answer answer, string kind)
    {
        return string.Join(' ', Value("limit"), Value("remaining"), Value("reset")).Trim();

        string? Value(string what) => answer.Message.Headers.TryGetValues($"x-ratelimit-{what}-{kind}", out var values) ? values.Single() : null;
    }
}
