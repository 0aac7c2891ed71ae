using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Pricing;

/// <summary>The organisation has no such price.</summary>
public sealed record PriceNotFound() : ApiFailure(404, "invalid_request_error", "price_not_found", "There is no price with this id.");

/// <summary>Another price for the same begins on the same day.</summary>
/// <param name="Id">That one.</param>
public sealed record PriceExists(string Id) : ApiFailure(
    409, "conflict_error", "price_exists", $"The price '{Id}' is for the same model, provider and kind from the same day on: change that one with PUT, or end it with DELETE.");

/// <summary>Calls have been charged by the price.</summary>
public sealed record PriceInForce : ApiFailure
{
    /// <summary>About members that cannot be changed any more.</summary>
    /// <param name="from">Since which day calls are charged by it.</param>
    /// <param name="members">What was to be changed, one at least, in the order of the body.</param>
    public PriceInForce(string from, IReadOnlyList<string> members)
        : base(
            409,
            "conflict_error",
            "price_in_force",
            $"Calls are charged by this price since {from}: {string.Join(", ", members.Select(static m => $"'{m}'"))} cannot be changed, only 'until' and "
            + "'note'. For other figures from a day on, POST another price; DELETE ends this one now. What calls were charged already is changed by "
            + "re-rating alone: POST /control/v1/reratings.") =>
        Param = members[0];
}

/// <summary>The price is over.</summary>
public sealed record PriceEnded() : ApiFailure(
    409,
    "conflict_error",
    "price_ended",
    "This price has ended and is kept for the record: POST another. What calls were charged by it is changed by re-rating alone: POST /control/v1/reratings.");
