using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Money;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets;

/// <summary>A wallet's period: which it is, and the rule it comes from.</summary>
/// <param name="Id">Such as <c>month-2026-11-01</c>, or <c>lifetime</c>.</param>
/// <param name="Kind"><c>lifetime</c>, <c>daily</c>, <c>weekly</c>, <c>monthly</c> or <c>quarterly</c>.</param>
/// <param name="Day">Weekly: 1 (Monday) to 7; monthly and quarterly: day of the month; else null.</param>
/// <param name="TimeZone">The IANA time zone whose days count; null for a lifetime.</param>
/// <param name="StartsAt">RFC 3339; null for a lifetime.</param>
/// <param name="ResetsAt">When the figures begin anew, RFC 3339; null for never.</param>
public sealed record PeriodView(string Id, string Kind, int? Day, string? TimeZone, string? StartsAt, string? ResetsAt)
{
    internal static PeriodView Of(WalletState state)
    {
        var rule = state.Settings.Rule;
        var endless = state.Period == Period.Lifetime;
        return new PeriodView(
            state.Period.Id,
            WalletKinds.Word(rule.Kind),
            rule.Kind is PeriodKind.Lifetime or PeriodKind.Daily ? null : rule.Day,
            rule.Kind == PeriodKind.Lifetime ? null : rule.Zone,
            endless ? null : Rfc3339.Format(state.Period.StartUnixMs),
            Rfc3339.Format(state.ResetsUnixMs));
    }
}

/// <summary>A wallet with its place in the tree and its figures in the current period. Amounts are decimal strings of US dollars.</summary>
/// <param name="Id"><c>wal_…</c>.</param>
/// <param name="Name">For people.</param>
/// <param name="ParentId">The wallet above it; null for the top of a tree.</param>
/// <param name="Kind">What it stands for: organisation, department, team, project, user or key; or null.</param>
/// <param name="CostCentre">Its own; null: as the wallet above.</param>
/// <param name="Path">The wallets a call of it is paid from, itself first, the top of the tree last.</param>
/// <param name="Period">The period the figures belong to.</param>
/// <param name="LimitUsd">The most that may be spent in a period; null tracks only.</param>
/// <param name="OverdraftPercent">How far above the limit calls are still admitted, percent of the limit.</param>
/// <param name="OverdraftUsd">The same as an amount.</param>
/// <param name="ToppedUpUsd">Added to the period's allowance.</param>
/// <param name="TransferredInUsd">Came from other wallets in the period.</param>
/// <param name="TransferredOutUsd">Went to other wallets in the period, what is reserved for it included.</param>
/// <param name="AllowanceUsd">What may be spent in the period without overdraft; null without a limit.</param>
/// <param name="SpentUsd">Settled and reported.</param>
/// <param name="HeldUsd">Claimed by calls under way, as last reported.</param>
/// <param name="LeasedUsd">Out at gateway instances and not reported spent; what is held is part of it.</param>
/// <param name="SuspenseUsd">Started calls whose end nobody has reported.</param>
/// <param name="EarlierSuspenseUsd">The same, of earlier periods.</param>
/// <param name="OverrunUsd">What is committed above allowance and overdraft; while it stands nothing is granted.</param>
/// <param name="AvailableUsd">What a new call could still get; null without a limit.</param>
/// <param name="Thresholds">Soft thresholds, percent of the allowance; 100 is always one more.</param>
/// <param name="Crossed">Those that were crossed in the period, 100 included.</param>
/// <param name="Shadow">Calls the limit would refuse are let through and counted.</param>
/// <param name="ShadowRefusedCalls">How many, in the period.</param>
/// <param name="PendingTransfers">Ids of transfers that are prepared and not decided.</param>
/// <param name="Frozen">A frozen wallet pays for nothing until it is unfrozen.</param>
/// <param name="Closed">A closed wallet pays for nothing more.</param>
/// <param name="CreatedAt">RFC 3339.</param>
/// <param name="AsOf">When the figures were read, RFC 3339.</param>
public sealed record WalletView(
    string Id,
    string Name,
    string? ParentId,
    string? Kind,
    string? CostCentre,
    IReadOnlyList<string> Path,
    PeriodView Period,
    string? LimitUsd,
    decimal OverdraftPercent,
    string OverdraftUsd,
    string ToppedUpUsd,
    string TransferredInUsd,
    string TransferredOutUsd,
    string? AllowanceUsd,
    string SpentUsd,
    string HeldUsd,
    string LeasedUsd,
    string SuspenseUsd,
    string EarlierSuspenseUsd,
    string OverrunUsd,
    string? AvailableUsd,
    IReadOnlyList<int> Thresholds,
    IReadOnlyList<int> Crossed,
    bool Shadow,
    long ShadowRefusedCalls,
    IReadOnlyList<string> PendingTransfers,
    bool Frozen,
    bool Closed,
    string CreatedAt,
    string AsOf)
{
    internal static WalletView Of(WalletInfo info, IReadOnlyList<string> path, WalletState state, long asOfUnixMs) => new(
        info.Id,
        info.Name,
        info.ParentId,
        info.Kind,
        info.CostCentre,
        path,
        PeriodView.Of(state),
        Usd(state.LimitNanoUsd),
        state.Settings.OverdraftBasisPoints / 100m,
        NanoUsd.FormatUsd(state.OverdraftNanoUsd),
        NanoUsd.FormatUsd(state.ToppedUpNanoUsd),
        NanoUsd.FormatUsd(state.TransferredInNanoUsd),
        NanoUsd.FormatUsd(state.TransferredOutNanoUsd),
        Usd(state.AllowanceNanoUsd),
        NanoUsd.FormatUsd(state.SpentNanoUsd),
        NanoUsd.FormatUsd(state.HeldNanoUsd),
        NanoUsd.FormatUsd(state.LeasedNanoUsd),
        NanoUsd.FormatUsd(state.SuspenseNanoUsd),
        NanoUsd.FormatUsd(state.EarlierSuspenseNanoUsd),
        NanoUsd.FormatUsd(state.OverrunNanoUsd),
        Available(state),
        state.Settings.ThresholdPercents,
        state.CrossedPercents,
        state.Settings.IsShadow,
        state.ShadowRefusedCalls,
        state.PendingTransfers,
        state.Frozen,
        state.Closed,
        Rfc3339.Format(info.CreatedUnixMs),
        Rfc3339.Format(asOfUnixMs));

    internal static string? Usd(long? nanoUsd) => nanoUsd is { } amount ? NanoUsd.FormatUsd(amount) : null;

    internal static string? Available(WalletState state) => state.AllowanceNanoUsd is null ? null : NanoUsd.FormatUsd(state.AvailableNanoUsd);
}

