using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Insight;

/// <summary>What stands on a wallet's statement under one number: a line of the ledger, or a call it paid for.</summary>
/// <param name="Number">Its number in the stream: unique, and the same for ever.</param>
/// <param name="Period">The id of the wallet's period; null where that of a call is not known.</param>
/// <param name="Line">The line; null for a call.</param>
/// <param name="Call">
/// The call, charged to this wallet or to one below it; null for a line. Of its event at least id, times, key, wallets, cost centre, model,
/// provider, status, tokens and amounts; the whole of it has <see cref="IUsageStore.GetAsync"/>.
/// </param>
public sealed record StatementEntry(long Number, string? Period, WalletLine? Line, UsageEvent? Call)
{
    /// <summary>The kind of a line that begins a period: a wallet's first is its period number 1.</summary>
    public const string PeriodOpenedKind = "period_opened";

    /// <summary>A line.</summary>
    public static StatementEntry Of(StatementLine line) => new(line.Number, line.Line.Period, line.Line, Call: null);

    /// <summary>When a call was settled: as long after it arrived as it took. Milliseconds since 1970.</summary>
    public static long SettledUnixMs(UsageEvent usage) => usage.CreatedUnixMs + (usage.DurationUs / 1000);

    /// <summary>Whether a call stands on statements: it held money, or cost some. What was refused did neither.</summary>
    public static bool IsCall(UsageEvent usage) => usage.HoldNanoUsd > 0 || usage.CostNanoUsd > 0;

    /// <summary>The first of two ascending lists together, ascending.</summary>
    public static IReadOnlyList<StatementEntry> Merge(IEnumerable<StatementEntry> lines, IEnumerable<StatementEntry> calls, int limit) =>
        [.. lines.Concat(calls).OrderBy(static e => e.Number).Take(limit)];
}
