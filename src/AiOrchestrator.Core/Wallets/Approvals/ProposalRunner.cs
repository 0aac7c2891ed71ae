using System.Collections.Concurrent;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Wallets.Approvals;

/// <summary>
/// Sees to it that every open proposal ends: goes on at the start with what was cut off, tries again soon where money is out in leases,
/// and looks for what has expired. Any number of instances may do so at once. Where it runs in the background, nobody else need watch.
/// </summary>
internal sealed class ProposalRunner(IDocumentStore documents, IEnumerable<IProposalWork> works, TimeProvider time, ILogger<ProposalRunner> logger)
    : BackgroundService, IProposalScheduler
{
    /// <summary>How often all open proposals are looked at, milliseconds.</summary>
    public const long PassEveryMs = 30_000;

    /// <summary>What comes back is kept for who asks again within <c>LeaseTerms.ClaimMs</c>: this is well below it.</summary>
    private const long ContendedDelayMs = 500;

    private const long FirstFailureDelayMs = 1_000;
    private const long MaxFailureDelayMs = 16_000;

    private readonly ConcurrentDictionary<(IProposalWork Work, string OrganisationId, string Id), Retry> _retries = new();
    private long _passAtUnixMs;

    /// <summary>Drives a proposal as far as it goes now. What could not be finished is tried again soon; failures are logged, not thrown.</summary>
    public async Task DriveNowAsync(IProposalWork work, string organisationId, string id)
    {
        try
        {
            // Not the caller's cancellation: what is approved is not theirs to abandon.
            var progress = await work.DriveAsync(organisationId, id, CancellationToken.None);
            Remember((work, organisationId, id), progress.Progress == ProposalProgress.Contended ? ContendedDelayMs : null);
        }
        catch (Exception failure)
        {
            // Safe: the document says how far it got, and the next try goes on from there.
            logger.LogError(failure, "Carrying out proposal {ProposalId} was cut off and will be resumed", id);
            var key = (work, organisationId, id);
            var before = _retries.TryGetValue(key, out var retry) ? retry.DelayMs : FirstFailureDelayMs / 2;
            Remember(key, Math.Clamp(before * 2, FirstFailureDelayMs, MaxFailureDelayMs));
        }
    }

    /// <inheritdoc/>
    /// <remarks>The next pass comes by it.</remarks>
    public ValueTask OpenedAsync(ProposalRef proposal, CancellationToken cancellation) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    /// <remarks>Where money is out in leases, the try that was made remembered to come back.</remarks>
    public ValueTask DecidedAsync(ProposalRef proposal, CancellationToken cancellation) => ValueTask.CompletedTask;

    /// <summary>Does what is due now: all open proposals every <see cref="PassEveryMs"/>, those to be retried when their delay is over.</summary>
    public async Task RunDueAsync(CancellationToken cancellation)
    {
        if (NowUnixMs >= _passAtUnixMs)
        {
            await PassAsync(cancellation);
            _passAtUnixMs = NowUnixMs + PassEveryMs;
            return;
        }

        foreach (var (key, retry) in _retries)
        {
            if (NowUnixMs >= retry.AtUnixMs)
            {
                await DriveNowAsync(key.Work, key.OrganisationId, key.Id);
            }
        }
    }

    /// <summary>Looks at every open proposal.</summary>
    public async Task PassAsync(CancellationToken cancellation)
    {
        await foreach (var (organisation, _) in documents.AllAsync(
            IdentityPartitions.Organisations, IdentityJson.Default.StoredOrganisation, cancellation))
        {
            foreach (var work in works)
            {
                foreach (var id in await work.OpenIdsAsync(organisation.Id, cancellation))
                {
                    cancellation.ThrowIfCancellationRequested();
                    await DriveNowAsync(work, organisation.Id, id);
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(ContendedDelayMs), time);
        try
        {
            do
            {
                await RunSafelyAsync(stoppingToken);
            }
            while (await tick.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The instance stops; whoever starts next goes on.
        }
    }

    private long NowUnixMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task RunSafelyAsync(CancellationToken cancellation)
    {
        try
        {
            await RunDueAsync(cancellation);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // The store does not answer: the next pass asks again, and nothing is lost by waiting.
            logger.LogError(failure, "Looking for open proposals failed");
            _passAtUnixMs = NowUnixMs + MaxFailureDelayMs;
        }
    }

    private void Remember((IProposalWork Work, string OrganisationId, string Id) key, long? delayMs)
    {
        if (delayMs is { } delay)
        {
            _retries[key] = new Retry(NowUnixMs + delay, delay);
        }
        else
        {
            _retries.TryRemove(key, out _);
        }
    }

    /// <summary>When to try again, and how long after the last try that is; milliseconds.</summary>
    private sealed record Retry(long AtUnixMs, long DelayMs);
}
