using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Wallets;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiOrchestrator.Core.Tests.Wallets;

public sealed class LeaseBookTests : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);
    private readonly SteppedTime _time = new();
    private readonly MemoryWalletAuthority _authority;
    private readonly WalletDirectory _wallets = new(new MemoryDocumentStore());
    private readonly LeaseBook _book;
    private readonly WalletPath _path;

    public LeaseBookTests()
    {
        _authority = new MemoryWalletAuthority(_time);
        _book = new LeaseBook(_authority, _wallets, new IdSource(_time), _time, NullLogger<LeaseBook>.Instance);
        _path = _book.PathOf("w");
    }

    public ValueTask DisposeAsync() => _book.DisposeAsync();

    [Fact]
    public async Task A_hold_is_taken_and_its_settlement_returns_the_rest()
    {
        await OpenAsync(1_000);
        var result = await HoldAsync(600);
        Assert.Equal(HoldOutcome.Held, result.Outcome);
        var hold = result.Hold;
        LeaseBook.Settle(ref hold, 150);
        Assert.Equal(HoldOutcome.Held, (await HoldAsync(850)).Outcome);
        Assert.Equal((150, 850), await SpentAndHeldAsync());
    }

    [Fact]
    public async Task A_hold_is_settled_once_however_often_it_is_asked()
    {
        await OpenAsync(1_000);
        var hold = (await HoldAsync(600)).Hold;
        LeaseBook.Settle(ref hold, 150);
        LeaseBook.Settle(ref hold, 150);
        Assert.Equal((150, 0), await SpentAndHeldAsync());
    }

    [Fact]
    public async Task More_than_is_unspent_is_refused_as_exhausted_with_what_is_left()
    {
        await OpenAsync(1_000);
        var hold = (await HoldAsync(400)).Hold;
        LeaseBook.Settle(ref hold, 400);
        var refused = await HoldAsync(601);
        Assert.Equal((HoldOutcome.Exhausted, 600L, "w"), (refused.Outcome, refused.UnspentNanoUsd, refused.ShortWalletId));
        Assert.Equal(HoldOutcome.Held, (await HoldAsync(600)).Outcome);
    }

    [Fact]
    public async Task What_other_calls_hold_is_waited_for_and_comes_with_their_settlement()
    {
        await OpenAsync(1_000);
        var first = (await HoldAsync(1_000)).Hold;
        var waiting = _book.HoldAsync(_path, 500, CancellationToken.None).AsTask();
        await TimersAsync(1);
        Assert.False(waiting.IsCompleted);
        LeaseBook.Settle(ref first, 100);
        Assert.Equal(HoldOutcome.Held, (await waiting.WaitAsync(Bound)).Outcome);
    }

    [Fact]
    public async Task Nobody_waits_longer_than_two_seconds_and_whoever_waited_holds_nothing()
    {
        await OpenAsync(1_000);
        var first = (await HoldAsync(1_000)).Hold;
        var waiting = _book.HoldAsync(_path, 500, CancellationToken.None).AsTask();
        await TimersAsync(1);
        _time.Advance(1_999);
        Assert.False(waiting.IsCompleted);
        await TimersAsync(1);
        _time.Advance(2);
        Assert.Equal(HoldOutcome.Contended, (await waiting.WaitAsync(Bound)).Outcome);
        LeaseBook.Settle(ref first, 0);
        Assert.Equal((0, 0), await SpentAndHeldAsync());
    }

    [Fact]
    public async Task A_small_call_does_not_pass_a_large_one_that_waits_on_the_same_wallet()
    {
        await OpenAsync(1_000);
        var first = (await HoldAsync(900)).Hold;
        var large = _book.HoldAsync(_path, 1_000, CancellationToken.None).AsTask();
        await TimersAsync(1);
        var small = _book.HoldAsync(_path, 50, CancellationToken.None).AsTask();
        await TimersAsync(1);
        Assert.False(small.IsCompleted);
        LeaseBook.Settle(ref first, 0);
        var held = (await large.WaitAsync(Bound)).Hold;
        Assert.False(small.IsCompleted);
        LeaseBook.Settle(ref held, 0);
        Assert.Equal(HoldOutcome.Held, (await small.WaitAsync(Bound)).Outcome);
    }

    [Fact]
    public async Task A_call_waiting_on_one_wallet_does_not_hold_up_another_wallet()
    {
        await OpenAsync(1_000);
        await _authority.OpenAsync("other", 1_000, default);
        _ = await HoldAsync(1_000);
        var waiting = _book.HoldAsync(_path, 500, CancellationToken.None).AsTask();
        await TimersAsync(1);
        Assert.Equal(HoldOutcome.Held, (await _book.HoldAsync(_book.PathOf("other"), 700, default).AsTask().WaitAsync(Bound)).Outcome);
        Assert.False(waiting.IsCompleted);
    }

    [Fact]
    public async Task A_caller_that_leaves_the_queue_leaves_nothing_held()
    {
        await OpenAsync(1_000);
        var first = (await HoldAsync(1_000)).Hold;
        using var gone = new CancellationTokenSource();
        var waiting = _book.HoldAsync(_path, 500, gone.Token).AsTask();
        await TimersAsync(1);
        await gone.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => waiting.WaitAsync(Bound));
        LeaseBook.Settle(ref first, 0);
        Assert.Equal(HoldOutcome.Held, (await HoldAsync(1_000)).Outcome);
    }

    [Fact]
    public async Task An_unknown_wallet_and_a_silent_authority_refuse()
    {
        Assert.Equal(HoldOutcome.Unavailable, (await HoldAsync(1)).Outcome);
        await OpenAsync(1_000);
        _authority.Silent = true;
        Assert.Equal(HoldOutcome.Unavailable, (await HoldAsync(1)).Outcome);
        _authority.Silent = false;
        Assert.Equal(HoldOutcome.Held, (await HoldAsync(1)).Outcome);
    }

    [Fact]
    public async Task A_lease_that_cannot_be_renewed_stops_admitting_on_either_clock()
    {
        await OpenAsync(1_000);
        var hold = (await HoldAsync(10)).Hold;
        Assert.True(_book.StillAdmits(hold));
        _time.Advance((int)LeaseTerms.ValidForMs(1) - 1);
        Assert.True(_book.StillAdmits(hold));
        _time.Advance(1);
        Assert.False(_book.StillAdmits(hold));
        LeaseBook.Settle(ref hold, 0);
    }

    [Fact]
    public async Task A_cost_above_the_hold_is_booked_and_nothing_is_granted_while_the_wallet_is_overrun()
    {
        await OpenAsync(1_000);
        var hold = (await HoldAsync(1_000)).Hold;
        LeaseBook.Settle(ref hold, 1_200);
        Assert.Equal(HoldOutcome.Exhausted, (await HoldAsync(1)).Outcome);
        Assert.Equal((1_200, 0), await SpentAndHeldAsync());
        Assert.Equal(200, (await _authority.ReadAsync("w", default))!.OverrunNanoUsd);
    }

    [Fact]
    public async Task An_idle_lease_is_given_back_and_a_later_call_opens_a_new_one()
    {
        await OpenAsync(1_000);
        var hold = (await HoldAsync(500)).Hold;
        LeaseBook.Settle(ref hold, 200);
        for (var i = 0; i < 4; i++)
        {
            _time.Advance((int)LeaseTerms.RenewEveryMs(1));
            await _book.RenewDueAsync(default);
        }

        Assert.Equal((200, 0), ((await _authority.ReadAsync("w", default))!.SpentNanoUsd, (await _authority.ReadAsync("w", default))!.LeasedNanoUsd));
        Assert.Equal(HoldOutcome.Held, (await HoldAsync(800)).Outcome);
    }

    [Fact]
    public async Task What_is_settled_on_a_lease_the_wallet_has_reclaimed_is_told_by_the_next_renewals()
    {
        await OpenAsync(1_000);
        var hold = (await HoldAsync(500)).Hold;
        _time.Advance((int)LeaseTerms.ValidForMs(1) + 900_000 + 10_000);
        await _book.RenewDueAsync(default);
        Assert.Equal(500, (await _authority.ReadAsync("w", default))!.SuspenseNanoUsd);
        LeaseBook.Settle(ref hold, 300);
        _time.Advance((int)LeaseTerms.RenewEveryMs(1));
        await _book.RenewDueAsync(default);
        var state = (await _authority.ReadAsync("w", default))!;

        // Nothing is open on it any more: the report gives it up, and explains the rest.
        Assert.Equal((300, 0), (state.SpentNanoUsd, state.SuspenseNanoUsd));
    }

    [Fact]
    public async Task Renewal_gives_back_what_is_not_needed_and_keeps_what_is_held()
    {
        await OpenAsync(10_000);
        var large = (await HoldAsync(9_000)).Hold;
        var small = (await HoldAsync(500)).Hold;
        LeaseBook.Settle(ref large, 0);
        _time.Advance((int)LeaseTerms.RenewEveryMs(1));
        await _book.RenewDueAsync(default);
        Assert.Equal(500, (await _authority.ReadAsync("w", default))!.LeasedNanoUsd);
        LeaseBook.Settle(ref small, 500);
        Assert.Equal((500, 0), await SpentAndHeldAsync());
    }

    [Fact]
    public async Task A_thousand_calls_on_money_for_a_hundred_serve_exactly_a_hundred()
    {
        await OpenAsync(100 * 70);
        var served = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, 1_000), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (_, token) =>
        {
            var result = await _book.HoldAsync(_path, 70, token);
            if (result.Outcome == HoldOutcome.Held)
            {
                Interlocked.Increment(ref served);
                var hold = result.Hold;
                LeaseBook.Settle(ref hold, 70);
            }
            else
            {
                Assert.Equal(HoldOutcome.Exhausted, result.Outcome);
            }
        });
        Assert.Equal(100, served);
        Assert.Equal((7_000, 0), await SpentAndHeldAsync());
    }

    [Fact]
    public async Task Random_calls_on_many_threads_with_renewals_between_conserve_every_nano_dollar()
    {
        await OpenAsync(50_000_000);
        long expected = 0;
        var running = true;
        var renewing = Task.Run(async () =>
        {
            while (Volatile.Read(ref running))
            {
                _time.Advance((int)LeaseTerms.RenewEveryMs(1));
                await _book.RenewDueAsync(default);
                var state = (await _authority.ReadAsync("w", default))!;
                Assert.True(state.OverrunNanoUsd == 0, "the grant was overrun though no call cost more than its hold");
            }
        });
        await Parallel.ForEachAsync(Enumerable.Range(0, 20_000), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, token) =>
        {
            var amount = 1 + (i * 7919 % 2_000);
            var result = await _book.HoldAsync(_path, amount, token);
            while (result.Outcome is HoldOutcome.Contended or HoldOutcome.Unavailable)
            {
                // The clock runs ten seconds a renewal here: a call may find that its patience is over before its turn or an answer comes.
                result = await _book.HoldAsync(_path, amount, token);
            }

            Assert.Equal(HoldOutcome.Held, result.Outcome);
            var cost = i % 5 == 0 ? 0 : i * 31 % (amount + 1);
            Interlocked.Add(ref expected, cost);
            var hold = result.Hold;
            LeaseBook.Settle(ref hold, cost);
        });
        Volatile.Write(ref running, false);
        await renewing;
        Assert.Equal((expected, 0), await SpentAndHeldAsync());
    }

    [Fact]
    public async Task Holding_and_settling_from_a_lease_allocates_nothing()
    {
        await OpenAsync(null);
        var warm = (await HoldAsync(1_000_000)).Hold;
        LeaseBook.Settle(ref warm, 0);
        for (var i = 0; i < 100; i++)
        {
            HoldAndSettle();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            HoldAndSettle();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void HoldAndSettle()
        {
            var task = _book.HoldAsync(_path, 1_000, default);
            Assert.True(task.IsCompletedSuccessfully);
            var hold = task.Result.Hold;
            LeaseBook.Settle(ref hold, 0);
        }
    }

    private async Task OpenAsync(long? limitNanoUsd) => Assert.True(await _authority.OpenAsync("w", limitNanoUsd, default));

    private Task<HoldResult> HoldAsync(long amount) => _book.HoldAsync(_path, amount, CancellationToken.None).AsTask().WaitAsync(Bound);

    private async Task<(long Spent, long Held)> SpentAndHeldAsync()
    {
        await _book.ReportAsync("w", default);
        var state = (await _authority.ReadAsync("w", default))!;
        return (state.SpentNanoUsd, state.HeldNanoUsd);
    }

    /// <summary>Waits until the queue sleeps on its timer, so that the clock is not moved under its feet.</summary>
    private async Task TimersAsync(int count)
    {
        using var bound = new CancellationTokenSource(Bound);
        while (_time.TimersSet < count)
        {
            bound.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
