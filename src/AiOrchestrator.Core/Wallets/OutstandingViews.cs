using System.Globalization;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Money;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets;

/// <summary>The answer of <c>GET …/wallets/{id}/outstanding</c>: who sits on the wallet's money. Amounts are decimal strings of US dollars.</summary>
/// <param name="Wallet">The wallet's id.</param>
/// <param name="AvailableUsd">What a new call could still get; null without a limit.</param>
/// <param name="HeldUsd">Claimed by calls under way.</param>
/// <param name="LeasedUsd">Out at gateway instances and not reported spent, of this period.</param>
/// <param name="SuspenseUsd">Started calls whose end nobody has reported, of this period.</param>
/// <param name="WaitingUsd">What instances need for calls that wait, and did not get.</param>
/// <param name="Pressure">Somebody waits: what is idle is being called back.</param>
/// <param name="Leases">Instances' shares, largest remainder first.</param>
/// <param name="SuspendedCalls">Calls in suspense, oldest first.</param>
/// <param name="AsOf">When the figures were read, RFC 3339.</param>
public sealed record OutstandingView(
    string Wallet,
    string? AvailableUsd,
    string HeldUsd,
    string LeasedUsd,
    string SuspenseUsd,
    string WaitingUsd,
    bool Pressure,
    IReadOnlyList<LeaseShareView> Leases,
    IReadOnlyList<SuspendedCallView> SuspendedCalls,
    string AsOf)
{
    internal static OutstandingView Of(WalletState state, WalletOutstanding outstanding, long asOfUnixMs)
    {
        var waiting = outstanding.Leases.Aggregate(0L, static (sum, l) => sum > long.MaxValue - l.WaitsForNanoUsd ? long.MaxValue : sum + l.WaitsForNanoUsd);
        return new OutstandingView(
            state.Id,
            WalletView.Available(state),
            NanoUsd.FormatUsd(state.HeldNanoUsd),
            NanoUsd.FormatUsd(state.LeasedNanoUsd),
            NanoUsd.FormatUsd(state.SuspenseNanoUsd),
            NanoUsd.FormatUsd(waiting),
            waiting > 0,
            [.. outstanding.Leases.Select(LeaseShareView.Of)],
            [.. outstanding.Suspended.Select(SuspendedCallView.Of)],
            Rfc3339.Format(asOfUnixMs));
    }
}

/// <summary>One instance's share of a wallet.</summary>
/// <param name="Lease">The lease's id.</param>
/// <param name="Period">The id of the period it belongs to.</param>
/// <param name="RemainderUsd">Granted and not reported spent.</param>
/// <param name="HeldUsd">Of it, claimed by calls under way when the instance last reported.</param>
/// <param name="SpentUsd">Reported spent over the lease's life.</param>
/// <param name="WaitsForUsd">What its oldest waiting call needs and did not get.</param>
/// <param name="ReclaimAt">When the remainder goes to suspense if the instance stays silent, RFC 3339.</param>
public sealed record LeaseShareView(
    string Lease, string Period, string RemainderUsd, string HeldUsd, string SpentUsd, string WaitsForUsd, string ReclaimAt)
{
    internal static LeaseShareView Of(LeaseView lease) => new(
        lease.LeaseId.ToString("x", CultureInfo.InvariantCulture),
        lease.Period,
        NanoUsd.FormatUsd(lease.RemainderNanoUsd),
        NanoUsd.FormatUsd(lease.HeldNanoUsd),
        NanoUsd.FormatUsd(lease.SpentNanoUsd),
        NanoUsd.FormatUsd(lease.WaitsForNanoUsd),
        Rfc3339.Format(lease.ReclaimAtUnixMs));
}

/// <summary>A call that was started and whose end nobody has reported.</summary>
/// <param name="Id">The exchange.</param>
/// <param name="StartedAt">RFC 3339.</param>
/// <param name="KeyId">The API key it was made with; null where that is not known.</param>
/// <param name="HoldUsd">In suspense on this wallet and those above.</param>
public sealed record SuspendedCallView(string Id, string StartedAt, string? KeyId, string HoldUsd)
{
    internal static SuspendedCallView Of(SuspendedCall call) => new(
        call.Id.ToString(), Rfc3339.Format(call.Id.CreatedUnixMs), call.KeyId, NanoUsd.FormatUsd(call.HoldNanoUsd));
}
