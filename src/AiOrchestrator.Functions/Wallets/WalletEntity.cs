using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets.Entities;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Entities;

namespace AiOrchestrator.Functions.Wallets;

/// <summary>What an entity keeps: Core's state, and the tick that is on its way to it.</summary>
/// <param name="State">The wallet.</param>
/// <param name="WakeAtUnixMs">When that tick is due, milliseconds since 1970; null for none.</param>
public sealed record StoredWallet(WalletEntityState State, long? WakeAtUnixMs);

/// <summary>
/// A wallet as a Durable entity, which handles one operation at a time and commits its state together with the signals it sent. What it does
/// is Core's (<see cref="WalletEntityHost"/>); here is only the loading, the saving and the signalling.
/// </summary>
public sealed class WalletEntity(WalletEntityHost wallets, TimeProvider time, IdSource ids) : ITaskEntity
{
    /// <summary>Takes a <see cref="WalletMessage"/>.</summary>
    internal const string Handle = "Handle";

    /// <summary>Takes the number up to which lines were handed on, and are durable.</summary>
    internal const string Published = "Published";

    /// <summary>Most lines handed on at once: with their notes well below what a message may hold.</summary>
    internal const int MostLines = 100;

    private const long LostAfterMs = 60_000;

    /// <summary>The entity of a wallet.</summary>
    public static EntityInstanceId IdOf(string walletId) => new(nameof(WalletEntity), walletId);

    /// <summary>The trigger.</summary>
    [Function(nameof(WalletEntity))]
    public static Task DispatchAsync([EntityTrigger] TaskEntityDispatcher dispatcher) => dispatcher.DispatchAsync<WalletEntity>();

    /// <inheritdoc/>
    public ValueTask<object?> RunAsync(TaskEntityOperation operation)
    {
        var stored = operation.State.GetState<StoredWallet>();
        if (operation.Name == Handle)
        {
            HandleMessage(operation, stored, operation.GetInput<WalletMessage>()!);
        }
        else if (operation.Name == Published && stored is not null)
        {
            ForgetPublished(operation, stored, operation.GetInput<long>());
        }

        // An entity that was woken up and remembers nothing goes again.
        return default;
    }

    private void HandleMessage(TaskEntityOperation operation, StoredWallet? stored, WalletMessage message)
    {
        var entity = operation.Context;
        var step = wallets.Handle(entity.Id.Key, stored?.State, message);
        var wake = NextWake(stored?.WakeAtUnixMs, step.WakeAtUnixMs, message, time.GetUtcNow().ToUnixTimeMilliseconds());
        operation.State.SetState(step.State is null ? null : new StoredWallet(step.State, wake));
        if (step.HasOutbox)
        {
            HandOn(entity, step.State!);
        }

        // A tick that came early, by this machine's clock, asks for itself once more.
        var isTick = message.Kind == WalletMessageKind.Tick && message.SentAtUnixMs == stored?.WakeAtUnixMs;
        if (step.State is not null && wake is { } wakeAt && (isTick || wakeAt != stored?.WakeAtUnixMs))
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

    private void ForgetPublished(TaskEntityOperation operation, StoredWallet stored, long throughNumber)
    {
        var state = wallets.Published(stored.State, throughNumber);
        operation.State.SetState(stored with { State = state });
        if (WalletEntityHost.Outbox(state).Count > 0)
        {
            HandOn(operation.Context, state);
        }
    }

    /// <summary>
    /// Another entity sends them: a hub that is slow or away must not hold up the wallet. What gets lost on the way is handed on again by the tick
    /// that <see cref="WalletEntityHost"/> asks for.
    /// </summary>
    private static void HandOn(TaskEntityContext entity, WalletEntityState state) => entity.SignalEntity(
        WalletOutbox.IdOf(entity.Id.Key), WalletOutbox.Publish, WalletEntityHost.Outbox(state).Take(MostLines).ToArray());
}
