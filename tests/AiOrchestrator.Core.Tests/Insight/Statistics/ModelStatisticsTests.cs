using System.Net;
using AiOrchestrator.Core.Insight.Statistics;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Insight.Statistics;

public sealed class ModelStatisticsTests
{
    private const long HourMs = 3_600_000;

    [Fact]
    public async Task Figures_are_those_of_counting_the_calls_one_by_one()
    {
        await using var host = await CoreHost.StartAsync();
        var random = new Random(7);
        var now = host.Time.UnixMs;
        var calls = Enumerable.Range(1, 3000).Select(i => Call(host, random, i, now - random.NextInt64(40L * 24 * HourMs))).Concat(
            Enumerable.Range(5000, 500).Select(i => Call(host, random, i, now - random.NextInt64(3 * HourMs)))).ToList();
        foreach (var call in calls)
        {
            host.Usage.Add(call);
        }

        foreach (var (window, hours) in new[] { ("1h", 1), ("24h", 24), ("30d", 720) })
        {
            var answer = await Http.GetAsync(host.Admin, $"/v1/models/statistics?window={window}");
            Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
            var from = (now / HourMs * HourMs) - (hours * HourMs);
            Assert.Equal(Rfc3339.Format(from), answer.Json.Text("from"));
            var wanted = calls.Where(c => c.CreatedUnixMs >= from && c.Status != UsageStatus.Refused).GroupBy(static c => (c.Provider, c.Model))
                .OrderBy(static g => g.Key.Provider, StringComparer.Ordinal).ThenBy(static g => g.Key.Model, StringComparer.Ordinal).ToList();
            var found = answer.Json.GetProperty("data").EnumerateArray().ToList();
            Assert.Equal(wanted.Select(static g => g.Key), found.Select(static m => ((string?)m.Text("provider"), (string?)m.Text("model"))));
            Assert.True(wanted.Count > 0);
            foreach (var (group, view) in wanted.Zip(found))
            {
                Check([.. group], view);
            }
        }
    }

    [Fact]
    public async Task Only_who_sees_all_of_the_organisation_is_answered_and_only_what_is_asked_for()
    {
        await using var host = await CoreHost.StartAsync();
        var random = new Random(1);
        for (var i = 0; i < 100; i++)
        {
            host.Usage.Add(Call(host, random, i + 1, host.Time.UnixMs - 1));
        }

        Assert.Equal(HttpStatusCode.Forbidden, (await Http.GetAsync(host.Caller, "/v1/models/statistics")).Status);
        Assert.Equal("window", (await Http.GetAsync(host.Admin, "/v1/models/statistics?window=2h")).Param);
        var one = (await Http.GetAsync(host.Admin, "/v1/models/statistics?provider=p1&model=m1")).Json;
        var only = Assert.Single(one.GetProperty("data").EnumerateArray());
        Assert.Equal(("24h", "p1", "m1"), (one.Text("window"), only.Text("provider"), only.Text("model")));
    }

    [Fact]
    public async Task A_call_that_was_answered_and_one_that_failed_are_in_it()
    {
        await using var upstream = await Providers.FakeProvider.StartAsync();
        await using var host = await CoreHost.StartAsync();
        _ = await host.Admin.PostAsync("/control/v1/providers", $$"""{"id":"p","base_url":"{{upstream.Address}}/v1","models":[{"id":"m","upstream_id":"up","price_as":"openai/gpt-4o"}]}""");
        const string Ask = """{"model":"m","messages":[{"role":"user","content":"Hi"}]}""";
        host.Usage.Add(await host.Stream.OfAsync((await host.Caller.PostAsync("/v1/chat/completions", Ask)).Message));
        upstream.Answer = Providers.FakeProvider.Only(500);
        host.Usage.Add(await host.Stream.OfAsync((await host.Caller.PostAsync("/v1/chat/completions", Ask)).Message));

        var model = (await Http.GetAsync(host.Admin, "/v1/models/statistics?window=1h")).Json.GetProperty("data")[0];

        Assert.Equal((2, 0.5), (model.GetProperty("requests").GetInt64(), model.GetProperty("success_rate").GetDouble()));
        Assert.Equal("upstream_failed", model.GetProperty("errors")[0].Text("code"));
    }

