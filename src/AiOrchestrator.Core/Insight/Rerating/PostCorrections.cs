using System.Runtime.CompilerServices;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Insight.Rerating;

/// <summary>Tells all wallets of a re-rating: those that did not take theirs before, then the others in their order.</summary>
internal sealed class PostCorrections(ReratingBlobs blobs, PostCorrection posting)
{
    /// <summary>Wallets between two writes of the document, and told at once.</summary>
    private const int PostChunk = 200;
    private const int PostAtOnce = 8;

    /// <summary>So many refusals a document holds; with more, those that are not told yet wait until there are less.</summary>
    private const int MostRefusals = 100;

    /// <summary>Where so many did not answer, nobody is waited for any more in this round.</summary>
    private const int MostSilent = 4 * PostAtOnce;

    private static readonly string Silence = WalletUnavailable.Instance.Code;

    /// <summary>Step by step: what is to be written down before the next. It ends also where too many refuse.</summary>
    /// <param name="rerating">As it was written down last.</param>
    /// <param name="cancellation">Cuts it off: what is told and not written down is told again.</param>
    public async IAsyncEnumerable<StoredRerating> ExecuteAsync(
        Func<StoredRerating> rerating, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (await RetryAsync(rerating(), cancellation) is { } retried)
        {
            yield return retried;
        }

        var skip = rerating().Posted;
        if (skip == rerating().Wallets)
        {
            yield break;
        }

        var chunk = new List<WalletCorrection>(PostChunk);
        await foreach (var wallet in blobs.WalletsAsync(rerating(), cancellation))
        {
            if (skip-- > 0)
            {
                continue;
            }

            if (rerating().Refusals.Count >= MostRefusals)
            {
                yield break;
            }

            chunk.Add(wallet);
            if (chunk.Count == PostChunk)
            {
                yield return await NextAsync(rerating(), chunk, cancellation);
                chunk.Clear();
            }
        }

        if (chunk.Count > 0 && rerating().Refusals.Count < MostRefusals)
        {
            yield return await NextAsync(rerating(), chunk, cancellation);
        }
    }

    /// <summary>Null where nothing has changed.</summary>
    private async Task<StoredRerating?> RetryAsync(StoredRerating rerating, CancellationToken cancellation)
    {
        var left = await TellAsync(
            rerating, rerating.Refusals.Select(static r => new WalletCorrection(r.Wallet, r.Period, 0, NanoUsd.FormatUsd(r.AmountNanoUsd))), cancellation);
        return left.SequenceEqual(rerating.Refusals) ? null : rerating with { Refusals = left };
    }

    private async Task<StoredRerating> NextAsync(StoredRerating rerating, List<WalletCorrection> chunk, CancellationToken cancellation) => rerating with
    {
        Posted = rerating.Posted + chunk.Count,
        Refusals = [.. rerating.Refusals, .. await TellAsync(rerating, chunk, cancellation)],
    };

    private async Task<IReadOnlyList<StoredRefusal>> TellAsync(
        StoredRerating rerating, IEnumerable<WalletCorrection> corrections, CancellationToken cancellation)
    {
        var refusals = new List<StoredRefusal>();
        var silent = 0;
        await Parallel.ForEachAsync(corrections, new ParallelOptions { MaxDegreeOfParallelism = PostAtOnce, CancellationToken = cancellation }, async (wallet, cancel) =>
        {
            var refusal = Volatile.Read(ref silent) >= MostSilent
                ? new StoredRefusal(wallet.Wallet, wallet.Period, CorrectedCall.Nano(wallet.AmountUsd), Silence)
                : await posting.ExecuteAsync(rerating, wallet, cancel);
            if (refusal is not null)
            {
                _ = refusal.Code == Silence ? Interlocked.Increment(ref silent) : 0;
                lock (refusals)
                {
                    refusals.Add(refusal);
                }
            }
        });
        return [.. refusals.OrderBy(static r => r.Wallet, StringComparer.Ordinal).ThenBy(static r => r.Period)];
    }
}
