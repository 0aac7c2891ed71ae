using System.Globalization;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Insight.Rerating;

/// <summary>What calls that have ended come to at other prices. For one who prices many, one after the other.</summary>
internal sealed class CallCost
{
    private (ModelPrice Price, string Multiplier, ModelPrice Times)? _last;

    /// <summary>
    /// The cost of what its event says was charged, by the plan's multiplier of then: a corrected price does not change what a plan says about a model. A service
    /// tier that the prices do not state costs as the ordinary one. Null where the call used a unit that they do not state: it must not become free.
    /// </summary>
    public long? NanoUsd(ModelPrice price, UsageEvent call)
    {
        UnitQuantity[] units = [.. UnitQuantity.Parse(call.Units)];
        var billed = new CallPrices(price, Asked: null).Served(call.ServiceTier).Price;
        return CostEngine.FirstUnpriced(billed, units) is null
            ? CostEngine.CostNanoUsd(call.PriceMultiplier is { } multiplier ? Times(billed, multiplier) : billed, call.Usage(), units)
            : null;
    }

    private ModelPrice Times(ModelPrice price, string multiplier)
    {
        // One after the other calls mostly have the same.
        if (_last is not { } last || last.Price != price || last.Multiplier != multiplier)
        {
            _last = last = (price, multiplier, price.Times(decimal.Parse(multiplier, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture)));
        }

        return last.Times;
    }
}
