using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Jobs;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Wallets;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Insight;

/// <summary>What a round of reconciliation did.</summary>
/// <param name="Leases">Reclaimed leases that were looked at.</param>
/// <param name="Reported">Of them, those of which more was settled than the wallet knew.</param>
/// <param name="Charged">Calls without an end that were charged by rule.</param>
/// <param name="Failed">Wallets that could not be looked at; the next round does.</param>
public readonly record struct ReconcileResult(int Leases, int Reported, int Charged, int Failed);

/// <summary>
/// The usage events speak for holders that fell silent (design §3.5). What was settled on a reclaimed lease is reported to its wallet as its
/// holder would have; a call that was started and never ended is charged its whole hold, by a usage event of its own, which counts as settled
/// once it is stored. What neither explains the wallet decides 24 h after it reclaimed the lease.
/// </summary>
/// <remarks>
/// A report is cumulative, and an event's id is its exchange's: rounds may be repeated, and instances may run them at once. If the end of a call arrives
/// after it was charged by rule, the event that was stored first stays, and the wallet's books are what the stored events add up to: nothing is
/// charged twice. A holder that was only asleep reports its true, lower sum, which changes nothing; a person can correct what the rule overstated.
/// </remarks>
public sealed class ReconcileSuspense(
    WalletDirectory wallets,
    IWalletAuthority authority,
    ICallEvidence evidence,
    IUsageStore store,
    IUsageStream stream,
    TimeProvider time,
    ILogger<ReconcileSuspense> log)
{
    /// <summary>Not a first message's, which could open a lease, and too low to be taken for a living holder's next.</summary>
    private const long Seq = 2;

    private const int AtOnce = 8;

    /// <summary>Longer than any call runs, and an hour before its wallet would decide: enough for its event to arrive and be reported.</summary>
    private static readonly TimeSpan ChargeAfter = TimeSpan.FromHours(23);

    /// <summary>Every ten minutes a round: the wallets' own decision is hours away.</summary>
    public static Job AsJob(ReconcileSuspense reconcile) =>
        new("reconcile-suspense", TimeSpan.FromMinutes(10), (_, cancellation) => reconcile.ExecuteAsync(cancellation));

    /// <summary>One round over all wallets.</summary>
    public async Task<ReconcileResult> ExecuteAsync(CancellationToken cancellation)
    {
        var total = default(ReconcileResult);
        var adding = new Lock();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation };
        await Parallel.ForEachAsync(wallets.All, parallel, async (wallet, cancel) =>
        {
            var one = await TryAsync(wallet.Id, cancel);
            lock (adding)
            {
                total = new ReconcileResult(
                    total.Leases + one.Leases, total.Reported + one.Reported, total.Charged + one.Charged, total.Failed + one.Failed);
            }
        });
        if (total.Charged > 0)
        {
            // A call is found on every lease of its path that was reclaimed; its event is the same.
            await stream.FlushAsync(cancellation);
            log.LogWarning("Charged calls in full that were started more than {Hours} hours ago and never settled", ChargeAfter.TotalHours);
        }

        return total;
    }

    private async Task<ReconcileResult> TryAsync(string walletId, CancellationToken cancellation)
    {
        try
        {
            return await WalletAsync(walletId, cancellation);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Safe: suspense keeps the money out of reach until the next round, and the other wallets have their turn.
            log.LogError(failure, "Suspense of the wallet {WalletId} could not be reconciled", walletId);
            return new ReconcileResult(0, 0, 0, Failed: 1);
        }
    }

    private async Task<ReconcileResult> WalletAsync(string walletId, CancellationToken cancellation)
    {
        var result = default(ReconcileResult);
        if (await authority.ReadOutstandingAsync(walletId, cancellation) is not { Reclaimed.Count: > 0 } outstanding)
        {
            return result;
        }

        foreach (var lease in outstanding.Reclaimed)
        {
            var known = await evidence.ReadAsync(walletId, lease.LeaseId, cancellation);
            result = result with { Leases = result.Leases + 1, Charged = result.Charged + await ChargeOldAsync(known.OpenCalls, cancellation) };
            if (known.SettledNanoUsd > lease.ReportedNanoUsd)
            {
                _ = await authority.ExchangeAsync(walletId, LateReport(lease, known.SettledNanoUsd), cancellation);
                result = result with { Reported = result.Reported + 1 };
            }
        }

        return result;
    }

    /// <summary>Charges calls that are too old to be still under way; their events are found as settled in a later round.</summary>
    private async Task<int> ChargeOldAsync(IReadOnlyList<ExchangeStart> calls, CancellationToken cancellation)
    {
        var before = (time.GetUtcNow() - ChargeAfter).ToUnixTimeMilliseconds();
        var ended = new List<ExchangeId>();
        var charged = 0;
        foreach (var call in calls.Where(c => c.Id.CreatedUnixMs < before))
        {
            if (await store.GetAsync(call.OrganisationId ?? "", call.Id, cancellation) is not null)
            {
                ended.Add(call.Id);
                continue;
            }

            stream.AppendSettlement(call.ChargedInFull());
            charged++;
        }

        if (ended.Count > 0)
        {
            await evidence.NoteAsync([], ended, cancellation);
        }

        return charged;
    }

    private LeaseReport LateReport(in ReclaimedLease lease, long settledNanoUsd) => new(
        lease.LeaseId,
        Seq,
        time.GetUtcNow().ToUnixTimeMilliseconds(),
        settledNanoUsd,
        HeldNanoUsd: 0,
        KeepNanoUsd: 0,
        TargetNanoUsd: 0,
        NeedNanoUsd: 0,
        Closing: false)
    {
        PeriodNumber = lease.PeriodNumber,
    };
}
