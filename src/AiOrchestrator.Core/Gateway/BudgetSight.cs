using System.Collections.Concurrent;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Wallets;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Gateway;

/// <summary>
/// What wallets have left, as of some seconds ago: for routing, which asks nobody. Whoever looks at what is older has it read anew beside the call; until it has
/// come, what was known stands, or nothing.
/// </summary>
/// <remarks>Only wallets that somebody's rule asks about are in it.</remarks>
internal sealed class BudgetSight(IWalletAuthority authority, TimeProvider time, ILogger<BudgetSight> log)
{
    /// <summary>How old what is known may be before it is read anew.</summary>
    public static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Seen> _wallets = new(StringComparer.Ordinal);

    /// <summary>The part of its allowance that the tightest of some wallets has not spent, 0 to 1; null where none has a limit, or nothing is known yet.</summary>
    public double? Left(IReadOnlyList<string> walletIds)
    {
        double? least = null;
        foreach (var id in walletIds)
        {
            var seen = _wallets.GetOrAdd(id, static _ => new Seen());
            if (seen.MayRead(time, FreshFor))
            {
                _ = ReadAsync(id, seen);
            }

            least = seen.Left is { } left && !(least <= left) ? left : least;
        }

        return least;
    }

    private async Task ReadAsync(string walletId, Seen seen)
    {
        try
        {
            var state = await authority.ReadAsync(walletId, CancellationToken.None);
            seen.Keep(state is null ? null : Part(state));
        }
        catch (Exception failure)
        {
            // Safe: nobody waits for it, and what was known stands; the next look asks again.
            log.LogWarning(failure, "the wallet {Wallet} cannot be read", walletId);
        }
        finally
        {
            seen.Done(time);
        }
    }

    private static double? Part(WalletState state) => state.AllowanceNanoUsd is not { } allowance ? null
        : allowance <= 0 ? 0
        : Math.Clamp((double)(allowance - state.SpentNanoUsd - state.SuspenseNanoUsd) / allowance, 0, 1);

    private sealed class Seen
    {
        private long _readTimestamp;
        private int _reading;
        private double _left = double.NaN;

        public double? Left => Volatile.Read(ref _left) is var left && double.IsNaN(left) ? null : left;

        public bool MayRead(TimeProvider time, TimeSpan freshFor) =>
            (Volatile.Read(ref _readTimestamp) is var read && (read == 0 || time.GetElapsedTime(read) >= freshFor)) && Interlocked.Exchange(ref _reading, 1) == 0;

        public void Keep(double? left) => Volatile.Write(ref _left, left ?? double.NaN);

        public void Done(TimeProvider time)
        {
            Volatile.Write(ref _readTimestamp, Math.Max(1, time.GetTimestamp()));
            Volatile.Write(ref _reading, 0);
        }
    }
}
