using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Traffic.Queueing;

namespace AiOrchestrator.Core.Tests.Traffic.Queueing;

/// <summary>The line itself, under a clock the test moves.</summary>
public sealed class ProviderQueueTests
{
    private readonly SteppedTime _time = new();
    private readonly QueueOptions _options = new() { MaxCalls = 3, MaxBytes = 100 };
    private readonly QueueBound _bound;
    private readonly ProviderQueue _queue;

    public ProviderQueueTests()
    {
        _bound = new QueueBound(_options.MaxBytes);
        _queue = new ProviderQueue(new QueueId("org", "p"), _options, _bound, _time);
    }

    [Fact]
    public void The_first_has_its_turn_when_there_may_be_something_and_the_next_when_that_one_is_served()
    {
        var (first, second) = (Join(waitUs: 4_000_000), Join(waitUs: 4_000_000));
        _time.Advance(3_999);
        Assert.False(first.Turn.IsCompleted);
        _time.Advance(1);

        Assert.True(first.Turn.IsCompleted);
        Assert.False(second.Turn.IsCompleted);
        Assert.True(_queue.TryServe(first));
        Assert.True(second.Turn.IsCompleted);
        Assert.True(_queue.TryServe(second));
        Assert.Equal((0, 0L, 0), (_queue.Count, _bound.Bytes, _bound.Calls));
    }

    [Fact]
    public void Whoever_finds_nothing_keeps_its_place_and_nobody_passes_it()
    {
        var (first, second) = (Join(waitUs: 0), Join(waitUs: 0));
        Assert.True(first.Turn.IsCompleted);
        var again = _queue.PassAsync(first, waitUs: 2_000_000, intervalUs: 0);

        Assert.False(again.IsCompleted);
        _time.Advance(2_000);
        Assert.True(again.IsCompleted);
        Assert.False(second.Turn.IsCompleted);
    }

    [Fact]
    public void What_is_freed_wakes_the_first_at_once_and_is_not_missed_while_it_looks()
    {
        var call = Join(waitUs: 0);
        var again = _queue.PassAsync(call, waitUs: null, intervalUs: 0);
        Assert.False(again.IsCompleted);
        _queue.Wake();
        Assert.True(again.IsCompleted);

        // This time the place is freed between its look and its passing on.
        _queue.Wake();
        Assert.True(_queue.PassAsync(call, waitUs: null, intervalUs: 0).IsCompleted);
        Assert.False(_queue.PassAsync(call, waitUs: null, intervalUs: 0).IsCompleted);
    }

    [Fact]
    public void A_long_wait_is_looked_at_every_ten_seconds_for_others_may_change_what_is_waited_for()
    {
        var call = Join(waitUs: 60_000_000);
        Assert.Equal(60_000_000, call.EstimatedUs);
        _time.Advance(9_999);
        Assert.False(call.Turn.IsCompleted);
        _time.Advance(1);
        Assert.True(call.Turn.IsCompleted);
    }

    [Fact]
    public void A_call_of_higher_priority_looks_before_the_one_that_found_nothing_for_it_may_need_less()
    {
        var large = Join(waitUs: 5_000_000);
        var small = Join(priority: CallPriority.High);

        Assert.True(small.Turn.IsCompleted);
        Assert.False(large.Turn.IsCompleted);
    }

    [Fact]
    public void When_the_one_that_found_nothing_leaves_the_next_looks()
    {
        var (large, small) = (Join(waitUs: 5_000_000), Join());
        Assert.False(small.Turn.IsCompleted);
        Assert.True(_queue.End(large, QueueEnd.ClientGone));
        Assert.True(small.Turn.IsCompleted);
        Assert.Equal(QueueEnd.ClientGone, large.End);
    }

    [Fact]
    public void It_is_bounded_in_number_and_all_lines_together_in_bytes()
    {
        var other = new ProviderQueue(new QueueId("org", "q"), _options, _bound, _time);
        Assert.True(other.TryJoin(QueueOrderTests.Call("w", CallPriority.Normal, bytes: 90), null, 0));
        Assert.False(_queue.TryJoin(Call(bytes: 11), null, 0));
        Assert.True(_queue.TryJoin(Call(bytes: 10), null, 0));
        Assert.True(_queue.TryJoin(Call(bytes: 0), null, 0));
        Assert.True(_queue.TryJoin(Call(bytes: 0), null, 0));
        Assert.False(_queue.TryJoin(Call(bytes: 0), null, 0));
        Assert.Equal((3, 100L, 4), (_queue.Count, _bound.Bytes, _bound.Calls));
    }

    [Fact]
    public void A_call_that_waited_as_long_as_it_would_leaves_and_is_never_served()
    {
        var call = Join(waitUs: 60_000_000, maxWaitMs: 1_500);
        _time.Advance(1_500);

        Assert.Equal((true, QueueEnd.TimedOut, 0), (call.Turn.IsCompleted, call.End, _queue.Count));
        Assert.False(_queue.TryServe(call));
        Assert.Equal(0, _bound.Bytes);
    }

