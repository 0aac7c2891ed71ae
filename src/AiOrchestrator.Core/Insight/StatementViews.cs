using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Insight;

/// <summary>
/// One line of a wallet's statement, in double entry: an amount that went from one account to another. The same number always shows the
/// same line. Amounts are decimal strings of US dollars.
/// </summary>
/// <param name="Number">Unique in the installation, ascending.</param>
/// <param name="At">When, RFC 3339.</param>
/// <param name="Period">The id of the wallet's period it belongs to; null where that of a call is not known.</param>
/// <param name="Kind">What happened: <c>call</c>, <c>topped_up</c>, <c>limit_changed</c> and so on.</param>
/// <param name="Debit">The account the amount comes from: <c>funding</c>, <c>allowance</c>, <c>spent</c>, <c>suspense</c> or <c>transfers</c>; empty when nothing moved.</param>
/// <param name="Credit">The account it goes to.</param>
/// <param name="AmountUsd">How much; 0 when nothing moved.</param>
/// <param name="Reference">What it refers to: a call's exchange, a transfer, a top-up; or null.</param>
/// <param name="Actor">Who did it: a principal, a key, a part of the gateway; or null.</param>
/// <param name="Note">What they wrote beside it; or null.</param>
/// <param name="Wallet">The wallet nearest to the caller that was charged; for other lines the wallet itself.</param>
/// <param name="Model">Of a call: the model; or null.</param>
/// <param name="Percent">Of a threshold: the share of the allowance; or null.</param>
/// <param name="SpentUsd">Of a threshold: what was spent then; or null.</param>
/// <param name="Calls">The number of calls it is about; or null.</param>
/// <param name="CorrectsPeriod">Of a re-rating booked to a later period than that of the calls: the id of the calls' period; or null.</param>
public sealed record StatementLineView(
    long Number,
    string At,
    string? Period,
    string Kind,
    string Debit,
    string Credit,
    string AmountUsd,
    string? Reference,
    string? Actor,
    string? Note,
    string Wallet,
    string? Model,
    int? Percent,
    string? SpentUsd,
    int? Calls,
    string? CorrectsPeriod)
{
    internal static StatementLineView Of(string walletId, StatementEntry entry) => entry switch
    {
        { Line: { } line } => new StatementLineView(
            entry.Number,
            Rfc3339.Format(line.AtUnixMs),
            line.Period,
            line.Kind,
            line.Debit,
            line.Credit,
            NanoUsd.FormatUsd(line.AmountNanoUsd),
            line.Reference,
            line.Actor,
            line.Note,
            walletId,
            Model: null,
            line.Percent == 0 ? null : line.Percent,
            line.SpentNanoUsd == 0 ? null : NanoUsd.FormatUsd(line.SpentNanoUsd),
            line.Calls == 0 ? null : line.Calls,
            line.Corrects),
        { Call: { } call } => new StatementLineView(
            entry.Number,
            Rfc3339.Format(StatementEntry.SettledUnixMs(call)),
            entry.Period,
            StatementQuery.CallKind,
            "allowance",
            "spent",
            NanoUsd.FormatUsd(call.CostNanoUsd),
            call.Id,
            call.KeyId,
            Note: null,
            call.WalletId ?? call.WalletPath?.Split('/')[0] ?? walletId,
            call.Model,
            Percent: null,
            SpentUsd: null,
            Calls: null,
            CorrectsPeriod: null),
        _ => throw new ArgumentException("An entry is a line or a call.", nameof(entry)),
    };
}

/// <summary>The answer of <c>GET …/wallets/{id}/thresholds</c>.</summary>
/// <param name="Wallet">The wallet's id.</param>
/// <param name="Period">The id of the current period.</param>
/// <param name="AllowanceUsd">What may be spent in it without overdraft; null without a limit.</param>
/// <param name="SpentUsd">Settled and reported.</param>
/// <param name="Thresholds">The wallet's thresholds, 100 percent included, and those crossed before they were changed; ascending.</param>
public sealed record ThresholdsView(string Wallet, string Period, string? AllowanceUsd, string SpentUsd, IReadOnlyList<ThresholdView> Thresholds);

/// <summary>One threshold in the current period.</summary>
/// <param name="Percent">Of the allowance.</param>
/// <param name="AmountUsd">Crossed when this much is spent, as the allowance stands; null without a limit.</param>
/// <param name="Crossed">Whether it was, in this period.</param>
/// <param name="CrossedAt">When, RFC 3339; null when it was not, or moments ago.</param>
/// <param name="CrossedSpentUsd">What was spent then; or null.</param>
public sealed record ThresholdView(int Percent, string? AmountUsd, bool Crossed, string? CrossedAt, string? CrossedSpentUsd);
