using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Ledger.Money;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Traffic.Preferences;

/// <summary>The body of <c>POST</c> and <c>PUT</c> under <c>/control/v1/preferences</c>. What is absent is not said.</summary>
/// <param name="Level"><c>company</c>, <c>team</c> or <c>user</c>.</param>
/// <param name="Subject">A wallet's id, or a user's; absent for the company. There are preferences once for each subject.</param>
/// <param name="PreferredProviders">At most 100, in order: tried first.</param>
/// <param name="AvoidedProviders">At most 100, <c>*</c> for any characters: not used.</param>
/// <param name="BlockedProviders">Likewise.</param>
/// <param name="AllowedModels">1 to 500 names or patterns: no others are used.</param>
/// <param name="BlockedModels">At most 500 names or patterns: not used.</param>
/// <param name="BlockedFamilies">At most 100 names or patterns: not used.</param>
/// <param name="Prefer"><c>none</c>, <c>speed</c>, <c>cost</c> or <c>vision</c>.</param>
/// <param name="CustomRulesOnly">Whether the rules that ship are left out.</param>
/// <param name="FreeModelsOnly">Whether only models are used that cost nothing.</param>
/// <param name="DefaultModel">The model of calls that leave the choice to the gateway, and that nothing else decides.</param>
/// <param name="MaxTokensPerDay">1 to 1000000000000, of all calls of the subject.</param>
/// <param name="MaxCostUsdPerDay">More than 0, at most 1000000000 US dollars, of all calls of the subject.</param>
public sealed record PreferenceRequest(
    Level Level,
    string? Subject = null,
    IReadOnlyList<string>? PreferredProviders = null,
    IReadOnlyList<string>? AvoidedProviders = null,
    IReadOnlyList<string>? BlockedProviders = null,
    IReadOnlyList<string>? AllowedModels = null,
    IReadOnlyList<string>? BlockedModels = null,
    IReadOnlyList<string>? BlockedFamilies = null,
    Prefer? Prefer = null,
    bool? CustomRulesOnly = null,
    bool? FreeModelsOnly = null,
    string? DefaultModel = null,
    long? MaxTokensPerDay = null,
    string? MaxCostUsdPerDay = null);

/// <summary>Preferences as the control API shows them; null: nothing is said.</summary>
/// <param name="Id"><c>prf_…</c>.</param>
/// <param name="Level">Whose calls.</param>
/// <param name="Subject">By id.</param>
/// <param name="PreferredProviders">Tried first, in order.</param>
/// <param name="AvoidedProviders">Not used.</param>
/// <param name="BlockedProviders">Not used.</param>
/// <param name="AllowedModels">No others are used.</param>
/// <param name="BlockedModels">Not used.</param>
/// <param name="BlockedFamilies">Not used.</param>
/// <param name="Prefer">What is wanted where several could serve.</param>
/// <param name="CustomRulesOnly">Whether the rules that ship are left out.</param>
/// <param name="FreeModelsOnly">Whether only models are used that cost nothing.</param>
/// <param name="DefaultModel">The model of calls that nothing else decides.</param>
/// <param name="MaxTokensPerDay">Tokens in a day of UTC.</param>
/// <param name="MaxCostUsdPerDay">US dollars in a day of UTC.</param>
/// <param name="CreatedAt">RFC 3339.</param>
public sealed record PreferenceView(
    string Id,
    Level Level,
    string Subject,
    IReadOnlyList<string>? PreferredProviders,
    IReadOnlyList<string>? AvoidedProviders,
    IReadOnlyList<string>? BlockedProviders,
    IReadOnlyList<string>? AllowedModels,
    IReadOnlyList<string>? BlockedModels,
    IReadOnlyList<string>? BlockedFamilies,
    Prefer? Prefer,
    bool? CustomRulesOnly,
    bool? FreeModelsOnly,
    string? DefaultModel,
    long? MaxTokensPerDay,
    string? MaxCostUsdPerDay,
    string CreatedAt)
{
    internal static PreferenceView Of(StoredPreference stored)
    {
        var p = stored.Preference;
        return new(
            stored.Id,
            p.Level,
            p.Subject,
            p.PreferredProviders,
            p.AvoidedProviders,
            p.BlockedProviders,
            p.AllowedModels,
            p.BlockedModels,
            p.BlockedFamilies,
            p.Prefer,
            p.CustomRulesOnly,
            p.FreeModelsOnly,
            p.DefaultModel,
            p.MaxTokensPerDay,
            p.MaxCostNanoUsdPerDay is { } cost ? NanoUsd.FormatUsd(cost) : null,
            Rfc3339.Format(stored.CreatedUnixMs));
    }
}

