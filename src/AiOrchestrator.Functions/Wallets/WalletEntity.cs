using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets.Entities;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Entities;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Functions.Wallets;

/// <summary>What an entity keeps: Core's state, and the tick that is on its way to it.</summary>
/// <param name="State">The wallet.</param>
/// <param name="WakeAtUnixMs">When that tick is due, milliseconds since 1970; null for none.</param>
public sealed record StoredWallet(WalletEntityState State, long? WakeAtUnixMs);

/// <summary>
/// A wallet as a Durable entity, which handles one operation at a time and commits its state together with the signals it sent. What it does
/// is Core's (<see cref="WalletEntityHost"/>); here is only the loading, the saving and the signalling.
/// </summary>
public sealed partial class WalletEntity(WalletEntityHost wallets, IWalletLineSink lines, TimeProvider time, IdSource ids, ILogger<WalletEntity> logger)
    : ITaskEntity
{
    /// <summary>Takes a <see cref="WalletMessage"/>.</summary>
    internal const string Handle = "Handle";

    /// <summary>Hands on the lines that wait in the outbox.</summary>
    internal const string Publish = "Publish";

    private const long LostAfterMs = 60_000;

    /// <summary>How long after a failure lines are handed on again.</summary>
    private static readonly TimeSpan PublishAgain = TimeSpan.FromSeconds(30);

    /// <summary>How long handing on may take: meanwhile the wallet answers nobody, and instances wait for 1.5 seconds.</summary>
    private static readonly TimeSpan PublishPatience = TimeSpan.FromSeconds(1);

    /// <summary>The entity of a wallet.</summary>
    public static EntityInstanceId IdOf(string walletId) => new(nameof(WalletEntity), walletId);

    /// <summary>The trigger.</summary>
    [Function(nameof(WalletEntity))]
    public static Task DispatchAsync([EntityTrigger] TaskEntityDispatcher dispatcher) => dispatcher.DispatchAsync<WalletEntity>();

    /// <inheritdoc/>
    public async ValueTask<object?> RunAsync(TaskEntityOperation operation)
    {
        var stored = operation.State.GetState<StoredWallet>();
        if (operation.Name == Handle)
        {
            HandleMessage(operation, stored, operation.GetInput<WalletMessage>()!);
        }
        else if (operation.Name == Publish && stored is not null)
        {
            await PublishLinesAsync(operation, stored);
        }

        // An entity that was woken up and remembers nothing goes again.
        return null;
    }

    private void HandleMessage(TaskEntityOperation operation, StoredWallet? stored, WalletMessage message)
    {
        var entity = operation.Context;
        var step = wallets.Handle(entity.Id.Key, stored?.State, message);
        var wake = NextWake(stored?.WakeAtUnixMs, step.WakeAtUnixMs, message, time.GetUtcNow().ToUnixTimeMilliseconds());
        operation.State.SetState(step.State is null ? null : new StoredWallet(step.State, wake));
        if (step.HasOutbox)
        {
            entity.SignalEntity(entity.Id, Publish);
        }

        if (step.State is not null && wake is { } wakeAt && wakeAt != stored?.WakeAtUnixMs)
        {
            var tick = new WalletMessage { Id = ids.NewLeaseId(), SentAtUnixMs = wakeAt, Kind = WalletMessageKind.Tick };
            entity.SignalEntity(entity.Id, Handle, tick, new SignalEntityOptions { SignalTime = DateTimeOffset.FromUnixTimeMilliseconds(wakeAt) });
        }
    }

    /// <summary>
    /// The tick that is to be on its way after a message: one at a time, so that a wallet whose next date moves with every report does not
    /// pile them up. One that comes too early finds nothing to do and sends the next.
    /// </summary>
    /// <param name="underWay">The one that was on its way before, milliseconds since 1970; or null.</param>
    /// <param name="wanted">When time next means something; null for never.</param>
    /// <param name="message">What was handled: perhaps the tick itself.</param>
    /// <param name="nowUnixMs">A tick that is late by more than <see cref="LostAfterMs"/> was lost.</param>
    internal static long? NextWake(long? underWay, long? wanted, WalletMessage message, long nowUnixMs)
    {
        var arrived = message.Kind == WalletMessageKind.Tick && message.SentAtUnixMs == underWay;
        var coming = arrived || underWay + LostAfterMs < nowUnixMs ? null : underWay;
        return wanted is { } at && (coming is null || at < coming) ? at : coming;
    }

    private async Task PublishLinesAsync(TaskEntityOperation operation, StoredWallet stored)
    {
        var outbox = WalletEntityHost.Outbox(stored.State);
        if (outbox.Count == 0)
        {
            return;
        }

        using var late = new CancellationTokenSource(PublishPatience, time);
        try
        {
            await lines.PublishAsync(outbox, late.Token);
        }
        catch (Exception failure)
        {
            // Safe: they stay in the outbox. Thrown on, the failure would undo the signal that tries again.
            LogNotPublished(failure, operation.Context.Id.Key, outbox.Count);
            operation.Context.SignalEntity(
                operation.Context.Id, Publish, null, new SignalEntityOptions { SignalTime = time.GetUtcNow() + PublishAgain });
            return;
        }

        operation.State.SetState(stored with { State = wallets.Published(stored.State, outbox[^1].Number) });
    }

    [LoggerMessage(1, LogLevel.Error, "{Count} lines of the wallet {WalletId} could not be handed on; they are kept and handed on again")]
    private partial void LogNotPublished(Exception failure, string walletId, int count);
}
