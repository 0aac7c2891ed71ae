using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Providers.Health;
using AiOrchestrator.Core.Providers.Registry;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Providers;

/// <summary>A provider's row as the control API shows it: its configuration and what became of it. Never a secret.</summary>
/// <param name="Id">The row's id.</param>
/// <param name="Source"><c>stored</c>, <c>environment</c> or <c>built-in</c>.</param>
/// <param name="WireFormat">The wire format spoken.</param>
/// <param name="BaseUrl">Where it is reached.</param>
/// <param name="Region">The region it signs for; null where its base URL names it, or none is needed.</param>
/// <param name="Regions">Everywhere it processes data; null where that is not known.</param>
/// <param name="ApiKeyRef">Where its key lies; null for a provider without one.</param>
/// <param name="ApiKeyResolved">Whether the reference leads to a key; null for a provider without one.</param>
/// <param name="PriceProvider">The price table's provider whose rows price the models.</param>
/// <param name="Models">An array of models, <c>"catalogue"</c> or <c>"listed"</c>.</param>
/// <param name="ConnectTimeoutMs">Milliseconds.</param>
/// <param name="FirstByteTimeoutMs">Milliseconds.</param>
/// <param name="IdleTimeoutMs">Milliseconds.</param>
/// <param name="TotalTimeoutMs">Milliseconds.</param>
/// <param name="MaxConnections">Most calls under way at once.</param>
/// <param name="Priority">Lower is tried first.</param>
/// <param name="OnClientGone"><c>cancel</c> or <c>drain</c>.</param>
/// <param name="DrainTimeoutMs">How long a drained answer is read on; milliseconds.</param>
/// <param name="DrainMaxTokens">How many tokens received meanwhile end that.</param>
/// <param name="Responses">Whether it serves OpenAI's responses beside its chat completions.</param>
/// <param name="Completions">Whether it serves OpenAI's legacy completions for all its models of conversations.</param>
/// <param name="Batches">Whether it has OpenAI's files and batches.</param>
/// <param name="Auth">How the key is presented; null: as the wire format has it.</param>
/// <param name="Headers">Of every request; a secret one as the reference to it.</param>
/// <param name="Query">Of every URL.</param>
/// <param name="PathTemplate">The path below the base URL.</param>
/// <param name="DropMembers">Members of requests that are left out.</param>
/// <param name="RenameMembers">Members of requests that have another name there.</param>
/// <param name="StreamOptions">Whether it takes <c>stream_options</c>.</param>
/// <param name="Probe">How it is probed: <c>models</c> or <c>chat</c>.</param>
/// <param name="ProbeIntervalMs">How often, milliseconds; null for what the option says.</param>
/// <param name="Voices">Names for its voices.</param>
/// <param name="Enabled">False: out of service.</param>
/// <param name="UnpricedModels">Listed models that neither the organisation, the row nor the catalogue has a price of: what becomes of calls to them <c>/control/v1/price-policy</c> says.</param>
/// <param name="Errors">Why it is not served as configured; empty when it is.</param>
public sealed record ProviderView(
    string Id,
    string Source,
    string WireFormat,
    string BaseUrl,
    string? Region,
    IReadOnlyList<string>? Regions,
    string? ApiKeyRef,
    bool? ApiKeyResolved,
    string? PriceProvider,
    ModelSelection Models,
    int ConnectTimeoutMs,
    int FirstByteTimeoutMs,
    int IdleTimeoutMs,
    int TotalTimeoutMs,
    int MaxConnections,
    int Priority,
    ClientGoneAction OnClientGone,
    int DrainTimeoutMs,
    long DrainMaxTokens,
    bool Responses,
    bool Completions,
    bool Batches,
    string? Auth,
    IReadOnlyDictionary<string, string>? Headers,
    IReadOnlyDictionary<string, string>? Query,
    string? PathTemplate,
    IReadOnlyList<string>? DropMembers,
    IReadOnlyDictionary<string, string>? RenameMembers,
    bool StreamOptions,
    ProbeKind Probe,
    int? ProbeIntervalMs,
    IReadOnlyDictionary<string, string>? Voices,
    bool Enabled,
    IReadOnlyList<string> UnpricedModels,
    IReadOnlyList<string> Errors)
{
    internal static ProviderView Of(ProviderRow row, IReadOnlyList<string> unpricedModels)
    {
        var config = row.Config;
        return new ProviderView(
            config.Id,
            Word(row.Source),
            config.WireFormat,
            config.BaseUrl,
            config.Region,
            config.Regions,
            config.ApiKeyRef,
            row.SecretResolved,
            config.PriceProvider,
            config.Models,
            config.ConnectTimeoutMs,
            config.FirstByteTimeoutMs,
            config.IdleTimeoutMs,
            config.TotalTimeoutMs,
            config.MaxConnections,
            config.Priority,
            config.OnClientGone,
            config.DrainTimeoutMs,
            config.DrainMaxTokens,
            config.ServesResponses(),
            config.Completions,
            config.Batches,
            config.Auth,
            config.Headers,
            config.Query,
            config.PathTemplate,
            config.DropMembers,
            config.RenameMembers,
            config.StreamOptions,
            config.Probe,
            config.ProbeIntervalMs,
            config.Voices,
            config.Enabled,
            unpricedModels,
            row.Errors);
    }

    internal static string Word(ProviderSource source) => source switch
    {
        ProviderSource.BuiltIn => "built-in",
        ProviderSource.Environment => "environment",
        _ => "stored",
    };
}

