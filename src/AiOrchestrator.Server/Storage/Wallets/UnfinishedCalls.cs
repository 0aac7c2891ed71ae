namespace AiOrchestrator.Server.Storage;

/// <summary>At start and then every hour, decides what became of calls that have been in suspense for too long.</summary>
internal sealed partial class UnfinishedCalls(
    JournaledWalletAuthority authority, StorageOptions options, TimeProvider time, ILogger<UnfinishedCalls> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                var before = time.GetUtcNow() - TimeSpan.FromHours(options.SuspenseHours);
                var decided = await authority.ResolveUnfinishedAsync(before.ToUnixTimeMilliseconds(), stoppingToken);
                if (decided > 0)
                {
                    Decided(logger, decided, options.SuspenseHours);
                }
            }
            catch (StorageException e)
            {
                // Safe: suspense keeps the money out of reach until the next hour.
                Postponed(logger, e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Charged {Calls} calls in full that were started more than {Hours} hours ago and never settled")]
    private static partial void Decided(ILogger logger, int calls, int hours);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Calls in suspense are decided later: {Reason}")]
    private static partial void Postponed(ILogger logger, string reason);
}
