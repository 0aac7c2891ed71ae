namespace AiOrchestrator.Core.Limits;

/// <summary>One thing that is counted: of a limit, for a subject, of a kind.</summary>
/// <param name="LimitId">The limit.</param>
/// <param name="Subject">The subject; never <c>*</c>.</param>
/// <param name="Kind">What is counted.</param>
public readonly record struct GaugeId(string LimitId, string Subject, RateKind Kind);

/// <summary>What a gauge allows.</summary>
/// <param name="Limit">Per minute or per day.</param>
/// <param name="Capacity">Most that may be taken at once.</param>
/// <param name="Version">The limit's; terms with a lower one than the last are ignored.</param>
public sealed record RateTerms(long Limit, long Capacity, long Version);

/// <summary>The one message an instance sends for a gauge: it ends the grant it has, and asks for the next.</summary>
/// <param name="Holder">The instance.</param>
/// <param name="GrantId">The grant that ends; 0 when there is none.</param>
/// <param name="Left">What was not taken of it; negative where settling cost more than was taken.</param>
/// <param name="CountedWindow">The minute <paramref name="Counted"/> fell into, minutes since 1970.</param>
/// <param name="Counted">Admitted or settled in it and not yet told; negative where an admission was undone.</param>
/// <param name="Need">What a call needs; 0 only reports.</param>
/// <param name="Want">What would be useful beyond.</param>
/// <param name="Window">The day <paramref name="Left"/> belongs to, as the last grant said; 0 for what is counted by the minute.</param>
public readonly record struct RateTake(
    string Holder, long GrantId, long Left, long CountedWindow, long Counted, long Need, long Want, long Window = 0);

/// <summary>The answer to a <see cref="RateTake"/>.</summary>
/// <param name="GrantId">The new grant; 0 when there is none.</param>
/// <param name="Amount">What may be taken; 0 when the need is not there.</param>
/// <param name="ValidForUs">How long, in microseconds from when the message was sent.</param>
/// <param name="Window">The day it belongs to, days since 1970; 0 for what is counted by the minute.</param>
/// <param name="Free">What is left beside all grants; negative while something is owed.</param>
/// <param name="RetryAfterUs">When nothing is granted: in how many microseconds the need may be there.</param>
public readonly record struct RateGrant(long GrantId, long Amount, long ValidForUs, long Window, long Free, long RetryAfterUs);

/// <summary>A gauge as it stands.</summary>
/// <param name="Gauge">Which.</param>
/// <param name="Limit">Per minute or per day.</param>
/// <param name="Used">Admitted or settled in the present minute or day.</param>
/// <param name="Remaining">What may still be taken at once; 0 or more.</param>
/// <param name="ResetUs">Microseconds until nothing is used any more.</param>
public readonly record struct GaugeReading(GaugeId Gauge, long Limit, long Used, long Remaining, long ResetUs);

/// <summary>
/// The only truth about what is left of a limit. Instances hold grants from it and take from those, so that together they never admit more
/// than the limit. A grant that is lost with its holder comes back by itself. One that cannot be reached throws: calls are refused then.
/// </summary>
public interface IRateAuthority
{
    /// <summary>Ends a grant and makes the next.</summary>
    ValueTask<RateGrant> TakeAsync(GaugeId gauge, RateTerms terms, RateTake take);

    /// <summary>The gauges of a limit that were used, in no order.</summary>
    ValueTask<IReadOnlyList<GaugeReading>> ReadAsync(string limitId);

    /// <summary>Makes the gauges of a limit as new; of one subject, or of all (null).</summary>
    ValueTask ResetAsync(string limitId, string? subject);

    /// <summary>Forgets the gauges of a limit.</summary>
    ValueTask ForgetAsync(string limitId);
}