/// <summary>The answer of <c>GET /v1/models</c>, in OpenAI's shape.</summary>
/// <param name="Object">Always <c>list</c>.</param>
/// <param name="Data">The models, in order of id.</param>
public sealed record ModelListView(string Object, IReadOnlyList<ModelView> Data);

/// <summary>What a model costs where it is tried first. Decimal strings of US dollars; the lowest tier.</summary>
/// <param name="InputUsdPerMillion">Per million prompt tokens.</param>
/// <param name="OutputUsdPerMillion">Per million completion tokens.</param>
/// <param name="CacheReadUsdPerMillion">Per million prompt tokens read from the provider's cache.</param>
/// <param name="RequestUsd">For each request.</param>
public sealed record PricingView(string InputUsdPerMillion, string OutputUsdPerMillion, string CacheReadUsdPerMillion, string RequestUsd);

/// <summary>How a model's tokens are counted before a provider has, at the provider tried first; see docs/metering/counting.md.</summary>
/// <param name="Tokenizer">The tokenizer, and the factor where there is one.</param>
/// <param name="Exact">Whether it is the model's own.</param>
/// <param name="StatedErrorPercent">How far off the count of ordinary text can be before it is corrected.</param>
/// <param name="Ratio">Prompt tokens reported for each counted; null where too few calls were seen by this instance.</param>
/// <param name="CompletionRatio">The same of completion tokens.</param>
/// <param name="Samples">Calls <paramref name="Ratio"/> was learned from.</param>
public sealed record CountingView(string Tokenizer, bool Exact, int StatedErrorPercent, double? Ratio, double? CompletionRatio, long Samples)
{
    private const int Decimals = 4;

    internal static CountingView Of(ModelFamily family, CountingRatio prompt, CountingRatio completion) =>
        new(family.CountsWith, family.IsExact, family.StatedErrorPercent, Rounded(prompt.Ratio), Rounded(completion.Ratio), prompt.Samples);

    private static double? Rounded(double? ratio) => ratio is { } known ? Math.Round(known, Decimals) : null;
}

/// <summary>A model callers may use: OpenAI's members, and what OpenAI does not tell.</summary>
/// <param name="Id">The name to call it by.</param>
/// <param name="Object">Always <c>model</c>.</param>
/// <param name="Created">Seconds since 1970 of the first day of its price; 0 when that is not known.</param>
/// <param name="OwnedBy">The provider it is priced as.</param>
/// <param name="Kind"><c>chat</c> or <c>embedding</c>.</param>
/// <param name="ContextWindow">Tokens of prompt and completion together; null when not published.</param>
/// <param name="MaxOutputTokens">Tokens of the longest completion; null when not published.</param>
/// <param name="Capabilities">What it can do, such as <c>TEXT</c>, <c>VISION</c>; <c>?capability=</c> asks for them.</param>
/// <param name="Features">What the price file says it can, such as <c>tools</c>, <c>reasoning</c>.</param>
/// <param name="Family">The line of models it belongs to; null where nobody has said.</param>
/// <param name="Tier">Where it stands in it; null likewise.</param>
/// <param name="Lifecycle">How far it is in its life.</param>
/// <param name="Pricing">What it costs the key's organisation now, multiplier included; null when no price is in force: then it cannot be called.</param>
/// <param name="PriceOrigin">Whose price it is: <c>override</c>, <c>provider_row</c>, <c>catalogue</c>, <c>last_resort</c>, or null.</param>
/// <param name="Multiplier">The plan's multiplier in that price, as decimal text; null without a plan. <c>0</c> is free.</param>
/// <param name="Counting">How its tokens are counted here.</param>
/// <param name="Providers">Who serves it to the caller, in the order in which they are tried.</param>
public sealed record ModelView(
    string Id,
    string Object,
    long Created,
    string OwnedBy,
    string Kind,
    long? ContextWindow,
    long? MaxOutputTokens,
    IReadOnlyList<string> Capabilities,
    IReadOnlyList<string> Features,
    string? Family,
    ModelTier? Tier,
    LifecycleView Lifecycle,
    PricingView? Pricing,
    PriceOrigin? PriceOrigin,
    string? Multiplier,
    CountingView Counting,
    IReadOnlyList<string> Providers)
{
    internal static ModelView Of(KnownModel known, IReadOnlyList<Route> routes, ModelMap models, PriceBook prices, CountingRatios ratios, DateTimeOffset now)
    {
        var model = routes[0].Model;
        var pinned = prices.Find(model.Priced, now);
        var price = pinned?.Price;
        return new ModelView(
            model.Id,
            "model",
            price?.From is { } from ? new DateTimeOffset(from, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeSeconds() : 0,
            model.Price.Provider,
            ModelKinds.Name(model.Price.Kind),
            model.Limits.ContextWindowTokens,
            model.Limits.MaxOutputTokens,
            CapabilityWords.Of(known.Capabilities),
            model.Price.Capabilities,
            known.Family,
            known.Tier,
            LifecycleView.Of(known, models, now.ToUnixTimeMilliseconds()),
            price is null
                ? null
                : new PricingView(
                    price.InputUsdPerMillion,
                    price.OutputUsdPerMillion,
                    // Femto-dollars per token are nano-dollars per million.
                    NanoUsd.FormatUsd(price.CardFor(0).CacheReadFemtoUsd),
                    NanoUsd.FormatUsd(price.RequestNanoUsd)),
            pinned?.Origin,
            pinned?.Multiplier,
            CountingView.Of(model.Family, ratios.Prompt(routes[0].Provider.Id, model.Id), ratios.Completion(routes[0].Provider.Id, model.Id)),
            [.. routes.Select(static r => r.Provider.Id)]);
    }
}
