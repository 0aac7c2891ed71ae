using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Limits;

/// <summary>The body of <c>POST /control/v1/limits</c>. At least one figure must be given.</summary>
/// <param name="Scope">What <paramref name="Subject"/> names.</param>
/// <param name="Subject">An id, 1 to 200 characters; <c>*</c> or absent: each of them separately.</param>
/// <param name="RequestsPerMinute">1 to 1000000000.</param>
/// <param name="RequestsPerDay">1 to 1000000000, in a day of UTC.</param>
/// <param name="TokensPerMinute">1 to 1000000000000, prompt and completion together.</param>
/// <param name="TokensPerDay">Likewise, in a day of UTC.</param>
/// <param name="CostUsdPerDay">More than 0, at most 1000000000 US dollars, in a day of UTC.</param>
/// <param name="Burst">Most requests at once, 1 to 1000000000, with <paramref name="RequestsPerMinute"/>; as many as that when absent.</param>
public sealed record CreateLimitRequest(
    LimitScope Scope,
    string? Subject = null,
    long? RequestsPerMinute = null,
    long? RequestsPerDay = null,
    long? TokensPerMinute = null,
    long? TokensPerDay = null,
    string? CostUsdPerDay = null,
    long? Burst = null);

/// <summary>The body of <c>PATCH /control/v1/limits/{id}</c>: what is absent stays as it is, null takes a figure away.</summary>
/// <param name="RequestsPerMinute">1 to 1000000000, or null.</param>
/// <param name="RequestsPerDay">1 to 1000000000, or null.</param>
/// <param name="TokensPerMinute">1 to 1000000000000, or null.</param>
/// <param name="TokensPerDay">1 to 1000000000000, or null.</param>
/// <param name="CostUsdPerDay">More than 0, at most 1000000000 US dollars, or null.</param>
/// <param name="Burst">1 to 1000000000, or null.</param>
public sealed record ChangeLimitRequest(
    long? RequestsPerMinute = null,
    long? RequestsPerDay = null,
    long? TokensPerMinute = null,
    long? TokensPerDay = null,
    string? CostUsdPerDay = null,
    long? Burst = null);

/// <summary>The body of <c>POST /control/v1/limits/{id}/reset</c>.</summary>
/// <param name="Subject">Whose counters; everybody's when absent.</param>
public sealed record ResetLimitRequest(string? Subject = null);

/// <summary>A limit as the control API shows it.</summary>
/// <param name="Id"><c>lim_…</c>.</param>
/// <param name="Scope">What <paramref name="Subject"/> names.</param>
/// <param name="Subject">An id, or <c>*</c>: each of them separately.</param>
/// <param name="RequestsPerMinute">Requests in a minute, or null.</param>
/// <param name="RequestsPerDay">Requests in a day of UTC, or null.</param>
/// <param name="TokensPerMinute">Tokens in a minute, or null.</param>
/// <param name="TokensPerDay">Tokens in a day of UTC, or null.</param>
/// <param name="CostUsdPerDay">US dollars in a day of UTC, or null.</param>
/// <param name="Burst">Most requests at once; null: as many as in a minute.</param>
/// <param name="CreatedAt">RFC 3339.</param>
public sealed record LimitView(
    string Id,
    LimitScope Scope,
    string Subject,
    long? RequestsPerMinute,
    long? RequestsPerDay,
    long? TokensPerMinute,
    long? TokensPerDay,
    string? CostUsdPerDay,
    long? Burst,
    string CreatedAt)
{
    internal static LimitView Of(LimitDirectory.LimitEntry entry) => new(
        entry.Limit.Id,
        entry.Limit.Scope,
        entry.Limit.Subject,
        entry.Limit.RequestsPerMinute,
        entry.Limit.RequestsPerDay,
        entry.Limit.TokensPerMinute,
        entry.Limit.TokensPerDay,
        entry.Limit.CostNanoUsdPerDay is { } cost ? NanoUsd.FormatUsd(cost) : null,
        entry.Limit.Burst,
        Rfc3339.Format(entry.CreatedUnixMs));
}

/// <summary>What a subject has used of a limit.</summary>
/// <param name="Subject">Whose calls.</param>
/// <param name="RequestsPerMinute">Null when the limit does not count it.</param>
/// <param name="RequestsPerDay">Likewise.</param>
/// <param name="TokensPerMinute">Likewise.</param>
/// <param name="TokensPerDay">Likewise.</param>
/// <param name="CostUsdPerDay">Likewise.</param>
public sealed record CountersView(
    string Subject,
    CounterView? RequestsPerMinute,
    CounterView? RequestsPerDay,
    CounterView? TokensPerMinute,
    CounterView? TokensPerDay,
    CostCounterView? CostUsdPerDay);

/// <summary>One counter.</summary>
/// <param name="Limit">What is allowed.</param>
/// <param name="Used">Requests admitted, or tokens settled, in the present minute or day of UTC.</param>
/// <param name="Remaining">What may be taken at once now. By the minute a bucket fills evenly, so this is not the limit less what is used.</param>
/// <param name="ResetMs">Milliseconds until all of it is there again.</param>
public sealed record CounterView(long Limit, long Used, long Remaining, long ResetMs)
{
    internal static CounterView Of(GaugeReading reading) => new(reading.Limit, reading.Used, reading.Remaining, (reading.ResetUs + 999) / 1000);
}

/// <summary>A counter of money; US dollars as decimal text.</summary>
/// <param name="Limit">What is allowed.</param>
/// <param name="Used">Settled today, and held by calls under way.</param>
/// <param name="Remaining">What may be taken now.</param>
/// <param name="ResetMs">Milliseconds until all of it is there again.</param>
public sealed record CostCounterView(string Limit, string Used, string Remaining, long ResetMs)
{
    internal static CostCounterView Of(CounterView nanoUsd) => new(
        NanoUsd.FormatUsd(nanoUsd.Limit), NanoUsd.FormatUsd(nanoUsd.Used), NanoUsd.FormatUsd(nanoUsd.Remaining), nanoUsd.ResetMs);
}
