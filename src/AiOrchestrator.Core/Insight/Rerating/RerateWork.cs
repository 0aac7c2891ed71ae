using System.Text.Json;
using AiOrchestrator.Core.Platform;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Insight.Rerating;

/// <summary>
/// Carries re-ratings out, those of an organisation one after the other, so that each begins with what the ones before it settled. The document says how far one
/// got, chunk by chunk: whoever is cut off anywhere, or overtaken by somebody else, finds out from it. First all calls are priced again and written down, then
/// what that comes to is added up, then wallets are told: nobody's money moves before all of it is known.
/// </summary>
internal sealed class RerateWork(
    ReratingStore store, ReratingBlobs blobs, PriceCalls pricing, PostCorrection posting, IdSource ids, TimeProvider time, ILogger<RerateWork> log)
{
    /// <summary>Of a part: calls looked at, and calls that are in memory until it is written.</summary>
    private const int MostCalls = 50_000;
    private const int MostCorrected = 10_000;

    /// <summary>Wallets between two writes of the document, and told at once.</summary>
    private const int PostChunk = 200;
    private const int PostAtOnce = 8;

    private const int MostRefusals = 100;

    /// <summary>How long a note without a document is kept: its creator may be about to write it.</summary>
    private const long OrphanMs = 600_000;

    /// <summary>Carries out what is open; false where something is left to be done.</summary>
    /// <param name="mayGoOn">Asked between two chunks; what is left is found by the next call.</param>
    /// <param name="cancellation">Cuts it off.</param>
    public async Task<bool> RunDueAsync(Func<bool> mayGoOn, CancellationToken cancellation)
    {
        var isDone = true;
        foreach (var organisation in (await store.OpenAsync(cancellation)).GroupBy(static o => o.OrganisationId))
        {
            foreach (var open in organisation)
            {
                // Those behind it wait: what it comes to is what they begin with.
                if (!await DriveSafelyAsync(open, mayGoOn, cancellation))
                {
                    isDone = false;
                    break;
                }
            }
        }

        return isDone;
    }

    private long NowUnixMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <returns>Whether it has ended.</returns>
    private async Task<bool> DriveSafelyAsync(OpenRerating open, Func<bool> mayGoOn, CancellationToken cancellation)
    {
        try
        {
            return await DriveAsync(open, mayGoOn, cancellation);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Safe: the document says how far it got, and the next round goes on from there; other organisations have their turn.
            log.LogError(failure, "The re-rating {ReratingId} was cut off and will be resumed", open.Id);
            return false;
        }
    }

    private async Task<bool> DriveAsync(OpenRerating open, Func<bool> mayGoOn, CancellationToken cancellation)
    {
        var (rerating, etag) = await store.FindAsync(open.OrganisationId, open.Id, cancellation);
        if (rerating is null && NowUnixMs - open.CreatedUnixMs < OrphanMs)
        {
            return true;
        }

        if (rerating is { IsOpen: true })
        {
            var at = new Position(rerating, etag!);
            try
            {
                if (!await GoOnAsync(at, mayGoOn, cancellation))
                {
                    return false;
                }
            }
            catch (Exception failure) when (failure is InvalidDataException or JsonException or OverflowException)
            {
                // It will be so whenever it is tried: those behind it must not wait for ever.
                log.LogError(failure, "The re-rating {ReratingId} cannot be carried out", open.Id);
                if (!await SaveAsync(at, at.Rerating with { State = ReratingState.Failed, EndedUnixMs = NowUnixMs, Problem = failure.Message }, cancellation))
                {
                    return false;
                }
            }
        }

        await store.ForgetOpenAsync(open, cancellation);
        return true;
    }

    /// <returns>Whether it has ended; false also where somebody else has taken over.</returns>
    private async Task<bool> GoOnAsync(Position at, Func<bool> mayGoOn, CancellationToken cancellation)
    {
        if (at.Rerating.State == ReratingState.Planned && !await StartAsync(at, cancellation))
        {
            return false;
        }

        return (at.Rerating.IsPriced || await PriceAsync(at, mayGoOn, cancellation))
            && (at.Rerating.Wallets is not null || await AddUpAsync(at, cancellation))
            && await PostAsync(at, mayGoOn, cancellation);
    }

    private async Task<bool> StartAsync(Position at, CancellationToken cancellation)
    {
        var all = await store.AllAsync(at.Rerating.OrganisationId, cancellation);
        return await SaveAsync(
            at, at.Rerating with { State = ReratingState.Running, StartedUnixMs = NowUnixMs, Sequence = all.Max(static r => r.Sequence) + 1 }, cancellation);
    }

    private async Task<bool> PriceAsync(Position at, Func<bool> mayGoOn, CancellationToken cancellation)
    {
        await foreach (var priced in pricing.ExecuteAsync(at.Rerating, MostCalls, MostCorrected, cancellation))
        {
            var next = at.Rerating with { Figures = priced.Figures, Before = priced.Last?.ToString() };
            StoredPart? part = null;
            if (priced.Corrected is [var first, ..] and [.., var last])
            {
                part = new StoredPart(ids.NewId(string.Create(null, $"{next.Parts.Count:D6}")), first.Id, last.Id);
                await blobs.WritePartAsync(next, part.Name, priced.Corrected, cancellation);
                next = next with { Parts = [.. next.Parts, part] };
            }

            if (!await SaveAsync(at, next, cancellation))
            {
                if (part is not null)
                {
                    await blobs.DeletePartAsync(next, part.Name, cancellation);
                }

                return false;
            }

            if (!mayGoOn())
            {
                return false;
            }
        }

        return await SaveAsync(at, at.Rerating with { IsPriced = true }, cancellation);
    }

    private async Task<bool> AddUpAsync(Position at, CancellationToken cancellation)
    {
        var wallets = await AddUpWallets.ExecuteAsync(blobs.CallsAsync(at.Rerating, at.Rerating.Parts, cancellation));
        await blobs.WriteWalletsAsync(at.Rerating, wallets, cancellation);
        return await SaveAsync(at, at.Rerating with { Wallets = wallets.Count, PostingUnixMs = NowUnixMs }, cancellation);
    }

    private async Task<bool> PostAsync(Position at, Func<bool> mayGoOn, CancellationToken cancellation)
    {
        var skip = at.Rerating.Posted;
        var chunk = new List<WalletCorrection>(PostChunk);
        await foreach (var wallet in blobs.WalletsAsync(at.Rerating, cancellation))
        {
            if (skip-- > 0)
            {
                continue;
            }

            chunk.Add(wallet);
            if (chunk.Count == PostChunk && !(await PostChunkAsync(at, chunk, cancellation) && mayGoOn()))
            {
                return false;
            }
        }

        if (chunk.Count > 0 && !await PostChunkAsync(at, chunk, cancellation))
        {
            return false;
        }

        var refused = at.Rerating.Refusals.Count;
        return await SaveAsync(
            at,
            at.Rerating with
            {
                State = refused == 0 ? ReratingState.Done : ReratingState.Failed,
                EndedUnixMs = NowUnixMs,
                Problem = refused == 0 ? null : "Wallets refused their corrections; see 'refusals'. All others are corrected.",
            },
            cancellation);
    }

    private async Task<bool> PostChunkAsync(Position at, List<WalletCorrection> chunk, CancellationToken cancellation)
    {
        var refusals = new List<StoredRefusal>();
        await Parallel.ForEachAsync(chunk, new ParallelOptions { MaxDegreeOfParallelism = PostAtOnce, CancellationToken = cancellation }, async (wallet, cancel) =>
        {
            if (await posting.ExecuteAsync(at.Rerating, wallet, cancel) is { } refusal)
            {
                lock (refusals)
                {
                    refusals.Add(refusal);
                }
            }
        });
        var next = at.Rerating with
        {
            Posted = at.Rerating.Posted + chunk.Count,
            Refusals = [.. at.Rerating.Refusals.Concat(refusals.OrderBy(static r => r.Wallet, StringComparer.Ordinal).ThenBy(static r => r.Period)).Take(MostRefusals)],
        };
        chunk.Clear();
        return await SaveAsync(at, next, cancellation);
    }

    /// <summary>Writes down how far it got; false where somebody else did: then it is theirs.</summary>
    private async Task<bool> SaveAsync(Position at, StoredRerating next, CancellationToken cancellation)
    {
        if (await store.TryReplaceAsync(next, at.ETag, cancellation) is not { } etag)
        {
            return false;
        }

        (at.Rerating, at.ETag) = (next, etag);
        return true;
    }

    /// <summary>The document as it was written last.</summary>
    private sealed class Position(StoredRerating rerating, string etag)
    {
        public StoredRerating Rerating { get; set; } = rerating;

        public string ETag { get; set; } = etag;
    }
}
