namespace AiOrchestrator.Core.Metering;

/// <summary>How far a call's output is shortened where a wallet cannot pay for all of it (WL-04).</summary>
public static class OutputClamp
{
    /// <summary>An answer shorter than this (or than the caller's own bound) is not worth its price.</summary>
    public const long FloorTokens = 256;

    /// <summary>The most tokens per completion a budget pays for, at most those asked for; null where that is not worth a call.</summary>
    /// <param name="price">The prices pinned for the call.</param>
    /// <param name="promptTokensMax">Upper bound of the prompt.</param>
    /// <param name="outputTokensMax">Upper bound of one completion, as asked for.</param>
    /// <param name="choices">Completions asked for.</param>
    /// <param name="budgetNanoUsd">What may be spent at most.</param>
    /// <param name="unitsMax">What else it may use at most.</param>
    public static long? Fit(ModelPrice price, long promptTokensMax, long outputTokensMax, int choices, long budgetNanoUsd, ReadOnlySpan<UnitQuantity> unitsMax = default)
    {
        var affordable = CostEngine.MaxCompletionTokensFor(price, promptTokensMax, choices, budgetNanoUsd, unitsMax);
        return affordable >= Math.Min(FloorTokens, outputTokensMax) ? Math.Min(affordable, outputTokensMax) : null;
    }
}
