using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Jobs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Insight.Reviews;

/// <summary>
/// Every minute: what waits for a wallet is driven on, what nobody decided for a day is decided by <see cref="InsightOptions.DisputedUsage"/>, and
/// what is closed is forgotten after 90 days.
/// </summary>
internal sealed class ReviewJob(
    ReviewBook reviews,
    DriveReview drive,
    DecideReview decide,
    ChargeQueued queued,
    IDocumentStore documents,
    IOptions<InsightOptions> options,
    TimeProvider time,
    ILogger<ReviewJob> log)
{
    private const int PageSize = 200;

    private static readonly TimeSpan DecideAfter = TimeSpan.FromHours(24);
    private static readonly TimeSpan KeepClosed = TimeSpan.FromDays(90);

    /// <summary>As a job.</summary>
    public static Job AsJob(ReviewJob reviews) =>
        new("decide-reviews", TimeSpan.FromMinutes(1), (_, cancellation) => reviews.ExecuteAsync(cancellation));

    /// <summary>One round over all organisations.</summary>
    public async Task ExecuteAsync(CancellationToken cancellation)
    {
        await foreach (var (organisation, _) in documents.AllAsync(
            IdentityPartitions.Organisations, IdentityJson.Default.StoredOrganisation, cancellation))
        {
            string? after = null;
            while (await reviews.OpenAsync(organisation.Id, after, PageSize, cancellation) is { Count: > 0 } page)
            {
                foreach (var id in page)
                {
                    await TryAsync(organisation.Id, id, cancellation);
                }

                after = page[^1];
            }

            await TryChargeAsync(organisation.Id, cancellation);
            await reviews.PruneAsync(organisation.Id, NowUnixMs - (long)KeepClosed.TotalMilliseconds, cancellation);
        }
    }

    private async Task TryAsync(string organisationId, string id, CancellationToken cancellation)
    {
        try
        {
            var review = await drive.ExecuteAsync(organisationId, id, cancellation);
            if (review is { State: ReviewState.Open } && NowUnixMs - review.SeenUnixMs >= (long)DecideAfter.TotalMilliseconds)
            {
                await decide.ByRuleAsync(organisationId, id, options.Value.DisputedUsage, cancellation);
            }
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // Safe: it stays noted as open, and the next round goes on with it.
            log.LogError(failure, "the review of {ExchangeId} could not go on", id);
        }
    }

    private async Task TryChargeAsync(string organisationId, CancellationToken cancellation)
    {
        try
        {
            await queued.ExecuteAsync(organisationId, cancellation);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // Safe: it is written down how far it got, and the next round goes on with it.
            log.LogError(failure, "what is claimed beyond the open reviews of {OrganisationId} could not be charged", organisationId);
        }
    }

    private long NowUnixMs => time.GetUtcNow().ToUnixTimeMilliseconds();
}
