namespace AiOrchestrator.Server.Storage;

/// <summary>
/// Makes a snapshot whenever enough came since the last. None is made at the end: what it would save the next start is what it would cost
/// this one.
/// </summary>
internal sealed partial class JournalSnapshots(StorageSet storage, StorageOptions options, TimeProvider time, ILogger<JournalSnapshots> logger)
    : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (!storage.Journal.IsSnapshotDue)
            {
                continue;
            }

            try
            {
                if (await Task.Run(() => storage.Journal.WriteSnapshot(() => new WalletReplay(options.Terms), stoppingToken), stoppingToken) is { } row)
                {
                    Written(logger, row);
                }
            }
            catch (StorageException e)
            {
                // What was written by this process is not there any more: the next start would refuse it, and until then it gets no better.
                options.Fail(e.Message);
                return;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Made a snapshot of the journal up to row {Row}")]
    private static partial void Written(ILogger logger, long row);
}
