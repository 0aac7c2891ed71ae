using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight;

/// <summary>What the usage events say about a lease whose holder fell silent.</summary>
/// <param name="SettledNanoUsd">What all stored calls whose path names the lease at that wallet cost.</param>
/// <param name="OpenCalls">
/// Calls that were started on the lease and not noted as ended, in order of id. One of them may have ended all the same (its end was noted
/// before its start): whoever acts on it asks the usage store first.
/// </param>
public sealed record LeaseEvidence(long SettledNanoUsd, IReadOnlyList<ExchangeStart> OpenCalls);

/// <summary>
/// Starts without an end, and what was settled on a lease: where instances die with their leases, this speaks for them. What was settled is found in
/// the calls the <see cref="IUsageStore"/> keeps, with the lease of every wallet on their path. Safe to be told anything twice and in any order.
/// </summary>
public interface ICallEvidence
{
    /// <summary>Notes calls that were started, then forgets those that have ended; what is not known is not forgotten. A start is kept for 7 days at least.</summary>
    /// <exception cref="InvalidDataException">A start can never be noted as it is.</exception>
    ValueTask NoteAsync(IReadOnlyList<ExchangeStart> started, IReadOnlyList<ExchangeId> ended, CancellationToken cancellation);

    /// <summary>What is known of a lease on a wallet; nothing settled and no calls for one nobody has heard of.</summary>
    ValueTask<LeaseEvidence> ReadAsync(string walletId, UInt128 leaseId, CancellationToken cancellation);
}
