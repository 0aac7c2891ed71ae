using System.Globalization;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Alerts;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Insight.Rerating;

/// <summary>
/// Carries re-ratings out, those of an organisation one after the other, so that each begins with what the ones before it settled. The document says how far one
/// got, chunk by chunk: whoever is cut off anywhere, or overtaken by somebody else, finds out from it. First all calls are priced again and written down, then
/// what that comes to is added up, then wallets are told: nobody's money moves before all of it is known.
/// </summary>
internal sealed class RerateWork(
    ReratingStore store,
    ReratingBlobs blobs,
    PriceCalls pricing,
    ReratingPrices prices,
    PostCorrections posting,
    AlertBook alerts,
    IdSource ids,
    TimeProvider time,
    ILogger<RerateWork> log)
{
    /// <summary>Of a part: calls looked at, and calls that are in memory until it is written.</summary>
    private const int MostCalls = 50_000;
    private const int MostCorrected = 10_000;

    /// <summary>What an alert of one that failed is called.</summary>
    private const string FailedKind = AlertKinds.ReratingFailed;

    /// <summary>For so long wallets that refuse, or do not answer, are told again.</summary>
    private const long RetryMs = 24 * 3_600_000;

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
                var progress = await DriveSafelyAsync(open, mayGoOn, cancellation);
                isDone &= progress == Progress.Ended;

                // Those behind it wait: what it comes to is what they begin with. That is known when only wallets are to be told again.
                if (progress == Progress.Cut)
                {
                    break;
                }
            }
        }

        return isDone;
    }

    private long NowUnixMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task<Progress> DriveSafelyAsync(OpenRerating open, Func<bool> mayGoOn, CancellationToken cancellation)
    {
        try
        {
            return await DriveAsync(open, mayGoOn, cancellation);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Safe: the document says how far it got, and the next round goes on from there; other organisations have their turn.
            log.LogError(failure, "The re-rating {ReratingId} was cut off and will be resumed", open.Id);
            return Progress.Cut;
        }
    }

    private async Task<Progress> DriveAsync(OpenRerating open, Func<bool> mayGoOn, CancellationToken cancellation)
    {
        var (rerating, etag) = await store.FindAsync(open.OrganisationId, open.Id, cancellation);
        if (rerating is null && NowUnixMs - open.CreatedUnixMs < OrphanMs)
        {
            return Progress.Ended;
        }

        if (rerating is { IsOpen: true })
        {
            var at = new Position(rerating, etag!);
            try
            {
                if (await GoOnAsync(at, mayGoOn, cancellation) is var progress and not Progress.Ended)
                {
                    return progress;
                }
            }
            catch (Exception failure) when (failure is InvalidDataException or JsonException or OverflowException)
            {
                // It will be so whenever it is tried: those behind it must not wait for ever.
                log.LogError(failure, "The re-rating {ReratingId} cannot be carried out", open.Id);
                if (!await FailAsync(at, failure.Message, cancellation))
                {
                    return Progress.Cut;
                }
            }
        }

        await store.ForgetOpenAsync(open, cancellation);
        return Progress.Ended;
    }

    private async Task<Progress> GoOnAsync(Position at, Func<bool> mayGoOn, CancellationToken cancellation)
    {
        if (at.Rerating.State == ReratingState.Planned && !await StartAsync(at, cancellation))
        {
            return Progress.Cut;
        }

        return (at.Rerating.IsPriced || await PriceAsync(at, mayGoOn, cancellation))
            && (at.Rerating.Wallets is not null || await AddUpAsync(at, cancellation))
                ? await PostAsync(at, mayGoOn, cancellation)
                : Progress.Cut;
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

        return await SaveAsync(
            at, at.Rerating with { IsPriced = true, Warnings = [.. at.Rerating.Warnings, .. prices.Warnings(at.Rerating)] }, cancellation);
    }

    private async Task<bool> AddUpAsync(Position at, CancellationToken cancellation)
    {
        var wallets = await AddUpWallets.ExecuteAsync(blobs.CallsAsync(at.Rerating, at.Rerating.Parts, cancellation));
        await blobs.WriteWalletsAsync(at.Rerating, wallets, cancellation);
        return await SaveAsync(at, at.Rerating with { Wallets = wallets.Count, PostingUnixMs = NowUnixMs, RetryUnixMs = NowUnixMs }, cancellation);
    }

    private async Task<Progress> PostAsync(Position at, Func<bool> mayGoOn, CancellationToken cancellation)
    {
        await foreach (var step in posting.ExecuteAsync(() => at.Rerating, cancellation))
        {
            if (!await SaveAsync(at, step, cancellation))
            {
                return Progress.Cut;
            }

            if (!mayGoOn())
            {
                return Progress.Cut;
            }
        }

        var isComplete = at.Rerating.Posted == at.Rerating.Wallets;
        if (isComplete && at.Rerating.Refusals.Count == 0)
        {
            return await SaveAsync(at, at.Rerating with { State = ReratingState.Done, EndedUnixMs = NowUnixMs, Problem = null }, cancellation)
                ? Progress.Ended
                : Progress.Cut;
        }

        var tried = at.Rerating.RetryUnixMs ?? at.Rerating.PostingUnixMs;
        if (NowUnixMs - tried >= RetryMs || (isComplete && !at.Rerating.Refusals.Any(static r => r.MayPass)))
        {
            return await FailAsync(at, "Wallets did not take their corrections; see 'refusals'. All others are corrected. Asking again tries these again.", cancellation)
                ? Progress.Ended
                : Progress.Cut;
        }

        var until = Rfc3339.Format(tried + RetryMs);
        var problem = $"Wallets did not take their corrections; see 'refusals'. They are tried again until {until}.";
        _ = at.Rerating.Problem == problem || await SaveAsync(at, at.Rerating with { Problem = problem }, cancellation);
        return isComplete ? Progress.Waits : Progress.Cut;
    }

    private async Task<bool> FailAsync(Position at, string problem, CancellationToken cancellation)
    {
        // Before it is written down: whoever is cut off between raises it again, and it is the same.
        await alerts.RaiseAsync(FailureOf(at.Rerating, problem), cancellation);
        return await SaveAsync(at, at.Rerating with { State = ReratingState.Failed, EndedUnixMs = NowUnixMs, Problem = problem }, cancellation);
    }

    private Alert FailureOf(StoredRerating rerating, string problem) => new(
        string.Create(CultureInfo.InvariantCulture, $"{FailedKind}:{rerating.Id}:{rerating.RetryUnixMs ?? 0}"),
        rerating.OrganisationId,
        FailedKind,
        AlertSeverity.Warning,
        $"The re-rating '{rerating.Id}' of '{rerating.Model}' has failed",
        $"{problem} GET /control/v1/reratings/{rerating.Id} says more.",
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["rerating"] = rerating.Id,
            ["refusals"] = rerating.Refusals.Count.ToString(CultureInfo.InvariantCulture),
        },
        NowUnixMs);

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

    /// <summary>How far a round got with one.</summary>
    private enum Progress
    {
        /// <summary>It has ended.</summary>
        Ended,

        /// <summary>All it comes to is known and told, save to wallets that will be told again.</summary>
        Waits,

        /// <summary>Something else is left to be done, or somebody else has taken over.</summary>
        Cut,
    }

    /// <summary>The document as it was written last.</summary>
    private sealed class Position(StoredRerating rerating, string etag)
    {
        public StoredRerating Rerating { get; set; } = rerating;

        public string ETag { get; set; } = etag;
    }
}
