using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// The first byte of every journal entry. Numbers are never reused; a new layout gets a new number, and what was written before is
/// read for ever.
/// </summary>
internal enum EntryKind : byte
{
    None = 0,

    /// <summary>A start with its ids spelt out; not written any more.</summary>
    PlainStart = 1,

    /// <summary>A settlement with its event as JSON; not written any more.</summary>
    JsonSettlement = 2,

    /// <summary>A wallet opened with a limit and no more; not written any more.</summary>
    PlainWalletOpened = 3,

    /// <summary>A wallet command without a time and statement lines; not written any more.</summary>
    PlainWalletCommand = 4,

    /// <summary>The charge of an unfinished call with its event as JSON; not written any more.</summary>
    JsonUnfinishedCharged = 5,

    /// <summary>The process began again: every call started above and not settled is in suspense from here on.</summary>
    Restarted = 6,

    Settlement = 7,
    UnfinishedCharged = 8,
    Start = 9,

    /// <summary>A text that entries behind it in the row name by number: the first is 1.</summary>
    Text = 10,

    /// <summary>Behind it texts are numbered from 1 again: two batches were joined into one row here.</summary>
    TextsReset = 11,

    WalletCommand = 12,

    /// <summary>A line of a wallet's statement that is no command.</summary>
    WalletLine = 13,

    /// <summary>A wallet opened, as its image.</summary>
    WalletOpened = 14,
}

/// <summary>The byte that follows the wallet's id in an <see cref="EntryKind.PlainWalletCommand"/>.</summary>
internal enum EntryCommand : byte
{
    None = 0,
    ChangeLimit = 1,
    Close = 2,
    ResolveSuspense = 3,
}

/// <summary>What an attempt to read an entry came to.</summary>
internal enum EntryRead
{
    Entry,
    End,
    Malformed,
    UnknownKind,
}

/// <summary>
/// One decoded entry; spans are valid until the next is read. Which members mean something depends on the kind. Kinds that are not
/// written any more appear as those that took their place.
/// </summary>
internal ref struct JournalEntry
{
    public EntryKind Kind;
    public ExchangeId ExchangeId;

    /// <summary>The wallets leaf to root with their periods, still encoded: equal paths are equal bytes (<see cref="EntryPath"/>).</summary>
    public ReadOnlySpan<byte> Path;

    /// <summary>Its number among the texts of the row; 0 when it is not one of them.</summary>
    public int PathNumber;
    public long HoldNanoUsd;

    /// <summary>Of a settlement its cost, of an unfinished call its charge.</summary>
    public long CostNanoUsd;

    /// <summary>The usage event as it was written before it had a form of its own; empty in newer entries.</summary>
    public ReadOnlySpan<byte> EventJson;

    /// <summary>The usage event but its repeated texts (<see cref="EventReader"/>).</summary>
    public ReadOnlySpan<byte> Event;

    /// <summary>The numbers of its repeated texts, as varints.</summary>
    public ReadOnlySpan<byte> EventTexts;
    public ReadOnlySpan<byte> OrganisationId;
    public ReadOnlySpan<byte> KeyId;

    /// <summary>Their numbers among the texts of the row; 0 when they are not among them.</summary>
    public int OrganisationNumber;

    /// <inheritdoc cref="OrganisationNumber"/>
    public int KeyNumber;

    /// <summary>The texts of the row; null in entries without any.</summary>
    public RowTexts? Texts;
    public ReadOnlySpan<byte> WalletId;
    public long? LimitNanoUsd;
    public WalletCommand? Command;

    /// <summary>The image of a wallet as it was opened; empty where only its limit is known.</summary>
    public ReadOnlySpan<byte> WalletImage;

    /// <summary>When a command was applied, milliseconds since 1970; 0 where that is not known.</summary>
    public long AtUnixMs;

    /// <summary>A statement line that is no command, as JSON; empty when there is none.</summary>
    public ReadOnlySpan<byte> LineJson;

    /// <summary>The statement lines of a command, as a JSON array; empty when there are none.</summary>
    public ReadOnlySpan<byte> LinesJson;
}
