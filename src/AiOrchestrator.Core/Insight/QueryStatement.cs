using System.Globalization;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Money;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Insight;

/// <summary>Statements and thresholds of the wallets a caller may know of.</summary>
internal sealed class QueryStatement(IUsageStore store, WalletSight sight, DescribeWallets wallets)
{
    private const int MostThresholds = 1000;

    /// <summary>A page of a wallet's statement.</summary>
    public async Task<Result<Page<StatementLineView>>> ExecuteAsync(
        Caller caller, string walletId, QueryReader parameters, CancellationToken cancellation)
    {
        var limit = parameters.Limit();
        var from = parameters.MomentOrDay("from");
        var until = parameters.MomentOrDay("to");
        if (from >= until)
        {
            parameters.Problem("to", "must be later than 'from'");
        }

        var kind = parameters.Text("kind");
        if (kind is not (null or StatementQuery.CallKind) && !WalletLines.AllKinds.Contains(kind))
        {
            parameters.Problem("kind", $"must be {StatementQuery.CallKind}, {string.Join(", ", WalletLines.AllKinds.Order(StringComparer.Ordinal))}");
        }

        var query = new StatementQuery(walletId)
        {
            Kind = kind,
            Period = parameters.Text("period"),
            FromUnixMs = from,
            UntilUnixMs = until,
            AfterNumber = After(parameters),
            Limit = limit,
        };
        if (parameters.Finish() is { } invalid)
        {
            return invalid;
        }

        if (sight.Find(caller, walletId) is null)
        {
            return new WalletNotFound();
        }

        var entries = await store.StatementAsync(query, cancellation);

        // A full page may have been the last one; then the next is empty.
        return new Page<StatementLineView>(
            [.. entries.Select(e => StatementLineView.Of(walletId, e))],
            entries.Count == limit ? entries[^1].Number.ToString(CultureInfo.InvariantCulture) : null);
    }

    /// <summary>A wallet's thresholds in its current period.</summary>
    public async Task<Result<ThresholdsView>> ThresholdsAsync(Caller caller, string walletId, CancellationToken cancellation)
    {
        var reading = await wallets.ReadAsync(caller, walletId, cancellation);
        if (reading.Failed)
        {
            return reading.Failure;
        }

        var state = reading.Value.State;
        var lines = await store.LinesAsync(
            new StatementQuery(walletId) { Kind = WalletLines.ThresholdCrossed, Period = state.Period.Id, Limit = MostThresholds }, cancellation);
        var crossed = new Dictionary<int, WalletLine>();
        foreach (var (_, line) in lines)
        {
            _ = crossed.TryAdd(line.Percent, line);
        }

        return new ThresholdsView(
            state.Id,
            state.Period.Id,
            WalletView.Usd(state.AllowanceNanoUsd),
            NanoUsd.FormatUsd(state.SpentNanoUsd),
            [
                .. state.Settings.ThresholdPercents.Append(100).Union(state.CrossedPercents).Order()
                    .Select(percent => View(state, percent, crossed.GetValueOrDefault(percent))),
            ]);
    }

    private static ThresholdView View(WalletState state, int percent, WalletLine? line) => new(
        percent,
        Amount(state.AllowanceNanoUsd, percent),
        line is not null || state.CrossedPercents.Contains(percent),
        Rfc3339.Format(line?.AtUnixMs),
        line is null or { SpentNanoUsd: 0 } ? null : NanoUsd.FormatUsd(line.SpentNanoUsd));

    /// <summary>The least that is at least this share: rounded up. An allowance of nothing has no share.</summary>
    private static string? Amount(long? allowanceNanoUsd, int percent) => allowanceNanoUsd is { } allowance and > 0
        ? NanoUsd.FormatUsd((long)((((Int128)allowance * percent) + 99) / 100))
        : null;

    private static long? After(QueryReader parameters)
    {
        if (parameters.Text("after") is not { } text)
        {
            return null;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        parameters.Problem("after", "must be the 'next' of an earlier page, or a line's number");
        return null;
    }
}
