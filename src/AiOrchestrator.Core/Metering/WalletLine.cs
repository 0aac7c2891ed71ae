using System.Text.Json;
using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Metering;

/// <summary>One line of a wallet's statement: an amount that went from one account to another, and why. Amounts in nano-dollars.</summary>
public sealed record WalletLine
{
    /// <summary>Whose wallet it is; null when the writer does not know.</summary>
    public string? OrganisationId { get; init; }

    /// <summary>The wallet.</summary>
    public required string WalletId { get; init; }

    /// <summary>The id of the period it belongs to.</summary>
    public required string Period { get; init; }

    /// <summary>When it happened, milliseconds since 1970.</summary>
    public required long AtUnixMs { get; init; }

    /// <summary>What happened, one word in snake case: <c>limit_changed</c>, <c>topped_up</c>, <c>frozen</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The account the amount comes from; empty when nothing moved.</summary>
    public string Debit { get; init; } = "";

    /// <summary>The account the amount goes to; empty when nothing moved.</summary>
    public string Credit { get; init; } = "";

    /// <summary>How much; 0 when nothing moved.</summary>
    public long AmountNanoUsd { get; init; }

    /// <summary>What it refers to: a transfer, a payment, a call.</summary>
    public string? Reference { get; init; }

    /// <summary>Who did it: a key, or a part of the gateway.</summary>
    public string? Actor { get; init; }

    /// <summary>What whoever did it wrote beside it.</summary>
    public string? Note { get; init; }

    /// <summary>The share of the limit it is about, percent; 0 when it is about none.</summary>
    public int Percent { get; init; }

    /// <summary>The number of calls it is about; 0 when it is about none.</summary>
    public int Calls { get; init; }

    /// <summary>Of a threshold: what was spent in the period when it was crossed.</summary>
    public long SpentNanoUsd { get; init; }

    /// <summary>Of a correction that is booked to a later period than that of the calls: the id of the calls' period.</summary>
    public string? Corrects { get; init; }
}

/// <summary>The one written form of a statement line: snake case, defaults left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    GenerationMode = JsonSourceGenerationMode.Default)]
[JsonSerializable(typeof(WalletLine))]
[JsonSerializable(typeof(IReadOnlyList<WalletLine>))]
public sealed partial class WalletLineJson : JsonSerializerContext
{
    /// <summary>Writes one line as UTF-8.</summary>
    public static byte[] Write(WalletLine line) => JsonSerializer.SerializeToUtf8Bytes(line, Default.WalletLine);

    /// <summary>Writes the lines of one command as UTF-8.</summary>
    public static byte[] Write(IReadOnlyList<WalletLine> lines) => JsonSerializer.SerializeToUtf8Bytes(lines, Default.IReadOnlyListWalletLine);

    /// <summary>Reads the lines of one command.</summary>
    public static IReadOnlyList<WalletLine> ReadAll(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, Default.IReadOnlyListWalletLine)
        ?? throw new JsonException("the lines of a command are never null");

    /// <summary>Reads one line; unknown members are ignored so that an older reader survives a newer writer.</summary>
    public static WalletLine Read(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, Default.WalletLine)
        ?? throw new JsonException("a statement line is never null");
}
