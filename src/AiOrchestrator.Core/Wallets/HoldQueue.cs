using AiOrchestrator.Ledger.Wallets;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Wallets;

/// <summary>
/// Where calls wait for money: one queue per instance, first come first served for each wallet, one pump that alone asks for
/// top-ups and alone refuses. Whoever waits here holds nothing.
/// </summary>
internal sealed class HoldQueue(LeaseBook book, LeaseExchange exchange, TimeProvider time, ILogger<LeaseBook> logger) : IDisposable
{
    /// <summary>The longest anybody waits.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly List<Waiter> _waiters = [];
    private readonly SemaphoreSlim _wake = new(0);
    private bool _pumping;

    public async ValueTask<HoldResult> WaitAsync(WalletPath path, long amountNanoUsd, CancellationToken cancellation)
    {
        var waiter = new Waiter(path, amountNanoUsd, time.GetTimestamp());
        foreach (var slot in path.Slots)
        {
            slot.AddWaiter();
        }

        bool start;
        lock (_gate)
        {
            _waiters.Add(waiter);
            start = !_pumping;
            _pumping = true;
        }

        if (start)
        {
            _ = Task.Run(PumpAsync, CancellationToken.None);
        }
        else
        {
            Wake();
        }

        // A waiter that leaves is dropped by the pump's next pass; a hold it won meanwhile is returned there.
        await using var gone = cancellation.UnsafeRegister(
            static (state, token) =>
            {
                var (w, queue) = ((Waiter, HoldQueue))state!;
                w.Answer.TrySetCanceled(token);
                queue.Wake();
            },
            (waiter, this));
        return await waiter.Answer.Task;
    }

    public void Dispose() => _wake.Dispose();

    /// <summary>Money came back: look again.</summary>
    public void Wake()
    {
        if (_wake.CurrentCount == 0)
        {
            _wake.Release();
        }
    }

    private async Task PumpAsync()
    {
        while (true)
        {
            Waiter[] round;
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

            var left = await ServeRoundAsync(round);
            if (left is { } wait)
            {
                // Woken by a settlement, a newcomer, or the next waiter's patience, whichever is first.
                using var patience = new CancellationTokenSource(wait, time);
                try
                {
                    await _wake.WaitAsync(patience.Token);
                }
                catch (OperationCanceledException) when (patience.IsCancellationRequested)
                {
                    // Not a failure: the next round decides about whoever has waited too long.
                }
            }
        }
    }

    /// <summary>Serves who can be served, in order; a later call never passes an earlier one on the same wallet.</summary>
    /// <returns>How long the most patient decision can wait, or null when nobody is left waiting.</returns>
    private async Task<TimeSpan?> ServeRoundAsync(Waiter[] round)
    {
        var blocked = new HashSet<LeaseSlot>();
        TimeSpan? wait = null;
        foreach (var waiter in round)
        {
            if (waiter.Answer.Task.IsCompleted)
            {
                waiter.Finish();
                continue;
            }

            var mayTry = !waiter.Path.Slots.Any(blocked.Contains);
            var result = mayTry
                ? await TryServeAsync(waiter)
                : new HoldResult(HoldOutcome.Contended, default, waiter.Path.WalletIds[0], 0);
            var patience = Patience - time.GetElapsedTime(waiter.SinceTimestamp);
            if (result.Outcome == HoldOutcome.Contended && patience > TimeSpan.Zero)
            {
                blocked.UnionWith(waiter.Path.Slots);
                wait = wait is { } other && other < patience ? other : patience;
                continue;
            }

            waiter.Finish();
            if (!waiter.Answer.TrySetResult(result))
            {
                // The caller left while the money came: give it back, nobody else will.
                var hold = result.Hold;
                book.Settle(ref hold, costNanoUsd: 0);
            }
        }

        return wait;
    }

    private async Task<HoldResult> TryServeAsync(Waiter waiter)
    {
        try
        {
            // Each level may need one top-up; one round more, as a renewal may lower a level in between.
            for (var attempt = 0; attempt <= waiter.Path.Slots.Length + 1; attempt++)
            {
                if (book.TryHold(waiter.Path, waiter.AmountNanoUsd, passWaiters: true, out var hold, out var shortSlot))
                {
                    return new HoldResult(HoldOutcome.Held, hold, null, 0);
                }

                var reply = await exchange.TopUpAsync(shortSlot!, waiter.AmountNanoUsd, CancellationToken.None);
                switch (reply.Outcome)
                {
                    case null or LeaseOutcome.WalletClosed or LeaseOutcome.LeaseEnded or LeaseOutcome.LeaseUnknown or LeaseOutcome.MessageTooOld or LeaseOutcome.TooManyLeases:
                        return new HoldResult(HoldOutcome.Unavailable, default, shortSlot!.WalletId, 0);
                    case LeaseOutcome.Exhausted:
                        return new HoldResult(HoldOutcome.Exhausted, default, shortSlot!.WalletId, reply.UnspentNanoUsd);
                    case LeaseOutcome.Contended:
                        return new HoldResult(HoldOutcome.Contended, default, shortSlot!.WalletId, 0);
                }
            }

            return new HoldResult(HoldOutcome.Contended, default, waiter.Path.WalletIds[0], 0);
        }
        catch (Exception failure)
        {
            // Whatever keeps the authority from answering, the call is refused and the pump lives on: it serves everybody else.
            logger.LogError(failure, "The wallet authority failed; the call is refused");
            return new HoldResult(HoldOutcome.Unavailable, default, waiter.Path.WalletIds[0], 0);
        }
    }

    private sealed class Waiter(WalletPath path, long amountNanoUsd, long sinceTimestamp)
    {
        public WalletPath Path { get; } = path;

        public long AmountNanoUsd { get; } = amountNanoUsd;

        public long SinceTimestamp { get; } = sinceTimestamp;

        public TaskCompletionSource<HoldResult> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Done { get; private set; }

        /// <summary>Leaves the queue; others may take again where this was the last in line.</summary>
        public void Finish()
        {
            Done = true;
            foreach (var slot in Path.Slots)
            {
                slot.RemoveWaiter();
            }
        }
    }
}
