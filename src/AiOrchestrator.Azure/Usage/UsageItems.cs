using System.Text.Json.Serialization;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Azure;

/// <summary>What every item has. Items of a partition are told apart and sorted by their id alone.</summary>
internal abstract record UsageItem
{
    /// <summary>The item's own name within its partition.</summary>
    public required string Id { get; init; }

    /// <summary>The partition (the container's partition key).</summary>
    [JsonPropertyName("pk")]
    public required string Partition { get; init; }
}

/// <summary>Says that a partition of this name has items: partitions cannot be listed.</summary>
internal sealed record MarkItem : UsageItem
{
    /// <summary>Seconds it lives; 0 for as long as the container says.</summary>
    public int Ttl { get; init; }
}

/// <summary>A wallet on a call's path.</summary>
/// <param name="Wallet">Its id.</param>
/// <param name="Period">The number of its period; 0 when not known.</param>
/// <param name="Lease">The lease in hex; null when not known.</param>
internal sealed record ShareItem(string Wallet, int Period, string? Lease);

/// <summary>A usage event, and what its statement entries are made of: whoever finds it stored can finish what was cut off after it.</summary>
internal sealed record EventItem : UsageItem
{
    /// <summary>The day in its partition's name.</summary>
    [JsonIgnore]
    public string Day => UsageKeys.DayOf(UsageKeys.ExchangeOf(Id));

    /// <summary>The number of its statement entries.</summary>
    public long Number { get; init; }

    /// <summary>The wallets on its path, leaf to root.</summary>
    public required IReadOnlyList<ShareItem> Shares { get; init; }

    /// <summary>The event.</summary>
    public required UsageEvent Event { get; init; }
}

/// <summary>A call on one wallet's statement.</summary>
internal sealed record CallItem : UsageItem
{
    /// <summary>Where its partition is marked; not stored.</summary>
    [JsonIgnore]
    public string Months { get; init; } = "";

    /// <summary>The mark of its partition; not stored.</summary>
    [JsonIgnore]
    public string Month { get; init; } = "";

    /// <summary>When it was settled, milliseconds since 1970.</summary>
    public long At { get; init; }

    /// <summary>The number of the wallet's period; 0 when not known.</summary>
    public int Period { get; init; }

    /// <summary>The lease of this wallet it was paid from, in hex; null when not known.</summary>
    public string? Lease { get; init; }

    /// <summary>What statements show of the event.</summary>
    public required UsageEvent Call { get; init; }
}

/// <summary>A line of a wallet's statement. What is filtered by stands beside it.</summary>
internal sealed record LineItem : UsageItem
{
    /// <summary>When it happened, milliseconds since 1970.</summary>
    public long At { get; init; }

    /// <summary>What happened.</summary>
    public required string Kind { get; init; }

    /// <summary>The id of its period.</summary>
    public required string Period { get; init; }

    /// <summary>The line.</summary>
    public required WalletLine Line { get; init; }
}

/// <summary>What the calls of one hour and shard came to that have all of this in common; empty where they have none.</summary>
internal sealed record RollupItem : UsageItem
{
    /// <summary>The hour since 1970 they were made in.</summary>
    public long Hour { get; init; }

    /// <summary>The wallets, leaf to root, joined with '/'.</summary>
    public string Path { get; init; } = "";

    /// <summary>The cost centre.</summary>
    public string CostCentre { get; init; } = "";

    /// <summary>The API key.</summary>
    public string Key { get; init; } = "";

    /// <summary>The model.</summary>
    public string Model { get; init; } = "";

    /// <summary>The provider.</summary>
    public string Provider { get; init; } = "";

    /// <summary>What of them is of an earlier time.</summary>
    public string LegacyUse { get; init; } = "";

    /// <summary>How many calls.</summary>
    public long Calls { get; init; }

    /// <summary>Charged prompt tokens below a billion each.</summary>
    public long Prompt { get; init; }

    /// <summary>Billions of charged prompt tokens.</summary>
    public long PromptBillions { get; init; }

    /// <summary>Charged completion tokens below a billion each.</summary>
    public long Completion { get; init; }

    /// <summary>Billions of charged completion tokens.</summary>
    public long CompletionBillions { get; init; }

    /// <summary>Nano-dollars below a dollar each.</summary>
    public long CostNano { get; init; }

    /// <summary>Whole dollars.</summary>
    public long CostUsd { get; init; }
}

/// <summary>How the calls of one hour and shard to a model at a provider went.</summary>
internal sealed record ModelItem : UsageItem
{
    /// <summary>The hour since 1970 they were made in.</summary>
    public long Hour { get; init; }

    /// <summary>The provider.</summary>
    public required string Provider { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>What is counted, by name (<see cref="AiOrchestrator.Core.Insight.Statistics.ModelCounts"/>).</summary>
    public required Dictionary<string, long> Counts { get; init; }
}

/// <summary>How far a stream that is read in order has been stored.</summary>
internal sealed record PositionItem : UsageItem
{
    /// <summary>The position.</summary>
    public long Position { get; init; }
}

/// <summary>A call that was started.</summary>
internal sealed record StartItem : UsageItem
{
    /// <summary>What it holds.</summary>
    public long HoldNanoUsd { get; init; }

    /// <summary>Whose call it is.</summary>
    public string? OrganisationId { get; init; }

    /// <summary>The API key.</summary>
    public string? KeyId { get; init; }

    /// <summary>The wallets on its path, leaf to root.</summary>
    public required IReadOnlyList<ShareItem> Shares { get; init; }
}

/// <summary>The written form of items: snake case, defaults left out, numbers exact.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    GenerationMode = JsonSourceGenerationMode.Default,
    Converters = [typeof(ExactNumberConverter)])]
[JsonSerializable(typeof(MarkItem))]
[JsonSerializable(typeof(EventItem))]
[JsonSerializable(typeof(CallItem))]
[JsonSerializable(typeof(LineItem))]
[JsonSerializable(typeof(RollupItem))]
[JsonSerializable(typeof(ModelItem))]
[JsonSerializable(typeof(PositionItem))]
[JsonSerializable(typeof(StartItem))]
internal sealed partial class UsageItemJson : JsonSerializerContext;
