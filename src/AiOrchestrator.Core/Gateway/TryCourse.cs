using AiOrchestrator.Core.Traffic.Decision;
using AiOrchestrator.Core.Traffic.Resilience;
using AiOrchestrator.Core.Traffic.Strategies;

namespace AiOrchestrator.Core.Gateway;

/// <summary>What is tried next.</summary>
/// <param name="Index">The candidate of the plan.</param>
/// <param name="WaitMs">After how long; milliseconds.</param>
internal readonly record struct NextTry(int Index, double WaitMs);

/// <summary>
/// How far the tries of one call have come, and what follows from how one ended: the next candidate in order, each once; the same again only after a failure,
/// while the provider's <see cref="RetryBudget"/> lasts. Decides alone and asks nobody.
/// </summary>
/// <param name="plan">Who may be tried.</param>
/// <param name="chance">The call's own chance, for how long it waits.</param>
internal sealed class TryCourse(RoutePlan plan, ulong chance)
{
    private int _tries = 1;
    private int _repetitions;
    private int _waits;
    private double _waitedMs;
    private uint _tried;
    private List<(string Provider, AttemptEnd End)>? _shunned;

    /// <summary>What the last try that timed out had until its first byte; milliseconds, 0 where none did.</summary>
    public int TimedOutMs { get; private set; }

    /// <summary>The candidate that is tried.</summary>
    public int Index { get; private set; }

    /// <summary>When the first try began, monotonic; what was waited for a provider's own time is not counted.</summary>
    public long BeganTimestamp { get; set; }

    /// <summary>Whether there is another try left.</summary>
    public bool MayTry => _tries < plan.MaxAttempts;

    /// <summary>Which candidate goes on: the first, or the one that was asked beside it.</summary>
    /// <param name="index">Which.</param>
    /// <param name="wereBoth">Whether both have been asked.</param>
    public void Begin(int index, bool wereBoth)
    {
        Index = index;
        _tried = wereBoth ? 0b11u : 0;
        _tries += wereBoth ? 1 : 0;
    }

    /// <summary>What follows from the end of a try; null for nothing: the call has failed.</summary>
    /// <param name="end">How it ended.</param>
    /// <param name="firstByteMs">What it had until its first byte; milliseconds.</param>
    /// <param name="budget">What may be repeated at its provider.</param>
    public NextTry? After(AttemptEnd end, int firstByteMs, RetryBudget budget)
    {
        if (end == AttemptEnd.Final || !MayTry)
        {
            return null;
        }

        TimedOutMs = end == AttemptEnd.TimedOut ? firstByteMs : TimedOutMs;
        if (end is AttemptEnd.Throttled or AttemptEnd.Refused)
        {
            (_shunned ??= []).Add((plan.Candidates[Index].Route.Provider.Id, end));
        }

        var next = end == AttemptEnd.Failed && Repeat(budget) is { } again ? again : Further() ?? (end == AttemptEnd.TimedOut ? Repeat(budget) : null);
        if (next is { } chosen)
        {
            _tries++;
            Index = chosen.Index;
        }

        return next;
    }

    /// <summary>A candidate that cannot be tried after all: the one after it.</summary>
    public NextTry? Instead() => Further() is { } next ? Take(next) : null;

    /// <summary>A candidate is asked again that asked to be left alone, and has been.</summary>
    /// <param name="index">Which.</param>
    /// <param name="waitedTimestamps">For how long, in units of the clock.</param>
    public void Again(int index, long waitedTimestamps)
    {
        Index = index;
        BeganTimestamp += waitedTimestamps;
        _tries++;
    }

    private NextTry Take(in NextTry next)
    {
        Index = next.Index;
        return next;
    }

    private NextTry? Repeat(RetryBudget budget)
    {
        var waitMs = Backoff.DelayMs(_waits + 1, Mix.Unit(chance, 100 + (uint)_waits));
        if (_repetitions >= plan.Retries || _waitedMs + waitMs > Backoff.TotalMs || !budget.TrySpend())
        {
            return null;
        }

        _repetitions++;
        _waits++;
        _waitedMs += waitMs;
        return new NextTry(Index, waitMs);
    }

    /// <summary>
    /// The next candidate. One at a provider that has too much to do comes after those of others (P25); one at a provider that refused our credential does
    /// not come at all.
    /// </summary>
    private NextTry? Further()
    {
        _tried |= 1u << Index;
        if ((Untried(static _ => true) ?? Untried(static end => end == AttemptEnd.Refused)) is not { } index)
        {
            return null;
        }

        _repetitions = 0;
        return new NextTry(index, 0);
    }

    private int? Untried(Func<AttemptEnd, bool> isShunned)
    {
        for (var index = 0; index < plan.Candidates.Count; index++)
        {
            if ((_tried >> index & 1) == 0 && _shunned?.Exists(s => s.Provider == plan.Candidates[index].Route.Provider.Id && isShunned(s.End)) != true)
            {
                return index;
            }
        }

        return null;
    }
}
