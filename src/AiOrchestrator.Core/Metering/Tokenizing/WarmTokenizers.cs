using Microsoft.Extensions.Hosting;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>
/// Reads the vocabularies beside the start of the host: some tens of milliseconds that the first call would wait for. The start does not wait; a
/// call that comes earlier shares the reading.
/// </summary>
internal sealed class WarmTokenizers : IHostedService
{
    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // What fails here fails again, and is told, where it is needed.
        _ = Task.Run(static () => Tokenizer.O200k.Count("warm"u8) + Tokenizer.Cl100k.Count("warm"u8), CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
