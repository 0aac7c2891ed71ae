using AiOrchestrator.Core.Metering;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Entities;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Functions.Wallets;

/// <summary>
/// Sends a wallet's lines to the usage hub and tells the wallet which are durable. It keeps nothing: the lines are the wallet's until then.
/// </summary>
public sealed partial class WalletOutbox(IWalletLineSink lines, ILogger<WalletOutbox> logger) : ITaskEntity
{
    /// <summary>Takes lines, in order, at least one.</summary>
    internal const string Publish = "Publish";

    /// <summary>The entity that sends for a wallet.</summary>
    public static EntityInstanceId IdOf(string walletId) => new(nameof(WalletOutbox), walletId);

    /// <summary>The trigger.</summary>
    [Function(nameof(WalletOutbox))]
    public static Task DispatchAsync([EntityTrigger] TaskEntityDispatcher dispatcher) => dispatcher.DispatchAsync<WalletOutbox>();

    /// <inheritdoc/>
    public async ValueTask<object?> RunAsync(TaskEntityOperation operation)
    {
        var entity = operation.Context;
        if (operation.Name != Publish || operation.GetInput<NumberedLine[]>() is not { Length: > 0 } some)
        {
            return null;
        }

        try
        {
            await lines.PublishAsync(some, CancellationToken.None);
            entity.SignalEntity(WalletEntity.IdOf(entity.Id.Key), WalletEntity.Published, some[^1].Number);
        }
        catch (Exception failure)
        {
            // Safe: the wallet still has them, and hands them on again after a while.
            LogNotPublished(failure, entity.Id.Key, some.Length);
        }

        return null;
    }

    [LoggerMessage(1, LogLevel.Error, "{Count} lines of the wallet {WalletId} could not be handed on; the wallet keeps them and hands them on again")]
    private partial void LogNotPublished(Exception failure, string walletId, int count);
}
