using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Wallets;

/// <summary>Keeps leases reported, renewed and returned, once a second, off the request path.</summary>
internal sealed class LeaseRenewal(LeaseBook leases, TimeProvider time, ILogger<LeaseRenewal> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var low = leases.RenewLowAsync(stoppingToken);
        using var tick = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        try
        {
            while (await tick.WaitForNextTickAsync(stoppingToken))
            {
                await RenewAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The instance stops; what is still leased is given back when the book is disposed.
        }

        await low.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RenewAsync(CancellationToken cancellation)
    {
        try
        {
            await leases.RenewDueAsync(cancellation);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Leases that cannot be renewed stop admitting by themselves; the next tick tries again.
            logger.LogError(failure, "Renewing leases failed");
        }
    }
}
