using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Money;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets;

/// <summary>The body of <c>POST /control/v1/wallets</c>.</summary>
/// <param name="Name">For people; 1 to 200 characters.</param>
/// <param name="LimitUsd">Decimal US dollars, 0 or more; null tracks only. Must be said, either way.</param>
public sealed record CreateWalletRequest(string Name, string? LimitUsd);

/// <summary>The body of <c>PATCH /control/v1/wallets/{id}</c>: what is absent stays as it is.</summary>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="LimitUsd">Decimal US dollars, 0 or more; null removes the limit.</param>
public sealed record ChangeWalletRequest(string? Name = null, string? LimitUsd = null);

/// <summary>A wallet as the control API shows it. Amounts are decimal strings of US dollars.</summary>
/// <param name="Id"><c>wal_…</c>.</param>
/// <param name="Name">For people.</param>
/// <param name="LimitUsd">The most that may be spent in the period; null tracks only.</param>
/// <param name="SpentUsd">Settled and reported.</param>
/// <param name="HeldUsd">Claimed by calls under way, as last reported.</param>
/// <param name="LeasedUsd">Out at gateway instances and not reported spent; what is held is part of it.</param>
/// <param name="SuspenseUsd">Started calls whose end nobody has reported.</param>
/// <param name="OverrunUsd">What is committed above the limit; while it stands nothing is granted.</param>
/// <param name="AvailableUsd">What a new call could still get; null without a limit.</param>
/// <param name="Period">The period the figures belong to.</param>
/// <param name="Closed">A closed wallet pays for nothing more.</param>
/// <param name="CreatedAt">RFC 3339.</param>
/// <param name="AsOf">When the figures were read, RFC 3339.</param>
public sealed record WalletView(
    string Id,
    string Name,
    string? LimitUsd,
    string SpentUsd,
    string HeldUsd,
    string LeasedUsd,
    string SuspenseUsd,
    string OverrunUsd,
    string? AvailableUsd,
    string Period,
    bool Closed,
    string CreatedAt,
    string AsOf)
{
    internal static WalletView Of(WalletInfo info, WalletState state, long asOfUnixMs) => new(
        info.Id,
        info.Name,
        Usd(state.LimitNanoUsd),
        NanoUsd.FormatUsd(state.SpentNanoUsd),
        NanoUsd.FormatUsd(state.HeldNanoUsd),
        NanoUsd.FormatUsd(state.LeasedNanoUsd),
        NanoUsd.FormatUsd(state.SuspenseNanoUsd),
        NanoUsd.FormatUsd(state.OverrunNanoUsd),
        Available(state),
        state.Period.Id,
        state.Closed,
        Rfc3339.Format(info.CreatedUnixMs),
        Rfc3339.Format(asOfUnixMs));

    internal static string? Usd(long? nanoUsd) => nanoUsd is { } amount ? NanoUsd.FormatUsd(amount) : null;

    internal static string? Available(WalletState state) => state.LimitNanoUsd is null ? null : NanoUsd.FormatUsd(state.AvailableNanoUsd);
}

/// <summary>The answer of <c>GET /v1/wallet/balance</c>. Amounts are decimal strings of US dollars.</summary>
/// <param name="Wallet">The wallet's id.</param>
/// <param name="LimitUsd">The most that may be spent in the period; null without a limit.</param>
/// <param name="SpentUsd">Settled and reported.</param>
/// <param name="HeldUsd">Claimed by calls under way, as last reported.</param>
/// <param name="SuspenseUsd">Started calls whose end nobody has reported.</param>
/// <param name="AvailableUsd">What a new call could still get; null without a limit.</param>
/// <param name="Period">The period the figures belong to.</param>
/// <param name="AsOf">When the figures were read, RFC 3339.</param>
public sealed record BalanceView(
    string Wallet, string? LimitUsd, string SpentUsd, string HeldUsd, string SuspenseUsd, string? AvailableUsd, string Period, string AsOf)
{
    internal static BalanceView Of(WalletState state, long asOfUnixMs) => new(
        state.Id,
        WalletView.Usd(state.LimitNanoUsd),
        NanoUsd.FormatUsd(state.SpentNanoUsd),
        NanoUsd.FormatUsd(state.HeldNanoUsd),
        NanoUsd.FormatUsd(state.SuspenseNanoUsd),
        WalletView.Available(state),
        state.Period.Id,
        Rfc3339.Format(asOfUnixMs));
}
