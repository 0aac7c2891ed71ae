using System.Globalization;
using System.Text.Json;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Configuration;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Caching.Policies;

/// <summary>The body of <c>POST</c> and <c>PUT</c> under <c>/control/v1/cache/policies</c>. What is absent is not said.</summary>
/// <param name="Level"><c>company</c>, <c>team</c> or <c>user</c>.</param>
/// <param name="Subject">A wallet's id, or a user's; absent for the company.</param>
/// <param name="Model">A model's name, or a pattern with <c>*</c>; absent for all. There is one policy for each subject and model.</param>
/// <param name="Mode"><c>off</c>, <c>exact</c> or <c>semantic</c>.</param>
/// <param name="TtlSeconds">1 to 2592000.</param>
/// <param name="MaxTemperature">0 to 2: calls that may vary more are not answered from the cache; a call that says nothing has 1.</param>
/// <param name="AcceptsSeed">Whether a call with a seed is, at any temperature.</param>
/// <param name="Tools"><c>none</c>, <c>offered</c> or <c>called</c>.</param>
/// <param name="Share"><c>team</c>, <c>company</c> or <c>user</c>.</param>
/// <param name="MinSimilarity">0.5 to 1.</param>
/// <param name="Embedding"><c>embedded</c>, or the name of a model of embeddings.</param>
/// <param name="ChargePercent">0 to 100: what a hit is charged of what the answer cost.</param>
/// <param name="SingleFlight">Whether the same question waits for an answer that is under way.</param>
public sealed record CachePolicyRequest(
    Level Level,
    string? Subject = null,
    string? Model = null,
    CacheMode? Mode = null,
    long? TtlSeconds = null,
    double? MaxTemperature = null,
    bool? AcceptsSeed = null,
    CacheTools? Tools = null,
    CacheShare? Share = null,
    double? MinSimilarity = null,
    string? Embedding = null,
    int? ChargePercent = null,
    bool? SingleFlight = null);

/// <summary>A cache policy as the control API shows it; null: nothing is said.</summary>
/// <param name="Id"><c>cpl_…</c>.</param>
/// <param name="Level">Whose calls.</param>
/// <param name="Subject">By id.</param>
/// <param name="Model">A model's name or a pattern; null for all.</param>
/// <param name="Mode">How answers are given again.</param>
/// <param name="TtlSeconds">For how long.</param>
/// <param name="MaxTemperature">Calls that may vary more are not answered from the cache.</param>
/// <param name="AcceptsSeed">Whether a call with a seed is, at any temperature.</param>
/// <param name="Tools">Which calls with tools are.</param>
/// <param name="Share">Who is given the answer.</param>
/// <param name="MinSimilarity">How near another question must be.</param>
/// <param name="Embedding">Which model says how near questions are.</param>
/// <param name="ChargePercent">What a hit is charged, in percent of what the answer cost.</param>
/// <param name="SingleFlight">Whether the same question waits for an answer that is under way.</param>
/// <param name="CreatedAt">RFC 3339.</param>
public sealed record CachePolicyView(
    string Id,
    Level Level,
    string Subject,
    string? Model,
    CacheMode? Mode,
    long? TtlSeconds,
    double? MaxTemperature,
    bool? AcceptsSeed,
    CacheTools? Tools,
    CacheShare? Share,
    double? MinSimilarity,
    string? Embedding,
    int? ChargePercent,
    bool? SingleFlight,
    string CreatedAt)
{
    internal static CachePolicyView Of(StoredCachePolicy stored)
    {
        var p = stored.Policy;
        return new(
            stored.Id, p.Level, p.Subject, p.Model, p.Mode, p.TtlSeconds, p.MaxTemperature, p.AcceptsSeed, p.Tools, p.Share, p.MinSimilarity, p.Embedding, p.ChargePercent,
            p.SingleFlight, Rfc3339.Format(stored.CreatedUnixMs));
    }
}

internal static class CachePolicyEndpoints
{
    private const double MostTemperature = 2;
    private const double LeastSimilarity = 0.5;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapParts<StoredCachePolicy, CachePolicySet, CachePolicyRequest, CachePolicyView>(new PartRoutes<StoredCachePolicy, CachePolicyView>
        {
            Root = "/control/v1/cache/policies",
            Tag = "Cache",
            One = "CachePolicy",
            Words = "which answers of an organisation, a team or a user are given again",
            IdPrefix = "cpl",
            Read = Read,
            View = CachePolicyView.Of,
            Type = CachePoliciesJson.Default.CachePolicyView,
            PageType = CachePoliciesJson.Default.PageCachePolicyView,
        });

    private static StoredCachePolicy Read(MemberReader body, PartRequest request, StoredCachePolicy? before)
    {
        var whose = LevelSubject.Read(body, request, allowsGlobal: false);
        var policy = new CachePolicy(whose.Level, whose.Subject)
        {
            Model = body.Text("model", ModelPatterns.MaxLength),
            Mode = Word(body, "mode", ("off", CacheMode.Off), ("exact", CacheMode.Exact), ("semantic", CacheMode.Semantic)),
            TtlSeconds = body.Whole("ttl_seconds", 1, EffectiveCachePolicy.MaxTtlSeconds),
            MaxTemperature = Number(body, "max_temperature", 0, MostTemperature),
            AcceptsSeed = body.Flag("accepts_seed"),
            Tools = Word(body, "tools", ("none", CacheTools.None), ("offered", CacheTools.Offered), ("called", CacheTools.Called)),
            Share = Word(body, "share", ("team", CacheShare.Team), ("company", CacheShare.Company), ("user", CacheShare.User)),
            MinSimilarity = Number(body, "min_similarity", LeastSimilarity, 1),
            Embedding = body.Text("embedding", ModelPatterns.MaxLength),
            ChargePercent = (int?)body.Whole("charge_percent", 0, 100),
            SingleFlight = body.Flag("single_flight"),
        };
        CheckOnce(body, request, policy);
        return new StoredCachePolicy(request.Id, policy, before?.CreatedUnixMs ?? request.NowUnixMs);
    }

    private static void CheckOnce(MemberReader body, PartRequest request, CachePolicy policy)
    {
        var known = request.Services.GetRequiredService<PartDirectory<StoredCachePolicy, CachePolicySet>>().For(request.OrganisationId).Stored;
        if (!body.HasProblems && known.FirstOrDefault(p =>
            p.Policy.Level == policy.Level && p.Policy.Subject == policy.Subject && p.Policy.Model == policy.Model && p.Id != request.Id) is { } other)
        {
            body.Problem("subject", $"has a policy for that already, '{other.Id}': replace it");
        }
    }

    private static T? Word<T>(MemberReader body, string member, params ReadOnlySpan<(string Word, T Value)> words)
        where T : struct
    {
        if (body.Text(member, 20) is not { } given)
        {
            return null;
        }

        foreach (var (word, value) in words)
        {
            if (word == given)
            {
                return value;
            }
        }

        body.Problem(member, $"must be {words[0].Word}, {words[1].Word} or {words[2].Word}");
        return null;
    }

    private static double? Number(MemberReader body, string member, double min, double max)
    {
        if (body.Raw(member) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= min && number <= max)
        {
            return number;
        }

        body.Problem(member, string.Create(CultureInfo.InvariantCulture, $"must be a number from {min} to {max}"));
        return null;
    }
}
