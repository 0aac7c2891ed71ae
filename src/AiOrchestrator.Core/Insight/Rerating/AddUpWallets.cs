using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Insight.Rerating;

/// <summary>Adds up, for every wallet on the calls' paths and every period of it, what its calls were corrected by.</summary>
internal static class AddUpWallets
{
    /// <summary>The corrections other than 0, in order of wallet and period.</summary>
    public static async Task<IReadOnlyList<WalletCorrection>> ExecuteAsync(IAsyncEnumerable<CorrectedCall> calls)
    {
        var sums = new Dictionary<(string Wallet, int Period), (long AmountNanoUsd, long Calls)>();
        await foreach (var call in calls)
        {
            Add(sums, call);
        }

        return Of(sums);
    }

    /// <summary>Adds a call to the sums.</summary>
    public static void Add(Dictionary<(string Wallet, int Period), (long AmountNanoUsd, long Calls)> sums, CorrectedCall call)
    {
        for (var level = 0; level < call.Wallets.Count; level++)
        {
            var key = (call.Wallets[level], call.Periods[level]);
            var sum = sums.GetValueOrDefault(key);
            sums[key] = (sum.AmountNanoUsd + call.DifferenceNanoUsd, sum.Calls + 1);
        }
    }

    /// <summary>The sums as they are written.</summary>
    public static IReadOnlyList<WalletCorrection> Of(Dictionary<(string Wallet, int Period), (long AmountNanoUsd, long Calls)> sums) =>
    [
        .. sums.Where(static s => s.Value.AmountNanoUsd != 0)
            .OrderBy(static s => s.Key.Wallet, StringComparer.Ordinal).ThenBy(static s => s.Key.Period)
            .Select(static s => new WalletCorrection(s.Key.Wallet, s.Key.Period, s.Value.Calls, NanoUsd.FormatUsd(s.Value.AmountNanoUsd))),
    ];
}