internal static class PreferenceEndpoints
{
    private const int MaxProviders = 100;
    private const int MaxModels = 500;
    private const int MaxFamilies = 100;
    private const long MaxTokens = 1_000_000_000_000;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapParts<StoredPreference, PreferenceSet, PreferenceRequest, PreferenceView>(new PartRoutes<StoredPreference, PreferenceView>
        {
            Root = "/control/v1/preferences",
            Tag = "Preferences",
            One = "Preference",
            Words = "preferences of an organisation, a team or a user",
            IdPrefix = "prf",
            Read = Read,
            View = PreferenceView.Of,
            Type = PreferencesJson.Default.PreferenceView,
            PageType = PreferencesJson.Default.PagePreferenceView,
        });

    private static StoredPreference Read(MemberReader body, PartRequest request, StoredPreference? before)
    {
        var whose = LevelSubject.Read(body, request, allowsGlobal: false);
        CheckOnce(body, request, whose);
        var allowed = Names(body, "allowed_models", MaxModels);
        if (allowed is { Count: 0 })
        {
            body.Problem("allowed_models", "must name at least one model; leave it out where all may be used");
        }

        var preference = new Preference(whose.Level, whose.Subject)
        {
            PreferredProviders = body.Texts("preferred_providers", MaxProviders, ModelPatterns.MaxLength),
            AvoidedProviders = Names(body, "avoided_providers", MaxProviders),
            BlockedProviders = Names(body, "blocked_providers", MaxProviders),
            AllowedModels = allowed,
            BlockedModels = Names(body, "blocked_models", MaxModels),
            BlockedFamilies = Names(body, "blocked_families", MaxFamilies),
            Prefer = ReadPrefer(body),
            CustomRulesOnly = body.Flag("custom_rules_only"),
            FreeModelsOnly = body.Flag("free_models_only"),
            DefaultModel = body.Text("default_model", ModelPatterns.MaxLength),
            MaxTokensPerDay = body.Whole("max_tokens_per_day", 1, MaxTokens),
            MaxCostNanoUsdPerDay = LimitFigures.Cost(body, "max_cost_usd_per_day"),
        };

        // Grows even if the clock does not: the authority over rates takes the higher one as the later.
        var version = Math.Max((before?.Version ?? 0) + 1, request.NowUnixMs);
        return new StoredPreference(request.Id, preference, before?.CreatedUnixMs ?? request.NowUnixMs, version);
    }

    private static void CheckOnce(MemberReader body, PartRequest request, LevelSubject whose)
    {
        var known = request.Services.GetRequiredService<PartDirectory<StoredPreference, PreferenceSet>>().For(request.OrganisationId).Stored;
        if (!body.HasProblems && known.FirstOrDefault(p => p.Preference.Level == whose.Level && p.Preference.Subject == whose.Subject && p.Id != request.Id) is { } other)
        {
            body.Problem("subject", $"has preferences already, '{other.Id}': replace those");
        }
    }

    private static IReadOnlyList<string>? Names(MemberReader body, string member, int max) => body.Texts(member, max, ModelPatterns.MaxLength);

    private static Prefer? ReadPrefer(MemberReader body)
    {
        var word = body.Text("prefer", 20);
        Prefer? prefer = word switch
        {
            "none" => Prefer.None,
            "speed" => Prefer.Speed,
            "cost" => Prefer.Cost,
            "vision" => Prefer.Vision,
            _ => null,
        };
        if (word is not null && prefer is null)
        {
            body.Problem("prefer", "must be none, speed, cost or vision");
        }

        return prefer;
    }
}
