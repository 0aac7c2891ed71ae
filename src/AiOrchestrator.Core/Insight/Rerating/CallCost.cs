using System.Globalization;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Insight.Rerating;

/// <summary>What a call that has ended comes to at another price.</summary>
internal static class CallCost
{
    /// <summary>
    /// The cost of what its event says was charged, by the plan's multiplier of then, rounded up: a corrected price does not change what a plan says about
    /// a model.
    /// </summary>
    public static long NanoUsd(ModelPrice price, UsageEvent call)
    {
        var listNanoUsd = CostEngine.CostNanoUsd(price, call.Usage());
        return call.PriceMultiplier is { } text && decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var multiplier)
            ? (long)decimal.Ceiling(listNanoUsd * multiplier)
            : listNanoUsd;
    }
}
