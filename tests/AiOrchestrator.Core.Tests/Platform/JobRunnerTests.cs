using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Jobs;
using AiOrchestrator.Core.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiOrchestrator.Core.Tests.Platform;

public sealed class JobRunnerTests
{
    /// <summary>The clock of a test begins with this period of ten minutes, to the millisecond.</summary>
    private const long First = 1_800_000_000_000 / 600_000;

    private readonly SteppedTime _time = new();
    private readonly MemoryDocumentStore _documents = new();
    private readonly List<long> _ran = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_runs_once_in_a_period_whoever_asks_and_however_often()
    {
        var (one, other) = (Runner(Note()), Runner(Note()));
        for (var i = 0; i < 3; i++)
        {
            await one.RunDueAsync(Cancel);
            await other.RunDueAsync(Cancel);
        }

        Assert.Equal([First], _ran);
        _time.Advance(600_000);
        await Task.WhenAll(one.RunDueAsync(Cancel), other.RunDueAsync(Cancel));
        Assert.Equal([First, First + 1], _ran);
    }

    [Fact]
    public async Task What_is_due_waits_for_its_delay()
    {
        var runner = Runner(Note() with { Delay = TimeSpan.FromMinutes(3) });
        await runner.RunDueAsync(Cancel);
        _time.Advance(179_999);
        await runner.RunDueAsync(Cancel);
        Assert.Equal([First - 1], _ran);
        _time.Advance(1);
        await runner.RunDueAsync(Cancel);
        Assert.Equal([First - 1, First], _ran);
    }

    [Fact]
    public async Task What_fails_is_tried_again_and_readiness_tells_when_that_goes_on()
    {
        var fails = true;
        var runner = Runner(new Job("flaky", TimeSpan.FromMinutes(10), (_, _) => fails ? throw new IOException("no") : Task.CompletedTask), Note());
        await runner.RunDueAsync(Cancel);
        await runner.RunDueAsync(Cancel);
        Assert.Equal(Readiness.Ready, runner.Check().Readiness);
        _time.Advance(600_000);
        await runner.RunDueAsync(Cancel);
        Assert.Equal(Readiness.Degraded, runner.Check().Readiness);
        Assert.Contains("flaky", runner.Check().Detail, StringComparison.Ordinal);
        Assert.Equal(2, _ran.Count);

        fails = false;
        await runner.RunDueAsync(Cancel);
        Assert.Equal(Readiness.Ready, runner.Check().Readiness);
        await runner.RunDueAsync(Cancel);
        Assert.Equal(2, _ran.Count);
    }

    [Fact]
    public async Task Whoever_died_in_the_middle_is_replaced_after_its_patience_and_not_before()
    {
        using var dies = new CancellationTokenSource();
        var dying = Runner(new Job("note", TimeSpan.FromDays(1), (_, cancellation) => Task.FromCanceled(Cancelled(dies, cancellation))));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dying.RunDueAsync(dies.Token));

        var next = Runner(Note() with { Every = TimeSpan.FromDays(1) });
        await next.RunDueAsync(Cancel);
        _time.Advance(599_999);
        await next.RunDueAsync(Cancel);
        Assert.Empty(_ran);
        _time.Advance(1);
        await next.RunDueAsync(Cancel);
        Assert.Single(_ran);
    }

    [Fact]
    public async Task One_that_hangs_is_cut_off_after_its_patience_and_begun_anew()
    {
        var begun = 0;
        var runner = Runner(new Job("hangs", TimeSpan.FromDays(1), (_, _) => begun++ == 0 ? new TaskCompletionSource().Task : Task.CompletedTask), Note());
        var first = runner.RunDueAsync(Cancel);
        Assert.False(first.IsCompleted);
        Assert.Single(_ran);
        _time.Advance(600_000);
        await first.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        await runner.RunDueAsync(Cancel);
        Assert.Equal(2, begun);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_stops_nothing()
    {
        _documents.BeforeWrite = () => throw new IOException("down");
        var runner = Runner(Note());
        await runner.RunDueAsync(Cancel);
        Assert.Empty(_ran);
        _documents.BeforeWrite = null;
        await runner.RunDueAsync(Cancel);
        Assert.Single(_ran);
    }

    [Fact]
    public void Two_jobs_of_one_name_are_refused() => Assert.Throws<ArgumentException>(() => Runner(Note(), Note()));

    private static CancellationToken Cancelled(CancellationTokenSource dies, CancellationToken cancellation)
    {
        dies.Cancel();
        return cancellation;
    }

    private Job Note() => new("note", TimeSpan.FromMinutes(10), (period, _) =>
    {
        _ran.Add(period.Number);
        return Task.CompletedTask;
    });

    private JobRunner Runner(params Job[] jobs) => new(jobs, _documents, _time, NullLogger<JobRunner>.Instance);
}
