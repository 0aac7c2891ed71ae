using System.Net;
using AiOrchestrator.Core.Insight.Rerating;
using AiOrchestrator.Core.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Gateway.Videos;

/// <summary>The money of jobs that failed: given back once, whoever looks, whoever dies, and where nobody looks.</summary>
public sealed class FailedVideosTests : IAsyncLifetime
{
    private VideosScene _scene = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _scene = await VideosScene.StartAsync();

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    [Fact]
    public async Task Many_who_look_at_once_have_it_given_back_once()
    {
        var id = await _scene.FilmAsync();
        await _scene.DeliverAsync(1);
        Assert.Equal("0.40", await _scene.SpentAsync());
        _scene.Status = "failed";
        await Task.WhenAll([.. Enumerable.Range(0, 8).Select(_ => (Task)_scene.LookAsync(id)), _scene.MinuteAsync()]);
        await _scene.MinuteAsync(3);

        Assert.Equal([400_000_000], _scene.Refunds());
        Assert.Equal("0.00", await _scene.SpentAsync());
        var usage = (await Http.GetAsync(_scene.Host.Caller, $"/v1/usage/{_scene.Last.Id}/cost")).Json;
        Assert.Equal(("0.40", "0.40", "0.00"), (usage.Text("charged_usd"), usage.Text("refunded_usd"), usage.Text("total_usd")));
        var row = (await Http.GetAsync(_scene.Host.Admin, "/control/v1/chargeback")).Json.GetProperty("data")[0];
        Assert.Equal(("0.40", "-0.40", "0.00"), (row.Text("cost_usd"), row.Text("adjustments_usd"), row.Text("total_usd")));
    }

    [Fact]
    public async Task One_nobody_asks_about_is_looked_at_for_a_day_and_given_back_when_it_fails()
    {
        await _scene.FilmAsync();
        await _scene.DeliverAsync(1);
        await _scene.MinuteAsync(59);
        Assert.Equal(59, _scene.Count("GET"));
        await _scene.MinuteAsync(120);
        Assert.Equal(67, _scene.Count("GET"));
        _scene.Status = "failed";
        await _scene.MinuteAsync(15);
        Assert.Equal([400_000_000], _scene.Refunds());
        Assert.Equal(68, _scene.Count("GET"));
    }

    [Fact]
    public async Task What_is_not_known_after_a_day_stays_charged_until_its_owner_asks()
    {
        var id = await _scene.FilmAsync();
        await _scene.DeliverAsync(1);
        _scene.Host.Time.Advance(TimeSpan.FromHours(25));
        _scene.Status = "failed";
        await _scene.MinuteAsync(30);
        Assert.Equal((0, "0.40"), (_scene.Count("GET"), await _scene.SpentAsync()));
        Assert.Equal("failed", (await _scene.LookAsync(id)).Json.Text("status"));
        Assert.Equal("0.00", await _scene.SpentAsync());
    }

    [Fact]
    public async Task What_was_charged_is_waited_for()
    {
        var id = await _scene.FilmAsync();
        _scene.Status = "failed";
        Assert.Equal("failed", (await _scene.LookAsync(id)).Json.Text("status"));
        await _scene.MinuteAsync();
        Assert.Empty(_scene.Refunds());
        await _scene.DeliverAsync(1);
        await _scene.MinuteAsync();
        Assert.Equal([400_000_000], _scene.Refunds());
        Assert.Equal(1, _scene.Count("GET"));
    }

    [Fact]
    public async Task Whoever_dies_at_any_write_loses_nothing_and_gives_nothing_twice()
    {
        for (var writes = 0; writes < 8; writes++)
        {
            var before = _scene.Refunds().Count;
            _scene.Status = "queued";
            var id = await _scene.FilmAsync();
            await _scene.DeliverAsync(writes + 1);
            _scene.Status = "failed";
            var left = writes;
            _scene.Host.Documents.BeforeWrite = () =>
            {
                if (Interlocked.Decrement(ref left) < 0)
                {
                    throw new IOException("the store does not answer");
                }
            };
            _ = await _scene.LookAsync(id);
            _scene.Host.Documents.BeforeWrite = null;
            await _scene.MinuteAsync(2);
            Assert.Equal((writes, before + 1), (writes, _scene.Refunds().Count));
        }

        Assert.Equal("0.00", await _scene.SpentAsync());
    }

    [Fact]
    public async Task A_restart_goes_on_where_the_other_died()
    {
        var id = await _scene.FilmAsync();
        await _scene.DeliverAsync(1);
        await _scene.SpentAsync();
        _scene.Status = "failed";
        _scene.Host.Documents.BeforeWrite = static () => throw new IOException("the store does not answer");
        _ = await _scene.LookAsync(id);
        _scene.Host.Documents.BeforeWrite = null;
        await _scene.RestartAsync();
        Assert.Empty(_scene.Refunds());
        await _scene.MinuteAsync();
        Assert.Equal([400_000_000], _scene.Refunds());
        Assert.Equal(id, (await Http.GetAsync(_scene.Host.Caller, "/v1/videos")).Json.GetProperty("data")[0].Text("id"));
    }

    [Fact]
    public async Task Deleting_one_that_failed_gives_it_back_before()
    {
        var id = await _scene.FilmAsync();
        await _scene.DeliverAsync(1);
        _scene.Status = "failed";
        Assert.Equal(HttpStatusCode.OK, (await _scene.Host.Caller.SendAsync(HttpMethod.Delete, $"/v1/videos/{id}", null)).Status);
        Assert.Equal([400_000_000], _scene.Refunds());
    }

    [Fact]
    public async Task What_was_given_back_is_not_priced_again()
    {
        var id = await _scene.FilmAsync();
        await _scene.FilmAsync();
        await _scene.DeliverAsync(2);
        _scene.Status = "failed";
        await _scene.LookAsync(id);
        _scene.Host.Time.Advance(TimeSpan.FromDays(2));
        var asked = await _scene.Host.Admin.PostAsync(
            "/control/v1/reratings",
            """{"model":"other","from":"2027-01-14T00:00:00Z","to":"2027-01-16T00:00:00Z","note":"the price was wrong","prices":{"usd_per_million":{"input":"1","output":"1"},"usd_each":{"video_second/720x1280":"0.20"}}}""");
        Assert.True(asked.Status == HttpStatusCode.Created, asked.Text);
        Assert.True(await _scene.Host.Services.GetRequiredService<RerateWork>().RunDueAsync(static () => true, Cancel));
        var done = (await Http.GetAsync(_scene.Host.Admin, $"/control/v1/reratings/{asked.Json.Text("id")}")).Json;
        Assert.Equal(1, done.GetProperty("skipped").GetProperty("refunded").GetInt64());
        Assert.Equal("0.80", await _scene.SpentAsync());
    }
}
