using System.Globalization;

namespace AiOrchestrator.Core.Metering.Pricing;

/// <summary>A price that was looked at, and why it is or is not the one that is charged.</summary>
/// <param name="Origin">Whose price.</param>
/// <param name="PriceId">The id of the organisation's own price; null for others.</param>
/// <param name="Applies">Whether it is charged.</param>
/// <param name="Reason">Why.</param>
public sealed record PriceCandidate(PriceOrigin Origin, string? PriceId, bool Applies, string Reason);

/// <summary>Says in words what <see cref="PriceChain"/> does.</summary>
internal static class PriceExplanation
{
    public static IReadOnlyList<PriceCandidate> Of(PriceSubject subject, PriceOverride[] overrides, PricePolicy policy, DateTimeOffset at)
    {
        var unixMs = at.ToUnixTimeMilliseconds();
        var candidates = new List<PriceCandidate>();
        string? decided = null;
        foreach (var own in overrides)
        {
            var applies = own.IsInForce(unixMs) && decided is null;
            candidates.Add(new PriceCandidate(PriceOrigin.Override, own.Id, applies && own.Entry is not null, Why(own, unixMs, decided)));
            decided = applies ? $"the own price {own.Id} goes first" : decided;
        }

        var rowHas = subject.Entry.PriceAt(at) is not null;
        candidates.Add(new PriceCandidate(
            subject.IsRowsOwn ? PriceOrigin.ProviderRow : PriceOrigin.Catalogue,
            null,
            rowHas && decided is null,
            decided ?? (rowHas ? "no own price is in force" : "there is none in force for the model")));
        decided ??= rowHas ? "another price is in force" : null;
        candidates.Add(new PriceCandidate(
            PriceOrigin.LastResort,
            null,
            decided is null && policy.EntryFor(subject.Entry.Kind) is not null,
            decided ?? (policy.EntryFor(subject.Entry.Kind) is null ? "unknown_model is refuse: the model is not called" : "nobody else has a price")));
        return candidates;
    }

    private static string Why(PriceOverride own, long unixMs, string? decided) => unixMs < own.StartsUnixMs ? $"it begins {Moment(own.StartsUnixMs)}"
        : unixMs >= own.EndsUnixMs ? $"it ended {Moment(own.EndsUnixMs)}"
        : decided is not null ? decided
        : own.Entry is null ? "it is in force, and cannot be read any more: the model is not called"
        : "it is in force";

    private static string Moment(long unixMs) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
