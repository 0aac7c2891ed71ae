using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Providers;

/// <summary>Off the request path: loads provider rows anew every few minutes while any of them goes by access tokens, so that those are had ahead of time.</summary>
internal sealed class TokenRenewal(ProviderDirectory providers, TimeProvider time, ILogger<TokenRenewal> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(5);

    /// <summary>One turn.</summary>
    internal async Task TurnAsync(CancellationToken cancellation)
    {
        if (!providers.HasAccounts)
        {
            return;
        }

        try
        {
            await providers.RefreshAsync(cancellation);
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            // Rows stay as they were, their tokens too; the next turn tries again.
            logger.LogError(failure, "Renewing access tokens failed");
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(Every, time);
        try
        {
            while (await tick.WaitForNextTickAsync(stoppingToken))
            {
                await TurnAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The instance stops.
        }
    }
}
