using System.Text.Json.Serialization;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets.Entities;

/// <summary>What a message asks of a wallet. Numbers are never reused.</summary>
public enum WalletMessageKind
{
    /// <summary>Lets time pass; nobody waits for an answer.</summary>
    Tick = 0,

    /// <summary>Opens the wallet.</summary>
    Open = 1,

    /// <summary>Applies a command.</summary>
    Command = 2,

    /// <summary>Delivers a lease holder's report.</summary>
    Report = 3,
}

/// <summary>One message to a wallet's entity. Whoever sends it again sends it unchanged: a copy changes nothing.</summary>
public sealed record WalletMessage
{
    /// <summary>96 random bits; the answer to an opening or a command is found by it.</summary>
    [JsonConverter(typeof(HexJson))]
    public required UInt128 Id { get; init; }

    /// <summary>The sender's clock when it was first sent, milliseconds since 1970.</summary>
    public required long SentAtUnixMs { get; init; }

    /// <summary>What it asks; the member of the same name says more.</summary>
    public required WalletMessageKind Kind { get; init; }

    /// <summary>Of an opening: what the wallet is to enforce.</summary>
    public WalletSettings? Settings { get; init; }

    /// <summary>Of a command: the command.</summary>
    [JsonConverter(typeof(CommandJson))]
    public WalletCommand? Command { get; init; }

    /// <summary>Of a report: the report.</summary>
    [JsonConverter(typeof(ReportJson))]
    public LeaseReport? Report { get; init; }

    /// <summary>Of an opening or a command: who asks, and why.</summary>
    public CommandNote? Note { get; init; }
}
