namespace AiOrchestrator.Ledger.Rates;

/// <summary>
/// A count that begins anew with every window (a day, say), and hands out grants of what is left of its limit. Windows are numbered; a lower
/// number than the last one seen counts as that one.
/// </summary>
/// <param name="Window">The window counted.</param>
/// <param name="Used">Taken in it and accounted for.</param>
/// <param name="Outstanding">Granted in it and not yet accounted for.</param>
public readonly record struct WindowCounter(long Window, long Used, long Outstanding)
{
    /// <summary>The counter in a window.</summary>
    public WindowCounter At(long window) => window > Window ? new WindowCounter(window, 0, 0) : this;

    /// <summary>What is left of a limit; negative when it was lowered below what is used.</summary>
    public long Free(long limit) => limit - Used - Outstanding;

    /// <summary>Grants <paramref name="want"/>, or as much as is left, but not less than <paramref name="need"/>: then nothing.</summary>
    public WindowCounter Take(long limit, long need, long want, long window, out long granted)
    {
        var now = At(window);
        var free = now.Free(limit);
        granted = free < need || free <= 0 ? 0 : Math.Min(Math.Max(need, want), free);
        return now with { Outstanding = now.Outstanding + granted };
    }

    /// <summary>Ends a grant. One of an earlier window changes nothing: that window is over.</summary>
    /// <param name="window">The window it was granted in.</param>
    /// <param name="granted">What was granted; for a lost grant that is also what is left of it.</param>
    /// <param name="left">
    /// What was not taken of it; more than was granted where something taken earlier in the window is given back. Nothing is used less than 0.
    /// </param>
    public WindowCounter Close(long window, long granted, long left) =>
        window == Window ? this with { Outstanding = Outstanding - granted, Used = Math.Max(0, Used + granted - left) } : this;
}

/// <summary>How much fell into the latest window something was counted in. Counts for the record; limits nothing.</summary>
/// <param name="Window">The window.</param>
/// <param name="Count">The count.</param>
public readonly record struct WindowCount(long Window, long Count)
{
    /// <summary>Counts: a later window begins at 0, an earlier one is over and counts nothing.</summary>
    public WindowCount Add(long window, long amount) =>
        window > Window ? new WindowCount(window, amount) : window == Window ? this with { Count = Count + amount } : this;

    /// <summary>The count of a window; 0 for any but the latest.</summary>
    public long In(long window) => window == Window ? Count : 0;
}
