using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform.Alerts;
using AiOrchestrator.Core.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiOrchestrator.Core.Tests.Insight.Quotas;

/// <summary>The clock stands at 2027-01-15 08:00 UTC.</summary>
public sealed class WarnOfLastResortTests
{
    private const long Now = 1_800_000_000_000;
    private const long Midnight = Now + (16L * 3_600_000);
    private const long DayMs = 86_400_000;

    private readonly SteppedTime _time = new();
    private readonly MemoryDocumentStore _documents = new();
    private int _writes;

    public WarnOfLastResortTests() => _documents.BeforeWrite = () => _writes++;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Calls_are_told_once_for_each_organisation_model_and_day_and_others_not_at_all()
    {
        StreamEntry[] calls =
        [
            Call(Midnight - 1), Call(Midnight), Call(Midnight + 1), Call(Now, model: "other"), Call(Now, organisation: "org_2"),
            Call(Now, model: "priced", priceId: null), Call(Now, model: "own", priceId: "price_1"),
        ];

        await Reviews.LastResort(_documents, _time).ExecuteAsync(calls, Cancel);

        var alerts = await AlertsAsync("org_1");
        Assert.Equal(
            ["echo 2027-01-15", "echo 2027-01-16", "other 2027-01-15"],
            alerts.Select(static a => $"{a.Data["model"]} {a.Id[^10..]}").Order(StringComparer.Ordinal));
        Assert.Equal("Calls to 'echo' are charged at the price of last resort", alerts.First(static a => a.Data["model"] == "echo").Subject);
        Assert.Single(await AlertsAsync("org_2"));
    }

    [Fact]
    public async Task Being_told_again_asks_no_store_and_another_instance_raises_none_twice()
    {
        var warn = Reviews.LastResort(_documents, _time);
        await warn.ExecuteAsync([Call(Now)], Cancel);
        var before = _writes;
        await warn.ExecuteAsync([Call(Now), Call(Now + 1)], Cancel);
        Assert.Equal(before, _writes);

        await Reviews.LastResort(_documents, _time).ExecuteAsync([Call(Now)], Cancel);
        Assert.Single(await AlertsAsync("org_1"));
    }

    [Fact]
    public async Task A_store_that_was_down_is_asked_again()
    {
        var warn = Reviews.LastResort(_documents, _time);
        _documents.BeforeWrite = static () => throw new IOException("down");
        await Assert.ThrowsAsync<IOException>(async () => await warn.ExecuteAsync([Call(Now)], Cancel));

        _documents.BeforeWrite = null;
        await warn.ExecuteAsync([Call(Now)], Cancel);
        Assert.Single(await AlertsAsync("org_1"));
    }

    [Fact]
    public async Task A_stream_that_is_read_anew_after_months_raises_none_whose_alert_may_be_forgotten()
    {
        await Reviews.LastResort(_documents, _time).ExecuteAsync([Call(Now - (61 * DayMs))], Cancel);
        Assert.Empty(await AlertsAsync("org_1"));
    }

    [Fact]
    public async Task What_triggers_deliver_raises_them_too()
    {
        var scene = new IngestScene();
        var end = IngestScene.EndOf(1, 100);
        (end.Event.PriceId, end.Event.Provider, end.Event.Model, end.Event.OrganisationId) = ("last_resort", "lab", "secret-9", "org_1");
        end.Event.CreatedUnixMs = Now;

        await scene.IngestAsync(IngestScene.Event(1, UsageEnvelope.Write(end)));

        var alerts = (await new AlertBook(scene.Documents, scene.Time, NullLogger<AlertBook>.Instance).ListAsync("org_1", null, null, 10, Cancel)).Alerts;
        Assert.Equal("secret-9", Assert.Single(alerts).Data["model"]);
    }

    private static StreamEntry Call(long unixMs, string model = "echo", string organisation = "org_1", string? priceId = "last_resort")
    {
        var usage = TestUsage.Event(1, organisation, "key_1", unixMs);
        (usage.Model, usage.PriceId) = (model, priceId);
        return new StreamEntry(0, usage, Line: null);
    }

    private async Task<IReadOnlyList<Alert>> AlertsAsync(string organisation) =>
        (await new AlertBook(_documents, _time, NullLogger<AlertBook>.Instance).ListAsync(organisation, null, null, 10, Cancel)).Alerts;
}
