using System.Runtime.CompilerServices;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic.Configuration;

namespace AiOrchestrator.Core.Traffic.Preferences;

/// <summary>
/// What all levels together say of a user's calls. Of what can be said once, the most specific level that says it wins; what one level blocks or avoids no other
/// lets in again; of lists of what is allowed, all must have it. Immutable; asking allocates nothing.
/// </summary>
internal sealed class EffectivePreferences
{
    private readonly PriceBooks _prices;
    private readonly string _organisationId;
    private readonly string[] _preferred;
    private readonly Ban[] _bans;
    private readonly string _freeOnlyWhy;

    // By the object that a row serves, and only as long as that lives: rows are read anew all the time.
    private readonly ConditionalWeakTable<Route, Verdict> _verdicts = [];

    /// <summary>Puts what is said together.</summary>
    /// <param name="organisationId">Whose calls.</param>
    /// <param name="said">What is said, the most specific first.</param>
    /// <param name="installation">What nobody may use.</param>
    /// <param name="prices">What is free.</param>
    public EffectivePreferences(string organisationId, IReadOnlyList<Preference> said, InstallationBlocks installation, PriceBooks prices)
    {
        (_organisationId, _prices) = (organisationId, prices);
        _preferred = [.. First(said, static p => p.PreferredProviders) ?? []];
        _bans = [.. installation.Bans, .. said.SelectMany(BansOf)];
        Prefer = said.Select(static p => p.Prefer).FirstOrDefault(static p => p is not null) ?? Prefer.None;
        CustomRulesOnly = said.Select(static p => p.CustomRulesOnly).FirstOrDefault(static p => p is not null) ?? false;
        DefaultModel = First(said, static p => p.DefaultModel);
        var free = said.FirstOrDefault(static p => p.FreeModelsOnly is not null);
        FreeModelsOnly = free?.FreeModelsOnly ?? false;
        _freeOnlyWhy = FreeModelsOnly ? $"it is not free, and {Who(free!)} uses free models only" : "";
    }

    /// <summary>What is wanted where several could serve.</summary>
    public Prefer Prefer { get; }

    /// <summary>Whether the rules that ship are left out.</summary>
    public bool CustomRulesOnly { get; }

    /// <summary>Whether only models are used that cost nothing.</summary>
    public bool FreeModelsOnly { get; }

    /// <summary>The model of calls that leave the choice to the gateway, and that nothing else decides; null for none.</summary>
    public string? DefaultModel { get; }

    /// <summary>Whether a route may be used.</summary>
    /// <param name="route">The route.</param>
    /// <param name="unixMs">When: prices change.</param>
    /// <param name="why">Why not, as the end of a sentence; null where true is returned.</param>
    public bool Allows(Route route, long unixMs, out string? why)
    {
        var verdict = _verdicts.TryGetValue(route, out var known) ? known : _verdicts.GetValue(route, Judge);
        why = verdict.Why ?? (FreeModelsOnly && !IsFree(route, unixMs) ? _freeOnlyWhy : null);
        return why is null;
    }

    /// <summary>Where a route stands among those that may be used: 0 for the provider that is preferred most, and so on; the same for all that are not preferred.</summary>
    public int Rank(Route route)
    {
        var index = Array.IndexOf(_preferred, route.Provider.Id);
        return index >= 0 ? index : _preferred.Length;
    }

    private static T? First<T>(IReadOnlyList<Preference> said, Func<Preference, T?> member)
        where T : class => said.Select(member).FirstOrDefault(static m => m is not null);

    private static string Who(Preference preference) => new LevelSubject(preference.Level, preference.Subject).Who;

    private static IEnumerable<Ban> BansOf(Preference preference)
    {
        var who = Who(preference);
        return
        [
            .. Ban.Of(BanKind.BlockedProvider, preference.BlockedProviders, who),
            .. Ban.Of(BanKind.AvoidedProvider, preference.AvoidedProviders, who),
            .. Ban.Of(BanKind.BlockedFamily, preference.BlockedFamilies, who),
            .. Ban.Of(BanKind.BlockedModel, preference.BlockedModels, who),
            .. Ban.Of(BanKind.NotAllowedModel, preference.AllowedModels, who),
        ];
    }

    private Verdict Judge(Route route)
    {
        foreach (var ban in _bans)
        {
            if (ban.Refuses(route) is { } why)
            {
                return new Verdict(why);
            }
        }

        return new Verdict(null);
    }

    /// <summary>A model without a price is not free: nobody knows what it costs.</summary>
    private bool IsFree(Route route, long unixMs) =>
        _prices.For(_organisationId).Find(route.Model.Priced, DateTimeOffset.FromUnixTimeMilliseconds(unixMs))?.Price.IsFree == true;

    private sealed record Verdict(string? Why);
}

/// <summary>What a ban is about.</summary>
internal enum BanKind
{
    /// <summary>A provider that may not be used.</summary>
    BlockedProvider,

    /// <summary>A provider that is not wanted.</summary>
    AvoidedProvider,

    /// <summary>A family of models that may not be used.</summary>
    BlockedFamily,

    /// <summary>A model that may not be used.</summary>
    BlockedModel,

    /// <summary>A model that is not among those that may be used.</summary>
    NotAllowedModel,
}

/// <summary>One list that keeps routes from being used.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Names">Names and patterns.</param>
/// <param name="Who">Who says so.</param>
internal sealed record Ban(BanKind Kind, ModelPatterns Names, string Who)
{
    /// <summary>The ban of a list; none where there is no list. An empty list of what is allowed allows nothing, any other empty one says nothing.</summary>
    public static IEnumerable<Ban> Of(BanKind kind, IReadOnlyList<string>? names, string who) =>
        names is null || (names.Count == 0 && kind != BanKind.NotAllowedModel) ? [] : [new Ban(kind, new ModelPatterns(names), who)];

    /// <summary>Why a route is not used, as the end of a sentence; null where this does not keep it from that.</summary>
    public string? Refuses(Route route) => Kind switch
    {
        BanKind.BlockedProvider when Names.Allows(route.Provider.Id) => $"the provider '{route.Provider.Id}' is blocked by {Who}",
        BanKind.AvoidedProvider when Names.Allows(route.Provider.Id) => $"the provider '{route.Provider.Id}' is avoided by {Who}",
        BanKind.BlockedFamily when route.Family is { } family && Names.Allows(family) => $"the family '{family}' is blocked by {Who}",

        // Under whatever name a row offers it: what is blocked is what runs there.
        BanKind.BlockedModel when Names.Allows(route.Model.UpstreamId) || IsNamed(route) => $"it is blocked by {Who}",
        BanKind.NotAllowedModel when !IsNamed(route) => $"it is not among the models {Who} allows",
        _ => null,
    };

    private bool IsNamed(Route route) => Names.Allows(route.Model.Id) || route.Aliases.Any(Names.Allows);
}