    [Fact]
    public void A_percentile_is_within_five_percent_of_the_exact_one_whatever_is_counted()
    {
        for (var seed = 1; seed <= 200; seed++)
        {
            var random = new Random(seed);
            var scale = Math.Pow(10, 2 + (random.NextDouble() * 7));
            var durations = Enumerable.Range(0, random.Next(1, 400)).Select(_ => (long)Math.Min(3 * HourMs * 1000, 100 + (scale * random.NextDouble()))).ToList();
            var counts = durations.GroupBy(LatencyBuckets.Of).ToDictionary(static g => g.Key, static g => (long)g.Count());
            foreach (var part in new[] { 0.5, 0.9, 0.99, 1 })
            {
                var exact = Exact(durations, part);
                var estimate = LatencyBuckets.Percentile(counts, part)!.Value;
                Assert.True(Math.Abs(estimate - exact) <= 0.05 * exact, $"seed {seed}, {part}: {exact} us became {estimate}");
            }
        }

        Assert.Null(LatencyBuckets.Percentile(new Dictionary<int, long>(), 0.5));
        Assert.InRange(LatencyBuckets.Count, 150, 200);
    }

    private static void Check(List<UsageEvent> calls, System.Text.Json.JsonElement view)
    {
        var ok = calls.Where(static c => c.Status == UsageStatus.Ok).ToList();
        var failed = calls.Where(static c => c.Status is UsageStatus.Error or UsageStatus.Timeout or UsageStatus.Cut).ToList();
        Assert.Equal(
            (calls.Count, ok.Count, failed.Count, calls.Count(static c => c.Status == UsageStatus.Cancelled)),
            (view.GetProperty("requests").GetInt32(), view.GetProperty("succeeded").GetInt32(), view.GetProperty("failed").GetInt32(), view.GetProperty("cancelled").GetInt32()));
        Assert.Equal(Rfc3339.Format(calls.Max(static c => c.CreatedUnixMs) / 60_000 * 60_000), view.Text("last_used_at"));
        Assert.Equal(
            failed.GroupBy(static c => c.ErrorCode ?? "error_in_answer").OrderByDescending(static g => g.Count()).ThenBy(static g => g.Key, StringComparer.Ordinal).Select(static g => $"{g.Key} {g.Count()}"),
            view.GetProperty("errors").EnumerateArray().Select(static e => $"{e.Text("code")} {e.GetProperty("count").GetInt64()}"));
        if (ok.Count > 0)
        {
            Near(ok.ConvertAll(static c => c.DurationUs), view.GetProperty("latency_ms"));
            Near(ok.ConvertAll(static c => c.FirstByteUs), view.GetProperty("first_byte_ms"));
        }
    }

    private static void Near(List<long> us, System.Text.Json.JsonElement percentiles)
    {
        foreach (var (name, part) in new[] { ("p50", 0.5), ("p90", 0.9), ("p99", 0.99) })
        {
            var exact = Exact(us, part) / 1000.0;
            Assert.InRange(percentiles.GetProperty(name).GetDouble(), (0.95 * exact) - 0.01, (1.05 * exact) + 0.01);
        }
    }

    private static long Exact(List<long> us, double part) => us.Order().ElementAt((int)Math.Ceiling(part * us.Count) - 1);

    private static UsageEvent Call(CoreHost host, Random random, long number, long createdUnixMs)
    {
        var call = TestUsage.Event(number, host.Installation.OrganisationId, "key", createdUnixMs);
        (call.Provider, call.Model) = ($"p{random.Next(3)}", $"m{random.Next(3)}");
        call.Status = (UsageStatus)random.Next(6);
        call.ErrorCode = call.Status switch
        {
            UsageStatus.Ok => null,
            UsageStatus.Error => random.Next(3) switch { 0 => "upstream_failed", 1 => "upstream_unreachable", _ => null },
            UsageStatus.Timeout => "upstream_timeout",
            UsageStatus.Cut => "upstream_stream_cut",
            _ => "client_gone",
        };
        call.FirstByteUs = 1000 + random.NextInt64(500_000);
        call.DurationUs = call.FirstByteUs + random.NextInt64(60_000_000);
        return call;
    }
}
