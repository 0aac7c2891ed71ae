using System.Globalization;
using System.Text.Json;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Pricing;

/// <summary>The body of <c>POST /control/v1/prices</c> and of <c>PUT /control/v1/prices/{id}</c>.</summary>
/// <param name="Provider">The id of the provider's row it is for; null: whichever serves the model.</param>
/// <param name="Model">A model's name, or a pattern in which <c>*</c> stands for any characters. Required.</param>
/// <param name="Kind">A kind of the price file, <c>chat</c> when absent: it is for models of this kind alone.</param>
/// <param name="From">The first day (UTC), today or later; today when absent: then it holds at once.</param>
/// <param name="Until">The day it ends (UTC), exclusive; null where no end is known.</param>
/// <param name="Prices">The members of a period of the price file: <c>usd_per_million</c>, <c>usd_each</c>, <c>tiers</c>, <c>windows</c>, <c>batch_factor</c>, <c>service_tiers</c>. Required.</param>
/// <param name="Note">For people; 1 to 500 characters.</param>
public sealed record PriceRequest(string? Provider, string? Model, string? Kind, string? From, string? Until, JsonElement? Prices, string? Note);

/// <summary>An own price as the control API shows it.</summary>
/// <param name="Id">Its id; it stands in usage events of calls that were charged by it.</param>
/// <param name="Provider">The provider's row it is for, or null.</param>
/// <param name="Model">A model or a pattern.</param>
/// <param name="Kind">The kind of models it is for.</param>
/// <param name="From">The first day.</param>
/// <param name="Until">The day it ends, or null.</param>
/// <param name="Prices">The figures as they were given.</param>
/// <param name="Note">For people, or null.</param>
/// <param name="Status"><c>scheduled</c>, <c>in_force</c> or <c>ended</c>.</param>
/// <param name="CreatedAt">RFC 3339; nothing before was charged by it.</param>
/// <param name="EndedAt">When it was ended ahead of its time, RFC 3339; or null.</param>
/// <param name="Problem">Why it cannot be read any more, so that models it is for are not called; null when all is well.</param>
/// <param name="Warnings">What a person should look at: a model nobody knows. It is taken as it is.</param>
public sealed record PriceView(
    string Id,
    string? Provider,
    string Model,
    string Kind,
    string From,
    string? Until,
    JsonElement Prices,
    string? Note,
    string Status,
    string CreatedAt,
    string? EndedAt,
    string? Problem,
    IReadOnlyList<string> Warnings)
{
    internal static PriceView Of(PriceRow row, PriceNames names, DateTimeOffset now) => new(
        row.Stored.Id,
        row.Stored.Provider,
        row.Stored.Model,
        row.Stored.Kind,
        Day(row.Stored.From),
        row.Stored.Until is { } until ? Day(until) : null,
        row.Stored.Prices,
        row.Stored.Note,
        row.StatusAt(now.ToUnixTimeMilliseconds()) switch
        {
            PriceStatus.Scheduled => "scheduled",
            PriceStatus.InForce => "in_force",
            _ => "ended",
        },
        Rfc3339.Format(row.Stored.CreatedUnixMs),
        Rfc3339.Format(row.Stored.EndedUnixMs),
        row.Problem,
        names.Warnings(row.Stored.Model));

    internal static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}

/// <summary>Which price a call would be charged by, and why.</summary>
/// <param name="Model">The model as callers name it.</param>
/// <param name="Provider">The provider's row that serves it.</param>
/// <param name="At">For a call that starts then, RFC 3339.</param>
/// <param name="Origin"><c>override</c>, <c>provider_row</c>, <c>catalogue</c> or <c>last_resort</c>; null: no price is in force, the call is refused.</param>
/// <param name="PriceId">What stands in the usage event for it; null for the row's and the catalogue's.</param>
/// <param name="Source">Where the figures come from.</param>
/// <param name="From">The first day of the price; null where no source names it.</param>
/// <param name="Until">The day it ends; null where no end is known.</param>
/// <param name="Multiplier">The plan's; null without a plan.</param>
/// <param name="MultiplierOrigin"><c>own</c>, <c>shipped</c>, <c>default</c> or <c>none</c>; null without a plan.</param>
/// <param name="List">The list price.</param>
/// <param name="Charged">The list price times the multiplier: what is held and charged by.</param>
/// <param name="Considered">All prices that may be the model's, in the order in which they are asked.</param>
public sealed record EffectivePriceView(
    string Model,
    string Provider,
    string At,
    PriceOrigin? Origin,
    string? PriceId,
    string? Source,
    string? From,
    string? Until,
    string? Multiplier,
    MultiplierOrigin? MultiplierOrigin,
    PriceFigures? List,
    PriceFigures? Charged,
    IReadOnlyList<PriceCandidate> Considered)
{
    internal static EffectivePriceView Of(PriceBook book, Route route, DateTimeOffset at)
    {
        var pinned = book.Find(route.Model.Priced, at);
        return new EffectivePriceView(
            route.Model.Id,
            route.Provider.Id,
            Rfc3339.Format(at.ToUnixTimeMilliseconds()),
            pinned?.Origin,
            pinned?.PriceId,
            pinned?.ListPrice.Source,
            pinned?.ListPrice.FromText,
            pinned?.ListPrice.Until is { } until ? PriceView.Day(until) : null,
            pinned?.Multiplier,
            book.Plan.Enabled ? book.Plan.Decide(route.Model.Priced).Origin : null,
            pinned is null ? null : PriceFigures.Of(pinned.ListPrice),
            pinned is null ? null : PriceFigures.Of(pinned.Price),
            book.Explain(route.Model.Priced, at));
    }
}

