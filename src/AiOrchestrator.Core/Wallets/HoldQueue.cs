using System.Collections.Concurrent;
using AiOrchestrator.Ledger.Wallets;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Wallets;

/// <summary>
/// Where calls wait for money: one queue for each tree of wallets, first come first served for each wallet, one pump that alone asks for
/// top-ups and alone refuses. Whoever waits here holds nothing. The pump never waits for an answer: whom one wallet keeps waiting, others
/// do not wait for, and nobody waits longer than his patience.
/// </summary>
internal sealed class HoldQueue(LeaseBook book, LeaseExchange exchange, TimeProvider time, ILogger<LeaseBook> logger)
{
    /// <summary>The longest anybody waits.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>An authority that has not answered for so long before a waiter's patience ends is the reason why, milliseconds.</summary>
    private const int SilentMs = 1_000;

    /// <summary>More calls than this do not wait: they are told at once that others hold the money.</summary>
    private const int MaxWaiters = 20_000;

    private readonly Lock _gate = new();
    private readonly List<HoldWaiter> _waiters = [];

    // Questions under way, known to the pump alone, and their answers, in the order of their arrival.
    private readonly Dictionary<LeaseSlot, Ask> _asked = [];

    // Wallets whose last question nobody answered: who waits for one in vain has not waited for other calls.
    private readonly HashSet<LeaseSlot> _unanswered = [];
    private readonly ConcurrentQueue<(LeaseSlot Slot, ExchangeResult Result)> _answers = new();
    private TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _pumping;

    public async ValueTask<HoldResult> WaitAsync(WalletPath path, long amountNanoUsd, CancellationToken cancellation)
    {
        var now = time.GetTimestamp();
        if (Remembered(path, amountNanoUsd, now) is { } refused)
        {
            return refused;
        }

        var waiter = new HoldWaiter(path, amountNanoUsd, now);
        bool start;
        lock (_gate)
        {
            if (_waiters.Count >= MaxWaiters)
            {
                return new HoldResult(HoldOutcome.Contended, default, path.WalletIds[0], 0);
            }

            // From here on nobody passes it on the wallet that was short.
            waiter.StandAt(book.ShortSlot(path, amountNanoUsd) ?? Crowded(path));
            _waiters.Add(waiter);
            start = !_pumping;
            _pumping = true;
        }

        if (start)
        {
            _ = PumpAsync();
        }
        else
        {
            Wake();
        }

        // A waiter that leaves is dropped by the pump's next pass; a hold it won meanwhile is returned there.
        await using var gone = cancellation.UnsafeRegister(
            static (state, token) =>
            {
                var (w, queue) = ((HoldWaiter, HoldQueue))state!;
                w.Answer.TrySetCanceled(token);
                queue.Wake();
            },
            (waiter, this));
        return await waiter.Answer.Task;
    }

    /// <summary>Money came back: look again.</summary>
    public void Wake() => Volatile.Read(ref _woken).TrySetResult();

    /// <summary>Where nothing is short, others wait: the wallet nearest to the root at which they do.</summary>
    private static LeaseSlot Crowded(WalletPath path)
    {
        for (var level = path.Slots.Length - 1; level > 0; level--)
        {
            if (path.Slots[level].Waiters > 0 || path.Slots[level].IsPressed)
            {
                return path.Slots[level];
            }
        }

        return path.Slots[0];
    }

    private HoldResult? Remembered(WalletPath path, long amountNanoUsd, long nowTimestamp)
    {
        for (var level = path.Slots.Length - 1; level >= 0; level--)
        {
            var slot = path.Slots[level];
            if (slot.IsRefused(amountNanoUsd, nowTimestamp) && book.Lacks(slot, amountNanoUsd))
            {
                return Refusal(slot, slot.RefusedOutcome, slot.RefusedAboveNanoUsd);
            }
        }

        return null;
    }

