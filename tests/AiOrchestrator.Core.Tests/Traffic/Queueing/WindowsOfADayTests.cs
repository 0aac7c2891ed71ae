using System.Net;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Traffic.Queueing;

/// <summary>Limits of a day before a line, and limits that change under those who wait.</summary>
public sealed class WindowsOfADayTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("\"tokens_per_day\":110", 86)]
    [InlineData("\"cost_usd_per_day\":\"0.001\"", 95)]
    [InlineData("\"requests_per_day\":3", 4)]
    public async Task A_day_that_ends_after_the_call_would_have_left_is_told_at_once_and_blocks_nobody(string limit, int tokens)
    {
        await using var scene = await QueueScene.StartAsync();
        await UsedAsync(scene, limit);

        var answer = await scene.CallAsync(body: Large(tokens)).WaitAsync(Patience, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.TooManyRequests, "provider_limit_reached"), (answer.Status, answer.Code));
        Assert.Equal((3, 0), (scene.Provider.Calls, scene.Queues.Find(scene.Host.Installation.OrganisationId, "p")?.Count ?? 0));
    }

    [Theory]
    [InlineData("\"tokens_per_day\":110", 86)]
    [InlineData("\"cost_usd_per_day\":\"0.001\"", 95)]
    [InlineData("\"requests_per_day\":3", 4)]
    public async Task A_day_that_ends_before_is_waited_for(string limit, int tokens)
    {
        await using var scene = await QueueScene.StartAsync();
        scene.Host.Time.Advance(new TimeSpan(15, 59, 30));
        await UsedAsync(scene, limit);
        var call = scene.CallAsync(body: Large(tokens));
        await scene.WaitingAsync(1);
        scene.Pass(30);
        var answer = await call.WaitAsync(Patience, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, "30000"), (answer.Status, QueueScene.Header(answer, "x-queue-estimated-ms")));
    }

    [Fact]
    public async Task A_day_that_begins_lets_all_go_who_fit_into_it_and_that_is_what_is_expected()
    {
        await using var scene = await QueueScene.StartAsync();
        scene.Host.Time.Advance(new TimeSpan(15, 59, 30));
        await UsedAsync(scene, "\"requests_per_day\":3");
        var first = scene.CallAsync();
        await scene.WaitingAsync(1);
        var second = scene.CallAsync();
        await scene.WaitingAsync(2);
        scene.Pass(30);
        var answers = await Task.WhenAll(first, second).WaitAsync(Patience, TestContext.Current.CancellationToken);

        Assert.All(answers, static a => Assert.Equal((HttpStatusCode.OK, "30000", "30000"), (a.Status, QueueScene.Header(a, "x-queue-wait-ms"), QueueScene.Header(a, "x-queue-estimated-ms"))));
    }

    [Theory]
    [InlineData("\"tokens_per_day\":110")]
    [InlineData("\"cost_usd_per_day\":\"0.001\"")]
    public async Task A_call_larger_than_a_whole_day_never_fits_and_is_told_so_at_once(string limit)
    {
        await using var scene = await QueueScene.StartAsync();
        scene.Host.Time.Advance(new TimeSpan(15, 59, 0));
        await scene.LimitAsync(limit);

        var answer = await scene.CallAsync(body: Large(500)).WaitAsync(Patience, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.TooManyRequests, "provider_limit_reached"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task Once_a_limit_is_deleted_all_who_wait_for_it_go_at_once()
    {
        await using var scene = await QueueScene.StartAsync();
        var limit = await scene.LimitAsync("\"requests_per_minute\":1");
        await scene.CallAsync();
        var waiting = await WaitAsync(scene);

        var deleted = await scene.Host.Admin.SendAsync(HttpMethod.Delete, $"/control/v1/limits/{limit}", null);

        Assert.Equal(HttpStatusCode.NoContent, deleted.Status);
        await AllGoAsync(waiting);
    }

    [Fact]
    public async Task Once_a_limit_no_longer_counts_what_is_waited_for_all_go_at_once()
    {
        await using var scene = await QueueScene.StartAsync();
        var limit = await scene.LimitAsync("\"requests_per_minute\":1,\"requests_per_day\":100");
        await scene.CallAsync();
        var waiting = await WaitAsync(scene);

        var changed = await scene.Host.Admin.SendAsync(HttpMethod.Patch, $"/control/v1/limits/{limit}", """{"requests_per_minute":null}""");

        Assert.True(changed.Status == HttpStatusCode.OK, changed.Text);
        await AllGoAsync(waiting);
    }

    [Fact]
    public async Task Once_it_is_seen_that_another_instance_has_deleted_a_limit_all_who_wait_for_it_go()
    {
        await using var scene = await QueueScene.StartAsync();
        var limit = await scene.LimitAsync("\"requests_per_minute\":1");
        await scene.CallAsync();
        var waiting = await WaitAsync(scene);

        await scene.Host.Documents.DeleteAsync(LimitPartitions.Limits(scene.Host.Installation.OrganisationId), limit, null, TestContext.Current.CancellationToken);
        await scene.Host.Services.GetRequiredService<LimitDirectory>().LoadAsync(TestContext.Current.CancellationToken);

        await AllGoAsync(waiting);
    }

    private static string Large(int tokens) => QueueScene.Ask.Replace("\"max_tokens\":4", $"\"max_tokens\":{tokens}", StringComparison.Ordinal);

    private static async Task UsedAsync(QueueScene scene, string limit)
    {
        await scene.LimitAsync(limit);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await scene.CallAsync(wait: null)).Status);
        }
    }

    /// <summary>Three that wait: more than the limit would ever let go at once.</summary>
    private static async Task<Task<Answer>[]> WaitAsync(QueueScene scene)
    {
        Task<Answer>[] waiting = [scene.CallAsync(), scene.CallAsync(), scene.CallAsync()];
        await scene.WaitingAsync(3);
        return waiting;
    }

    private static async Task AllGoAsync(Task<Answer>[] waiting) =>
        Assert.All(await Task.WhenAll(waiting).WaitAsync(Patience, TestContext.Current.CancellationToken), static a => Assert.Equal(HttpStatusCode.OK, a.Status));
}
