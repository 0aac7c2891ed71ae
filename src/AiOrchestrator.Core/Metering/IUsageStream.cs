using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Metering;

/// <summary>One wallet on a call's path, and which of its periods the call is charged to.</summary>
/// <param name="WalletId">The wallet.</param>
/// <param name="Period">The number of its period, 1 or higher; 0 when it is not known.</param>
public readonly record struct WalletShare(string WalletId, int Period)
{
    /// <summary>The lease its hold was taken from; 0 when that is not known. Where leases outlive their holder, it says whose money a call used.</summary>
    public UInt128 LeaseId { get; init; }
}

/// <summary>The start of a call: written before anything is sent upstream.</summary>
/// <param name="Id">The exchange.</param>
/// <param name="Wallets">The wallets on its path, leaf to root. A stream may remember the list by reference: it never changes.</param>
/// <param name="HoldNanoUsd">What it holds in each of them.</param>
public readonly record struct ExchangeStart(ExchangeId Id, IReadOnlyList<WalletShare> Wallets, long HoldNanoUsd)
{
    /// <summary>Whose call it is: a call whose end is never reported is charged by rule, and shows in this organisation's usage.</summary>
    public string? OrganisationId { get; init; }

    /// <summary>
    /// The caller does not wait until it is durable (<c>Gateway:Durability relaxed</c>): it travels with what somebody waits for, or
    /// after a few milliseconds.
    /// </summary>
    public bool IsRelaxed { get; init; }

    /// <summary>The API key it is made with.</summary>
    public string? KeyId { get; init; }

    /// <summary>What it comes to by rule when its end is never reported: the whole hold, marked as nobody's word.</summary>
    public ExchangeSettlement ChargedInFull() => new(Id, Wallets, HoldNanoUsd, CostNanoUsd: HoldNanoUsd, new UsageEvent
    {
        Id = Id.ToString(),
        CreatedUnixMs = Id.CreatedUnixMs,
        OrganisationId = OrganisationId,
        KeyId = KeyId,
        WalletId = Wallets is [var leaf, ..] ? leaf.WalletId : null,
        WalletPath = Wallets is [_, ..] ? string.Join('/', from wallet in Wallets select wallet.WalletId) : null,
        Status = UsageStatus.Cut,
        ErrorCode = "unsettled",
        UsageSource = "rule",
        HoldNanoUsd = HoldNanoUsd,
        CostNanoUsd = HoldNanoUsd,
        SchemaVersion = UsageEvent.CurrentSchemaVersion,
    });
}

/// <summary>The end of a call, or a call that was refused before it started (then hold and cost are 0).</summary>
/// <param name="Id">The exchange.</param>
/// <param name="Wallets">The wallets on its path, leaf to root; the same as in its start.</param>
/// <param name="HoldNanoUsd">What it held; the same as in its start.</param>
/// <param name="CostNanoUsd">What it costs.</param>
/// <param name="Event">
/// The usage event; its <see cref="UsageEvent.Id"/> is <paramref name="Id"/>. The stream reads it before the call returns and keeps no
/// reference to it.
/// </param>
public readonly record struct ExchangeSettlement(
    ExchangeId Id, IReadOnlyList<WalletShare> Wallets, long HoldNanoUsd, long CostNanoUsd, UsageEvent Event);

/// <summary>One entry of the stream: a usage event, a line of a wallet's statement, or (later) both.</summary>
/// <param name="Number">The entry's own number: unique, grows, and the same whenever the stream is read again.</param>
/// <param name="Usage">What a call came to, if the entry is the end of one.</param>
/// <param name="Line">What it adds to a statement, if it does.</param>
public readonly record struct StreamEntry(long Number, UsageEvent? Usage, WalletLine? Line)
{
    /// <summary>Of a call: the wallets on its path, leaf to root, and which of their periods it is charged to; null where that is not known.</summary>
    public IReadOnlyList<WalletShare>? Wallets { get; init; }
}

/// <summary>Entries that became durable together.</summary>
/// <param name="Position">The stream's position after them; grows.</param>
/// <param name="Entries">In order; may be empty.</param>
public sealed record UsageBatch(long Position, IReadOnlyList<StreamEntry> Entries);

/// <summary>
/// Where starts and settlements are appended (design §3, "Nothing is lost"). On the Server it is the journal, on Azure an event hub
/// (<see cref="OutboundUsageStream"/>).
/// </summary>
public interface IUsageStream
{
    /// <summary>
    /// Appends a start. True once it is safe to send: once it is durable, or, where the grant it is taken from outlives the instance, once
    /// it is on its way. False when it could not be made so: then nothing may be sent.
    /// </summary>
    ValueTask<bool> AppendStartAsync(in ExchangeStart start);

    /// <summary>
    /// Appends a settlement. It is ordered before anything appended later and will be durable before any start appended later is;
    /// the caller does not wait. Never refused: kept in memory while the store is failing (beyond the store's bound, events of
    /// calls that held and cost nothing are dropped and counted).
    /// </summary>
    void AppendSettlement(in ExchangeSettlement settlement);

    /// <summary>Completes when everything appended before the call is durable.</summary>
    ValueTask FlushAsync(CancellationToken cancellation);
}

/// <summary>The other end of a stream that is read in order in the process that writes it. Where triggers deliver the events there is none.</summary>
public interface IUsageFeed
{
    /// <summary>All batches after a position (0: from the first), then new ones as they become durable, until cancelled.</summary>
    IAsyncEnumerable<UsageBatch> ReadAsync(long afterPosition, CancellationToken cancellation);
}