    [Fact]
    public void A_call_that_is_cancelled_while_it_is_its_turn_is_not_served_and_the_next_is()
    {
        var (first, second) = (Join("ex_1", waitUs: 0), Join("ex_2"));
        Assert.False(_queue.Cancel("ex_1", "another key"));
        Assert.True(_queue.Cancel("ex_1", "key"));
        Assert.False(_queue.Cancel("ex_1", null));
        Assert.False(second.Turn.IsCompleted);

        Assert.False(_queue.TryServe(first));
        Assert.True(second.Turn.IsCompleted);
        Assert.True(_queue.TryServe(second));
        Assert.False(_queue.Cancel("ex_2", null));
    }

    [Fact]
    public void A_turn_that_ends_in_a_fault_is_nobodys_any_more()
    {
        var (first, second) = (Join(waitUs: 0), Join());
        _queue.Leave(first);
        Assert.True(second.Turn.IsCompleted);
        Assert.Equal(1, _queue.Count);
    }

    [Fact]
    public void While_the_provider_wants_to_be_left_alone_nobody_has_a_turn_whatever_is_freed()
    {
        _queue.Pause(_time.GetTimestamp() + 3_000_000);
        Assert.Equal(3_000_000, _queue.EstimateUs());
        var call = Join(waitUs: 0);
        _queue.Wake();
        _queue.Pause(_time.GetTimestamp() + 1_000_000);
        _time.Advance(2_999);
        Assert.False(call.Turn.IsCompleted);
        _time.Advance(1);
        Assert.True(call.Turn.IsCompleted);
    }

    [Fact]
    public void Nobody_waits_where_nothing_is_waited_for()
    {
        Assert.Equal(0, _queue.EstimateUs());
        var call = Join(waitUs: 8_000_000, intervalUs: 2_000_000);
        Assert.Equal(10_000_000, _queue.EstimateUs());
        var look = _queue.Look();
        Assert.Equal((1, 8_000_000L, 0L), (look.Calls[0].Position, look.Calls[0].EstimatedUs, look.Calls[0].WaitedUs));
        _time.Advance(3_000);
        look = _queue.Look();
        Assert.Equal((5_000_000L, 3_000_000L), (look.Calls[0].EstimatedUs, look.Calls[0].WaitedUs));

        // What is known to be used up still is when nobody waits for it any more.
        Assert.True(_queue.End(call, QueueEnd.ClientGone));
        Assert.Equal(5_000_000, _queue.EstimateUs());
        _time.Advance(5_000);
        Assert.Equal(0, _queue.EstimateUs());
    }

    [Fact]
    public async Task Many_threads_at_once_lose_nobody_and_serve_nobody_twice()
    {
        var queue = new ProviderQueue(new QueueId("org", "p"), new QueueOptions { MaxCalls = 10_000 }, new QueueBound(1 << 20), TimeProvider.System);
        var (served, inTurn, ended) = (0, 0, 0);
        await Task.WhenAll(Enumerable.Range(0, 800).Select(i => Task.Run(async () =>
        {
            var call = new QueuedCall($"ex_{i}", "key", $"w{i % 7}", "m", (CallPriority)(i % 3), 60_000, 1, TimeProvider.System.GetTimestamp());
            Assert.True(queue.TryJoin(call, 0, 0));
            if (i % 5 == 0 && queue.Cancel(call.Id, null))
            {
                Interlocked.Increment(ref ended);
            }

            await call.Turn;
            var tries = 0;
            while (call.End == QueueEnd.None)
            {
                Assert.Equal(1, Interlocked.Increment(ref inTurn));
                Interlocked.Decrement(ref inTurn);
                if (tries++ < i % 2)
                {
                    await queue.PassAsync(call, waitUs: 0, intervalUs: 0);
                    continue;
                }

                Assert.True(queue.TryServe(call));
                Interlocked.Increment(ref served);
                return;
            }

            _ = queue.TryServe(call);
        }))).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        Assert.Equal((800, 0), (served + ended, queue.Count));
    }

    private QueuedCall Join(
        string id = "ex", long? waitUs = null, long intervalUs = 0, CallPriority priority = CallPriority.Normal, int maxWaitMs = 300_000)
    {
        var call = new QueuedCall(id, "key", "w", "m", priority, maxWaitMs, 10, _time.GetTimestamp());
        Assert.True(_queue.TryJoin(call, waitUs, intervalUs));
        return call;
    }

    private QueuedCall Call(long bytes) => new("ex", "key", "w", "m", CallPriority.Normal, 300_000, bytes, _time.GetTimestamp());
}
