using System.Net;
using AiOrchestrator.Core.Platform.Alerts;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiOrchestrator.Core.Tests.Platform;

public sealed class AlertsTests
{
    private const int DayMs = 24 * 60 * 60 * 1000;

    private readonly SteppedTime _time = new();
    private readonly MemoryDocumentStore _documents = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Raising_twice_is_once_whatever_time_it_is_by_then()
    {
        var book = Book();
        Assert.True(await book.RaiseAsync(Alert("one", Now), Cancel));
        _time.Advance(DayMs);
        Assert.False(await Book().RaiseAsync(Alert("one", Now), Cancel));
        Assert.Equal(["one"], await IdsAsync(book));
    }

    [Fact]
    public async Task Whoever_was_cut_off_in_the_middle_raises_the_alert_the_next_time()
    {
        var writes = 0;
        _documents.BeforeWrite = () => _ = ++writes == 3 ? throw new IOException("down") : 0;
        await Assert.ThrowsAsync<IOException>(async () => await Book().RaiseAsync(Alert("one", Now), Cancel));
        _documents.BeforeWrite = null;
        Assert.Empty(await IdsAsync(Book()));

        _time.Advance(DayMs);
        Assert.True(await Book().RaiseAsync(Alert("one", Now), Cancel));
        Assert.False(await Book().RaiseAsync(Alert("one", Now), Cancel));
        Assert.Equal(["one"], await IdsAsync(Book()));
    }

    [Fact]
    public async Task One_that_is_counted_is_one_alert_with_a_count()
    {
        for (var i = 0; i < 3; i++)
        {
            await Book().CountAsync(Alert("storm", Now), Cancel);
        }

        Assert.Equal(3, Assert.Single((await Book().ListAsync("org_1", null, null, 10, Cancel)).Alerts).Count);
    }

    [Fact]
    public async Task After_ninety_days_alerts_are_forgotten_and_their_ids_free()
    {
        _ = await Book().RaiseAsync(Alert("old", Now), Cancel);
        Days(89);
        _ = await Book().RaiseAsync(Alert("new", Now), Cancel);
        await Book().PruneAsync(Cancel);
        Assert.Equal(["new", "old"], await IdsAsync(Book()));

        Days(1);
        _time.Advance(1);
        await Book().PruneAsync(Cancel);
        Assert.Equal(["new"], await IdsAsync(Book()));
        Assert.True(await Book().RaiseAsync(Alert("old", Now), Cancel));
    }

    [Theory]
    [InlineData("")]
    [InlineData("with space")]
    [InlineData("a/b")]
    public async Task An_id_that_is_none_is_refused(string id) =>
        await Assert.ThrowsAsync<ArgumentException>(async () => await Book().RaiseAsync(Alert(id, Now), Cancel));

    [Fact]
    public async Task A_kind_that_is_not_listed_is_refused() =>
        await Assert.ThrowsAsync<ArgumentException>(async () => await Book().RaiseAsync(Alert("one", Now, "other"), Cancel));

    [Fact]
    public async Task Alerts_are_listed_newest_first_by_pages_and_kinds_and_only_to_their_organisation()
    {
        await using var host = await CoreHost.StartAsync();
        var book = host.Services.GetRequiredService<AlertBook>();
        for (var i = 0; i < 5; i++)
        {
            _ = await book.RaiseAsync(Alert($"a{i}", 1000 + i, i % 2 == 0 ? AlertKinds.UsageAnomaly : AlertKinds.UsageDisputed) with { OrganisationId = host.Installation.OrganisationId }, Cancel);
        }

        _ = await book.RaiseAsync(Alert("foreign", 5000), Cancel);
        var page = await Http.GetAsync(host.Admin, "/control/v1/alerts?limit=3");
        Assert.Equal(["a4", "a3", "a2"], Ids(page));
        var next = await Http.GetAsync(host.Admin, $"/control/v1/alerts?limit=3&after={page.Json.Text("next")}");
        Assert.Equal(["a1", "a0"], Ids(next));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, next.Json.GetProperty("next").ValueKind);
        Assert.Equal(["a3", "a1"], Ids(await Http.GetAsync(host.Admin, "/control/v1/alerts?kind=usage_disputed")));
        var unknown = await Http.GetAsync(host.Admin, "/control/v1/alerts?kind=usage_dispute");
        Assert.Equal((HttpStatusCode.BadRequest, "kind"), (unknown.Status, unknown.Param));
        Assert.Contains("usage_disputed", unknown.ErrorText, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await Http.GetAsync(host.Admin, "/control/v1/alerts?limit=0")).Status);
    }

    [Fact]
    public async Task Whoever_acknowledges_first_stays()
    {
        await using var host = await CoreHost.StartAsync();
        var book = host.Services.GetRequiredService<AlertBook>();
        _ = await book.RaiseAsync(Alert("one", 1000) with { OrganisationId = host.Installation.OrganisationId }, Cancel);
        _ = await book.RaiseAsync(Alert("foreign", 1000), Cancel);

        var first = await host.Admin.PostAsync("/control/v1/alerts/one/acknowledge", """{"note":"seen"}""");
        Assert.Equal(("admin", "seen"), (first.Json.Text("acknowledged_by"), first.Json.Text("note")));
        var second = await host.Admin.PostAsync("/control/v1/alerts/one/acknowledge", """{"note":"me too"}""");
        Assert.Equal(first.Text, second.Text);
        Assert.Equal("alert_not_found", (await host.Admin.PostAsync("/control/v1/alerts/foreign/acknowledge", "{}")).Code);
    }

    private void Days(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _time.Advance(DayMs);
        }
    }

    private static Alert Alert(string id, long createdUnixMs, string kind = AlertKinds.UsageAnomaly) => new(
        id, "org_1", kind, AlertSeverity.Warning, "Something happened", "Look at it.", new Dictionary<string, string> { ["figure"] = "1" }, createdUnixMs);

    private static IEnumerable<string> Ids(Answer page) => page.Json.GetProperty("data").EnumerateArray().Select(static a => a.Text("id"));

    private static async Task<IEnumerable<string>> IdsAsync(AlertBook book) =>
        (await book.ListAsync("org_1", null, null, 10, Cancel)).Alerts.Select(static a => a.Id);

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private AlertBook Book() => new(_documents, _time, NullLogger<AlertBook>.Instance);
}