/// <summary>A wallet with those below it.</summary>
/// <param name="Wallet">The wallet.</param>
/// <param name="Children">The wallets right below it, in order of id.</param>
public sealed record WalletTreeNode(WalletView Wallet, IReadOnlyList<WalletTreeNode> Children);

/// <summary>The answer of <c>GET …/wallets/tree</c>.</summary>
/// <param name="Data">The tops of the trees the caller may see.</param>
public sealed record WalletTreeView(IReadOnlyList<WalletTreeNode> Data);

/// <summary>The wallet of a path that has least to give: it bounds whoever pays from it.</summary>
/// <param name="Wallet">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="AvailableUsd">What a new call could still get there.</param>
/// <param name="ResetsAt">When its figures begin anew, RFC 3339; null for never.</param>
public sealed record TightestView(string Wallet, string Name, string AvailableUsd, string? ResetsAt);

/// <summary>The answer of <c>GET /v1/wallet/balance</c>. Amounts are decimal strings of US dollars.</summary>
/// <param name="Wallet">The wallet's id.</param>
/// <param name="LimitUsd">The most that may be spent in the period; null without a limit.</param>
/// <param name="AllowanceUsd">The same with top-ups and transfers; null without a limit.</param>
/// <param name="SpentUsd">Settled and reported.</param>
/// <param name="HeldUsd">Claimed by calls under way, as last reported.</param>
/// <param name="SuspenseUsd">Started calls whose end nobody has reported.</param>
/// <param name="AvailableUsd">What a new call could still get of this wallet; null without a limit.</param>
/// <param name="Period">The period the figures belong to.</param>
/// <param name="Tightest">Which of the wallets it is paid from bounds a new call; null when none has a limit that is enforced.</param>
/// <param name="AsOf">When the figures were read, RFC 3339.</param>
public sealed record BalanceView(
    string Wallet,
    string? LimitUsd,
    string? AllowanceUsd,
    string SpentUsd,
    string HeldUsd,
    string SuspenseUsd,
    string? AvailableUsd,
    PeriodView Period,
    TightestView? Tightest,
    string AsOf)
{
    internal static BalanceView Of(WalletState state, TightestView? tightest, long asOfUnixMs) => new(
        state.Id,
        WalletView.Usd(state.LimitNanoUsd),
        WalletView.Usd(state.AllowanceNanoUsd),
        NanoUsd.FormatUsd(state.SpentNanoUsd),
        NanoUsd.FormatUsd(state.HeldNanoUsd),
        NanoUsd.FormatUsd(state.SuspenseNanoUsd),
        WalletView.Available(state),
        PeriodView.Of(state),
        tightest,
        Rfc3339.Format(asOfUnixMs));
}