/// <summary>The body of <c>PUT /control/v1/price-policy</c>.</summary>
/// <param name="UnknownModel"><c>refuse</c> or <c>last_resort</c>. Required.</param>
/// <param name="LastResort">The price of last resort, the members of a period of the price file; required with <c>last_resort</c>.</param>
public sealed record PricePolicyRequest(string? UnknownModel, JsonElement? LastResort);

/// <summary>What becomes of calls to models without a price.</summary>
/// <param name="UnknownModel"><c>refuse</c> or <c>last_resort</c>.</param>
/// <param name="LastResort">The price of last resort, or null.</param>
public sealed record PricePolicyView(UnknownModelPolicy UnknownModel, JsonElement? LastResort)
{
    internal static PricePolicyView Of(OrganisationPrices prices) => prices.Policy is { } policy
        ? new PricePolicyView(policy.UnknownModel, policy.LastResort)
        : new PricePolicyView(UnknownModelPolicy.Refuse, null);
}

/// <summary>A free quota in the body of <c>PUT /control/v1/plan</c>.</summary>
/// <param name="Provider">The id of the provider's row. Required.</param>
/// <param name="Model">One model of it; null: all together.</param>
/// <param name="Window"><c>day</c> or <c>month</c>, of UTC. Required.</param>
/// <param name="Requests">Calls in it; or null.</param>
/// <param name="Tokens">Tokens in it; or null.</param>
public sealed record FreeQuotaRequest(string? Provider, string? Model, string? Window, long? Requests, long? Tokens);

/// <summary>The body of <c>PUT /control/v1/plan</c>.</summary>
/// <param name="Name">For people; 1 to 200 characters.</param>
/// <param name="Enabled">False: everything is charged as it is listed. True when absent.</param>
/// <param name="Table"><c>none</c> (when absent), or <c>copilot</c>: the shipped table of GitHub Copilot's classes, in which some models are free.</param>
/// <param name="Multipliers">Decimal strings, 0 to 1000, by model or pattern; they go before the shipped ones.</param>
/// <param name="DefaultMultiplier">For models that stand in no table; null: "1".</param>
/// <param name="FreeQuotas">What providers give for nothing: counted and warned of.</param>
public sealed record PlanRequest(
    string? Name,
    bool? Enabled,
    string? Table,
    IReadOnlyDictionary<string, string>? Multipliers,
    string? DefaultMultiplier,
    IReadOnlyList<FreeQuotaRequest>? FreeQuotas);

/// <summary>One entry of the table of multipliers in force.</summary>
/// <param name="Model">A model or a pattern.</param>
/// <param name="Multiplier">Decimal text.</param>
/// <param name="Origin"><c>own</c> or <c>shipped</c>.</param>
public sealed record MultiplierView(string Model, string Multiplier, MultiplierOrigin Origin);

/// <summary>An organisation's plan.</summary>
/// <param name="Name">For people, or null.</param>
/// <param name="Enabled">False: everything is charged as it is listed.</param>
/// <param name="Table">The shipped table it chose: <c>none</c> or <c>copilot</c>.</param>
/// <param name="Multipliers">The organisation's own, as they were given.</param>
/// <param name="DefaultMultiplier">For models that stand in no table, or null.</param>
/// <param name="FreeQuotas">What providers give for nothing.</param>
/// <param name="Entries">What is in force: the organisation's entries, then those of the shipped table it chose that it has not replaced by its own.</param>
/// <param name="ShippedSource">Where the figures of <c>copilot</c> come from.</param>
/// <param name="Warnings">What a person should look at: models of quotas nobody knows. They are taken as they are.</param>
public sealed record PlanView(
    string? Name,
    bool Enabled,
    PlanTable Table,
    IReadOnlyDictionary<string, string> Multipliers,
    string? DefaultMultiplier,
    IReadOnlyList<FreeQuota> FreeQuotas,
    IReadOnlyList<MultiplierView> Entries,
    string ShippedSource,
    IReadOnlyList<string> Warnings)
{
    internal static PlanView Of(OrganisationPrices prices, PriceNames names)
    {
        var plan = prices.Plan ?? new StoredPlan(null, false, [], null, []);
        return new PlanView(
            plan.Name,
            plan.Enabled,
            plan.Table,
            plan.Multipliers,
            plan.DefaultMultiplier,
            plan.FreeQuotas,
            [
                .. plan.Multipliers.Select(static m => new MultiplierView(m.Key, m.Value, MultiplierOrigin.Own)),
                .. ShippedMultipliers.Table.Entries.Where(e => plan.Table == PlanTable.Copilot && !plan.Multipliers.ContainsKey(e.Model))
                    .Select(static e => new MultiplierView(e.Model, e.Multiplier.Text, MultiplierOrigin.Shipped)),
            ],
            ShippedMultipliers.Table.Source,
            [.. plan.FreeQuotas.Select(static q => q.Model).OfType<string>().Distinct().SelectMany(names.Warnings)]);
    }
}
