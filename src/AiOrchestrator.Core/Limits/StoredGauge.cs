using System.Text.Json.Serialization;
using AiOrchestrator.Ledger.Rates;

namespace AiOrchestrator.Core.Limits;

/// <summary>A gauge as it is stored where instances share it.</summary>
internal sealed record StoredGauge(
    string LimitId,
    string Subject,
    RateKind Kind,
    RateTerms Terms,
    Int128 LevelUnits,
    long Outstanding,
    long AtUs,
    WindowCounter Days,
    WindowCount Minute,
    long LastGrantId,
    Dictionary<string, GaugeHolder> Holders)
{
    [JsonIgnore]
    public GaugeId Id => new(LimitId, Subject, Kind);

    [JsonIgnore]
    public GaugeState State => new(Kind, Terms, TokenBucket.Of(LevelUnits, Outstanding, AtUs), Days, Minute, LastGrantId, Holders);

    public static StoredGauge Of(in GaugeId id, GaugeState state) => new(
        id.LimitId,
        id.Subject,
        id.Kind,
        state.Terms,
        state.Bucket.LevelUnits,
        state.Bucket.Outstanding,
        state.Bucket.AtUs,
        state.Days,
        state.Minute,
        state.LastGrantId,
        new Dictionary<string, GaugeHolder>(state.Holders, StringComparer.Ordinal));
}
