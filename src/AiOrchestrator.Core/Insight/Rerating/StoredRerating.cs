using System.Text.Json.Serialization;
using AiOrchestrator.Core.Wallets;

namespace AiOrchestrator.Core.Insight.Rerating;

/// <summary>How far a re-rating got.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ReratingState>))]
public enum ReratingState
{
    /// <summary>It waits for its turn: an organisation's re-ratings are carried out one after the other.</summary>
    [JsonStringEnumMemberName("planned")] Planned,

    /// <summary>It is under way.</summary>
    [JsonStringEnumMemberName("running")] Running,

    /// <summary>Every wallet is corrected.</summary>
    [JsonStringEnumMemberName("done")] Done,

    /// <summary>It ended without having corrected every wallet; it says why.</summary>
    [JsonStringEnumMemberName("failed")] Failed,
}

/// <summary>Calls whose cost was corrected, one after the other in a blob, newest first.</summary>
/// <param name="Name">The last part of the blob's name.</param>
/// <param name="First">The newest call.</param>
/// <param name="Last">The oldest.</param>
internal sealed record StoredPart(string Name, string First, string Last);

/// <summary>What the calls of a model came to.</summary>
internal sealed record StoredModel(string Provider, string Model, long Calls, long BeforeNanoUsd, long NowNanoUsd);

/// <summary>A wallet that could not be corrected.</summary>
internal sealed record StoredRefusal(string Wallet, int Period, long AmountNanoUsd, string Code)
{
    private static readonly string OutOfRange = new AmountOutOfRange().Code;

    /// <summary>Whether the wallet may take it soon: all but sums that are out of their bounds.</summary>
    [JsonIgnore]
    public bool MayPass => Code != OutOfRange;
}

/// <summary>A re-rating as it is stored: what was asked for, and how far it got. What there is one of for every call or wallet lies in blobs beside.</summary>
internal sealed record StoredRerating
{
    public required string Id { get; init; }

    public required string OrganisationId { get; init; }

    /// <summary>Only calls to this provider; null: to any.</summary>
    public string? Provider { get; init; }

    public required string Model { get; init; }

    /// <summary>Calls that arrived at or after, milliseconds since 1970.</summary>
    public required long FromUnixMs { get; init; }

    /// <summary>Calls that arrived before.</summary>
    public required long UntilUnixMs { get; init; }

    /// <summary>A period of a price file as JSON, or the word for the prices in force.</summary>
    public required string Prices { get; init; }

    public string? Note { get; init; }

    public required string RequestedBy { get; init; }

    public required long CreatedUnixMs { get; init; }

    public ReratingState State { get; init; }

    /// <summary>In which order an organisation's re-ratings were carried out: 1 for the first; 0 while it is planned.</summary>
    public int Sequence { get; init; }

    public long? StartedUnixMs { get; init; }

    public long? EndedUnixMs { get; init; }

    /// <summary>The oldest call that was looked at; the next page lies before it.</summary>
    public string? Before { get; init; }

    /// <summary>Whether every call was looked at.</summary>
    public bool IsPriced { get; init; }

    public IReadOnlyList<StoredPart> Parts { get; init; } = [];

    public ReratingFigures Figures { get; init; } = new();

    /// <summary>How many corrections of wallets there are; null until they are added up.</summary>
    public int? Wallets { get; init; }

    /// <summary>How many of them were carried out, and since when they are.</summary>
    public int Posted { get; init; }

    public long? PostingUnixMs { get; init; }

    public IReadOnlyList<StoredRefusal> Refusals { get; init; } = [];

    /// <summary>Since when those are tried again: when wallets were told first, or somebody asked again.</summary>
    public long? RetryUnixMs { get; init; }

    public string? Problem { get; init; }

    public IReadOnlyList<string> Warnings { get; init; } = [];

    [JsonIgnore]
    public bool IsOpen => State is ReratingState.Planned or ReratingState.Running;

    /// <summary>Whether what it corrected counts: wallets have been told, or are about to be. What one of them misses is told it again, never priced anew.</summary>
    [JsonIgnore]
    public bool Counts => PostingUnixMs is not null;

    /// <summary>Whether it ended, and a wallet has not got what counts.</summary>
    [JsonIgnore]
    public bool Missed => !IsOpen && Counts && (Refusals.Count > 0 || Posted < Wallets);

    /// <summary>Whether a call may be among those it corrected.</summary>
    public bool Covers(string? provider, string? model, long createdUnixMs) =>
        model == Model && (Provider is null || provider == Provider) && createdUnixMs >= FromUnixMs && createdUnixMs < UntilUnixMs;

    /// <summary>Whether the two may be about the same calls.</summary>
    public bool Meets(StoredRerating other) =>
        Model == other.Model && (Provider is null || other.Provider is null || Provider == other.Provider)
        && FromUnixMs < other.UntilUnixMs && other.FromUnixMs < UntilUnixMs;

    /// <summary>Whether it was made from the same request.</summary>
    public bool IsSame(StoredRerating other) =>
        (Provider, Model, FromUnixMs, UntilUnixMs, Prices, Note) == (other.Provider, other.Model, other.FromUnixMs, other.UntilUnixMs, other.Prices, other.Note);
}

/// <summary>What was found so far. Amounts in nano-dollars, of all calls that were priced again.</summary>
internal sealed record ReratingFigures
{
    /// <summary>Calls looked at.</summary>
    public long Calls { get; init; }

    /// <summary>Of them, priced again.</summary>
    public long Priced { get; init; }

    /// <summary>Of these, those that come to something else now.</summary>
    public long Corrected { get; init; }

    /// <summary>Those that were not priced again, by why.</summary>
    public IReadOnlyDictionary<string, long> Skipped { get; init; } = new Dictionary<string, long>();

    public IReadOnlyList<StoredModel> Models { get; init; } = [];
}

/// <summary>That a re-rating is open.</summary>
internal sealed record OpenRerating(string OrganisationId, string Id, long CreatedUnixMs);

/// <summary>What a wallet's calls of one of its periods were corrected by.</summary>
internal sealed record WalletCorrection(string Wallet, int Period, long Calls, string AmountUsd);

/// <summary>The written form of re-ratings: their documents, the lines of their blobs, their answers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredRerating))]
[JsonSerializable(typeof(OpenRerating))]
[JsonSerializable(typeof(WalletCorrection))]
[JsonSerializable(typeof(CorrectedCall))]
[JsonSerializable(typeof(CorrectedGroup))]
[JsonSerializable(typeof(RerateRequest))]
[JsonSerializable(typeof(ReratingView))]
[JsonSerializable(typeof(Platform.Page<ReratingView>))]
internal sealed partial class ReratingJson : JsonSerializerContext;
