using System.Text.Json.Serialization;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Registry;

/// <summary>How far a model is in its life, as callers see it.</summary>
/// <param name="Status"><c>ACTIVE</c>, <c>DYING</c> or <c>DEAD</c>.</param>
/// <param name="DeprecatedAt">RFC 3339, from when it is dying; null where nothing is announced, or the day of that is not known.</param>
/// <param name="RetiredAt">RFC 3339, from when it is dead; null where no date is known.</param>
/// <param name="DaysUntilDeprecation">Days until it is dying, the one that has begun included; 0 from then on, null without a date.</param>
/// <param name="DaysLeft">Days until it is dead, likewise.</param>
/// <param name="Replacement">The live model to use instead: what serves calls to it once it is dead. Null while nothing is announced, or where there is none.</param>
public sealed record LifecycleView(
    LifecycleStatus Status, string? DeprecatedAt, string? RetiredAt, long? DaysUntilDeprecation, long? DaysLeft, string? Replacement)
{
    internal static LifecycleView Of(KnownModel model, ModelMap models, long unixMs)
    {
        var (life, status) = (model.Life, model.Life.StatusAt(unixMs));
        return new LifecycleView(
            status,
            ModelMoments.Shown(life.DeprecatedUnixMs),
            ModelMoments.Shown(life.RetiredUnixMs),
            life.DaysUntilDeprecation(unixMs),
            life.DaysLeft(unixMs),
            status == LifecycleStatus.Active ? null : models.SuggestionAt(model, unixMs)?.Id);
    }
}

/// <summary>What a provider lets an account do; null where that is not published.</summary>
/// <param name="RequestsPerMinute">Requests in a minute.</param>
/// <param name="RequestsPerDay">Requests in a day.</param>
/// <param name="TokensPerMinute">Tokens in a minute.</param>
/// <param name="Plan">The plan the figures are of.</param>
/// <param name="Source">Where they stand, or would.</param>
public sealed record PublishedLimitsView(long? RequestsPerMinute, long? RequestsPerDay, long? TokensPerMinute, string? Plan, string? Source);

/// <summary>A model as the control API shows it: what is known of it beside its prices, and whose word that is.</summary>
/// <param name="Id">The name callers use, or used.</param>
/// <param name="Kind">What it is called for; null where that is not known of a model nobody serves.</param>
/// <param name="Family">The line of models it belongs to; null where nobody has said.</param>
/// <param name="Tier">Where it stands in it; null likewise.</param>
/// <param name="PriorityRank">Lower is preferred among models of one tier; null likewise.</param>
/// <param name="MultiplierClass">Its multiplier in the shipped table of plans; null where it does not stand in it, and is charged once.</param>
/// <param name="Capabilities">What it can do, such as <c>TEXT</c>, <c>VISION</c>.</param>
/// <param name="Limits">What its provider lets an account do.</param>
/// <param name="Lifecycle">How far it is in its life.</param>
/// <param name="DatesFrom"><c>own</c> (the organisation's), <c>registry</c>, or null where there are none.</param>
/// <param name="Replacements">What is named to take its place, the preferred first, served or not.</param>
/// <param name="ReplacementsFrom">Likewise.</param>
/// <param name="Aliases">Other names for it.</param>
/// <param name="Providers">Who serves it; empty for a name nobody serves (any more).</param>
/// <param name="Source">Where the registry has the dates and replacements from; null without any.</param>
/// <param name="Note">For people; or null.</param>
/// <param name="HasOwn">Whether the organisation has said something of it, which DELETE takes back.</param>
public sealed record ModelLifeView(
    string Id,
    string? Kind,
    string? Family,
    ModelTier? Tier,
    int? PriorityRank,
    string? MultiplierClass,
    IReadOnlyList<string> Capabilities,
    PublishedLimitsView Limits,
    LifecycleView Lifecycle,
    string? DatesFrom,
    IReadOnlyList<string> Replacements,
    string? ReplacementsFrom,
    IReadOnlyList<string> Aliases,
    IReadOnlyList<string> Providers,
    string? Source,
    string? Note,
    bool HasOwn)
{
    internal static ModelLifeView Of(KnownModel model, ModelMap models, long unixMs)
    {
        var (entry, own) = (model.Entry, model.Own);
        var limits = entry?.Limits ?? PublishedLimits.Unknown;
        return new ModelLifeView(
            model.Id,
            model.Kind is { } kind ? ModelKinds.Name(kind) : null,
            model.Family,
            model.Tier,
            own?.PriorityRank ?? entry?.PriorityRank,
            entry?.MultiplierClass,
            CapabilityWords.Of(model.Capabilities),
            new PublishedLimitsView(limits.RequestsPerMinute, limits.RequestsPerDay, limits.TokensPerMinute, limits.Plan, limits.Source),
            LifecycleView.Of(model, models, unixMs),
            model.LifeOrigin,
            model.Replacements,
            model.ReplacementOrigin,
            model.Aliases,
            [.. model.Routes.Select(static r => r.Provider.Id)],
            entry?.LifecycleSource,
            own?.Note ?? entry?.Note,
            own is not null);
    }
}

/// <summary>
/// The body of <c>PUT /control/v1/models/{id}</c>: all that the organisation says of a model. What is left out is as the registry has it; a null says that
/// there is none.
/// </summary>
/// <param name="DeprecatedAt">From when it is dying: a date (UTC) or RFC 3339.</param>
/// <param name="RetiredAt">From when it is dead, likewise. Where <paramref name="DeprecatedAt"/> is left out beside it, it is dying from now on.</param>
/// <param name="Replacement">A live model that takes its place and can do all it can.</param>
/// <param name="Aliases">Other names for it, at most 50.</param>
/// <param name="Capabilities">What it can do, where the registry does not know.</param>
/// <param name="Family">The line of models it belongs to, 1 to 100 characters.</param>
/// <param name="Tier"><c>flagship</c>, <c>standard</c>, <c>economy</c> or <c>preview</c>.</param>
/// <param name="PriorityRank">Lower is preferred; 1 to 1000.</param>
/// <param name="Note">For people, 1 to 500 characters.</param>
public sealed record ModelRequest(
    string? DeprecatedAt,
    string? RetiredAt,
    string? Replacement,
    IReadOnlyList<string>? Aliases,
    IReadOnlyList<string>? Capabilities,
    string? Family,
    ModelTier? Tier,
    int? PriorityRank,
    string? Note);

/// <summary>The body of <c>PUT /control/v1/model-policy</c>.</summary>
/// <param name="DefaultModel">Who serves calls to models that are dead and have no replacement; null: they are refused.</param>
public sealed record ModelPolicyRequest(string? DefaultModel);

/// <summary>The organisation's word on models without a replacement.</summary>
/// <param name="DefaultModel">Who serves calls to models that are dead and have no replacement, if it can do all they could; null: they are refused.</param>
/// <param name="Status">How far that is in its own life; null where there is none, or it is not served any more.</param>
public sealed record ModelPolicyView(string? DefaultModel, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] LifecycleStatus? Status)
{
    internal static ModelPolicyView Of(ModelMap models, long unixMs) =>
        new(models.Own.Policy?.DefaultModel, models.Default?.Life.StatusAt(unixMs));
}

/// <summary>Moments of a lifecycle, as they are shown.</summary>
internal static class ModelMoments
{
    /// <summary>RFC 3339; null for one that does not come or is not known.</summary>
    public static string? Shown(long unixMs) => unixMs is Lifecycle.Never or 0 ? null : Rfc3339.Format(unixMs);
}
