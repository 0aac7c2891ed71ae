using System.Collections.Concurrent;
using System.Globalization;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Alerts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Traffic.Utilisation;

/// <summary>
/// Off the request path: tells of providers that are used to 80 %, every ten seconds, and writes peaks down, at most once a minute and where they have risen.
/// Each instance does: what it has seen nobody else knows.
/// </summary>
internal sealed class UseUpkeep(UseBook book, IDocumentStore documents, AlertBook alerts, TimeProvider time, ILogger<UseUpkeep> logger) : BackgroundService
{
    private const int TicksPerSave = 6;
    private const long MinutesPerDay = 1440;

    private readonly ConcurrentDictionary<(string OrganisationId, string ProviderId, UseWindow Window), long> _told = new();

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await GuardAsync(() => SaveAsync(cancellationToken), cancellationToken);
    }

    /// <summary>Raises an alert for each window in which 80 % was reached since the last time.</summary>
    internal async Task TellAsync(CancellationToken cancellation)
    {
        foreach (var use in book.All)
        {
            foreach (var window in Enum.GetValues<UseWindow>())
            {
                // A day is told once, and so is a minute.
                var minute = use.HighMinute(window);
                var period = UseWindows.IsOfDay(window) ? minute / MinutesPerDay : minute;
                var key = (use.OrganisationId, use.ProviderId, window);
                if (minute == 0 || (_told.TryGetValue(key, out var told) && told >= period))
                {
                    continue;
                }

                await alerts.CountAsync(AlertOf(use, window, minute), cancellation);
                _told[key] = period;
            }
        }
    }

    /// <summary>Writes what has risen, with what others have written.</summary>
    internal async Task SaveAsync(CancellationToken cancellation)
    {
        foreach (var use in book.All.Where(static u => u.TakeChanged()))
        {
            var isWritten = false;
            try
            {
                isWritten = await SaveAsync(use, cancellation);
            }
            finally
            {
                if (!isWritten)
                {
                    use.ChangedStill();
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromSeconds(10), time);
        try
        {
            for (var ticks = 1; await tick.WaitForNextTickAsync(stoppingToken); ticks = ticks % TicksPerSave + 1)
            {
                await GuardAsync(() => TellAsync(stoppingToken), stoppingToken);
                if (ticks == TicksPerSave)
                {
                    await GuardAsync(() => SaveAsync(stoppingToken), stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The instance stops; what has risen is written by StopAsync.
        }
    }

    private async Task<bool> SaveAsync(ProviderUse use, CancellationToken cancellation)
    {
        var partition = StoredUse.Partition(use.OrganisationId);
        var (stored, etag) = await documents.FindAsync(partition, use.ProviderId, UtilisationJson.Default.StoredUse, cancellation);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        use.Merge(stored?.Hours ?? [], now);
        var peaks = use.Peaks(now);
        if (stored is not null && stored.Hours.SequenceEqual(peaks))
        {
            return true;
        }

        var json = StoredDocuments.Bytes(new StoredUse(peaks), UtilisationJson.Default.StoredUse);
        var write = etag is null
            ? await documents.CreateAsync(partition, use.ProviderId, json, cancellation)
            : await documents.ReplaceAsync(partition, use.ProviderId, json, etag, cancellation);
        return write.Outcome == DocumentOutcome.Done;
    }

    private static Alert AlertOf(ProviderUse use, UseWindow window, long minute)
    {
        var at = DateTimeOffset.FromUnixTimeSeconds(minute * 60).UtcDateTime;

        // A busy hour is one alert, and counts its minutes; a minute that is busy on several instances counts for each, since none knows of the others.
        var when = at.ToString(UseWindows.IsOfDay(window) ? "yyyy-MM-dd" : "yyyy-MM-ddTHH", CultureInfo.InvariantCulture);
        var word = UseWindows.Word(window);
        return new Alert(
            $"utilisation:{AlertBook.IdOf($"{use.ProviderId}\n{word}")}:{when}",
            use.OrganisationId,
            AlertKinds.ProviderUtilisation,
            AlertSeverity.Warning,
            $"'{use.ProviderId}' is used to 80 % of its {word.Replace('_', ' ')}",
            "Calls beyond the limit go to another provider, wait where they say so (x-max-wait-ms), or are refused. Raise the limit if the provider allows more, or "
            + "spread the calls: GET /control/v1/utilisation shows the hours in which most is used.",
            new Dictionary<string, string>(StringComparer.Ordinal) { ["provider"] = use.ProviderId, ["window"] = word },
            minute * 60_000);
    }

    private async Task GuardAsync(Func<Task> work, CancellationToken stopping)
    {
        try
        {
            await work();
        }
        catch (Exception failure) when (!stopping.IsCancellationRequested)
        {
            // Safe: the store does not answer; what was seen stays in memory, and the next tick tries again.
            logger.LogError(failure, "Keeping up the providers' utilisation failed");
        }
    }
}