    private async Task PumpAsync()
    {
        await Task.Yield();
        while (true)
        {
            // Before anything is looked at: whatever changes after this wakes the pump once more.
            if (_woken.Task.IsCompleted)
            {
                Interlocked.Exchange(ref _woken, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            }

            TakeAnswers();
            HoldWaiter[] round;
            lock (_gate)
            {
                _waiters.RemoveAll(static w => w.Done);
                if (_waiters.Count == 0)
                {
                    _pumping = false;
                    return;
                }

                round = [.. _waiters];
            }

            try
            {
                if (ServeRound(round) is { } wait)
                {
                    await PauseAsync(wait);
                }
            }
            catch (Exception failure)
            {
                // Whatever it is, the calls of this round are refused and the pump lives on: it serves everybody else.
                logger.LogError(failure, "Serving the queue for money failed; its calls are refused");
                foreach (var waiter in round.Where(static w => !w.Done))
                {
                    Finish(waiter, new HoldResult(HoldOutcome.Unavailable, default, waiter.Path.WalletIds[0], 0));
                }
            }
        }
    }

    /// <summary>Until a settlement, a newcomer, the next question that is due or the next waiter's patience.</summary>
    private async Task PauseAsync(TimeSpan wait)
    {
        // Time wakes the pump as money does.
        await using var timer = time.CreateTimer(static queue => ((HoldQueue)queue!).Wake(), this, wait, Timeout.InfiniteTimeSpan);
        await _woken.Task;
    }

    /// <summary>Serves who can be served, in order, and asks once for every wallet that is short.</summary>
    /// <returns>How long to pause before the next round, or null to go on at once.</returns>
    private TimeSpan? ServeRound(HoldWaiter[] round)
    {
        var asks = new Dictionary<LeaseSlot, Ask>();
        var now = time.GetTimestamp();
        TimeSpan? pause = null;
        foreach (var waiter in round)
        {
            if (waiter.Answer.Task.IsCompleted)
            {
                waiter.Leave();
                continue;
            }

            if (FirstShort(waiter, asks) is not { } slot)
            {
                continue;
            }

            waiter.StandAt(slot);
            var left = Patience - time.GetElapsedTime(waiter.SinceTimestamp, now);
            if (left <= TimeSpan.Zero)
            {
                Finish(waiter, new HoldResult(Array.Exists(waiter.Path.Slots, s => IsSilent(s, now)) ? HoldOutcome.Unavailable : HoldOutcome.Contended, default, slot.WalletId, 0));
                continue;
            }

            pause = pause is { } other && other < left ? other : left;
            asks.TryAdd(slot, new Ask(waiter, now));
            asks[slot].Add(waiter);
        }

        foreach (var (slot, ask) in asks)
        {
            if (!_asked.ContainsKey(slot) && slot.MayAsk(now))
            {
                _asked.Add(slot, ask);
                _ = AskAsync(slot, ask);
            }
        }

        return asks.Count == 0 || !_answers.IsEmpty ? null : Earliest(asks.Keys, now, pause!.Value);
    }

    private bool IsSilent(LeaseSlot slot, long now) =>
        _unanswered.Contains(slot)
        || (_asked.TryGetValue(slot, out var ask) && time.GetElapsedTime(ask.SinceTimestamp, now).TotalMilliseconds >= SilentMs);

    /// <summary>The wallet this waiter stands at in this round, or null when it was served. It passes nobody who stands on its path.</summary>
    private LeaseSlot? FirstShort(HoldWaiter waiter, Dictionary<LeaseSlot, Ask> asks)
    {
        for (var level = waiter.Path.Slots.Length - 1; level >= 0; level--)
        {
            if (asks.ContainsKey(waiter.Path.Slots[level]) || !waiter.MayTakeAt(level))
            {
                return waiter.Path.Slots[level];
            }
        }

        if (!book.TryHold(waiter.Path, waiter.AmountNanoUsd, passWaiters: true, out var hold))
        {
            return book.ShortSlot(waiter.Path, waiter.AmountNanoUsd) ?? waiter.Path.Slots[0];
        }

        Finish(waiter, new HoldResult(HoldOutcome.Held, hold, null, 0));
        return null;
    }

    private TimeSpan Earliest(IEnumerable<LeaseSlot> slots, long now, TimeSpan pause)
    {
        foreach (var slot in slots.Where(s => !_asked.ContainsKey(s)))
        {
            var until = time.GetElapsedTime(now, slot.AskAtTimestamp);
            pause = until < pause ? until : pause;
        }

        // Timers count whole milliseconds: less than one would not be waited for at all.
        return pause < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : pause;
    }

    private async Task AskAsync(LeaseSlot slot, Ask ask)
    {
        ExchangeResult result;
        try
        {
            result = await exchange.TopUpAsync(slot, ask.First.AmountNanoUsd, ask.WaitingNanoUsd, CancellationToken.None);
        }
        catch (Exception failure)
        {
            // Whatever keeps the authority from answering: the calls are refused, nothing is assumed about the money (fail closed).
            logger.LogError(failure, "The authority over wallet {WalletId} failed; calls are refused", slot.WalletId);
            result = new ExchangeResult(null, 0);
        }

        _answers.Enqueue((slot, result));
        Wake();
    }

    /// <summary>Refuses whom the answers refuse; whoever may be served is found by the next round.</summary>
    private void TakeAnswers()
    {
        while (_answers.TryDequeue(out var answer))
        {
            var (slot, result) = answer;
            _asked.Remove(slot, out var ask);
            _ = result.Outcome is null ? _unanswered.Add(slot) : _unanswered.Remove(slot);
            foreach (var waiter in ask!.Waiting.Where(static w => !w.Done))
            {
                // The answer to a message's second copy says how things stand: the next round finds the money, or asks again.
                if (result.Outcome == LeaseOutcome.Granted)
                {
                    waiter.GrantAt(slot);
                }
                else if (result.Outcome is not (LeaseOutcome.Contended or LeaseOutcome.Duplicate)
                    && (result.Outcome != LeaseOutcome.Exhausted || waiter.AmountNanoUsd > result.UnspentNanoUsd))
                {
                    Finish(waiter, Refusal(slot, result.Outcome, result.UnspentNanoUsd));
                }
            }
        }
    }

    private static HoldResult Refusal(LeaseSlot slot, LeaseOutcome? outcome, long unspentNanoUsd) => outcome switch
    {
        LeaseOutcome.Exhausted => new HoldResult(HoldOutcome.Exhausted, default, slot.WalletId, unspentNanoUsd),
        LeaseOutcome.WalletFrozen => new HoldResult(HoldOutcome.Frozen, default, slot.WalletId, 0),
        LeaseOutcome.WalletClosed => new HoldResult(HoldOutcome.Closed, default, slot.WalletId, 0),
        _ => new HoldResult(HoldOutcome.Unavailable, default, slot.WalletId, 0),
    };

    private static void Finish(HoldWaiter waiter, HoldResult result)
    {
        waiter.Leave();
        if (!waiter.Answer.TrySetResult(result))
        {
            // The caller left while the money came: give it back, nobody else will.
            var hold = result.Hold;
            LeaseBook.Settle(ref hold, costNanoUsd: 0);
        }
    }

    /// <summary>One question for one wallet: what the first in line needs, and what all of them wait for.</summary>
    private sealed class Ask(HoldWaiter first, long sinceTimestamp)
    {
        public long SinceTimestamp => sinceTimestamp;

        public HoldWaiter First => first;

        public List<HoldWaiter> Waiting { get; } = [];

        public long WaitingNanoUsd { get; private set; }

        public void Add(HoldWaiter waiter)
        {
            Waiting.Add(waiter);

            // Bounded, not checked: it is a wish.
            WaitingNanoUsd = Math.Min(long.MaxValue / 8, WaitingNanoUsd + Math.Min(waiter.AmountNanoUsd, long.MaxValue / 16));
        }
    }
}
