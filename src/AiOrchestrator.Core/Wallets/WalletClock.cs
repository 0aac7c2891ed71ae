using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Wallets;

/// <summary>
/// Lets time pass for wallets nobody touches: periods begin, overdue leases are reclaimed. Wallets begin a due period by themselves when they
/// are touched; repeating either changes nothing.
/// </summary>
internal sealed class WalletClock(IWalletAuthority authority, TimeProvider time, ILogger<WalletClock> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                await authority.TickAsync(stoppingToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                // Safe: nothing was lost; the next tick, or whoever touches the wallet, does it.
                logger.LogError(failure, "Letting time pass for the wallets failed");
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
