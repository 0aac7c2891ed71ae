using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Configuration;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Traffic.Chains;

/// <summary>The body of <c>POST</c> and <c>PUT</c> under <c>/control/v1/chains</c>.</summary>
/// <param name="Name">1 to 100 characters; callers say <c>chain:</c> and this as the model.</param>
/// <param name="Entries">1 to 20 models, in order.</param>
/// <param name="Strategy">Which comes first; <c>priority</c> when absent.</param>
/// <param name="MaxAttempts">1 to 10; 4 when absent.</param>
/// <param name="Retries">Repetitions at one route, 0 to 3; 1 when absent.</param>
/// <param name="HedgeAfterMs">10 to 600000, or absent: the next is never asked beside the first.</param>
/// <param name="TotalTimeoutMs">100 to 3600000, or absent: the first provider's own.</param>
/// <param name="Terms">For the strategy <c>cheapest</c>.</param>
/// <param name="Takes">Models whose calls it takes, by the names callers use: at most 20, each of one chain.</param>
public sealed record ChainRequest(
    string Name,
    IReadOnlyList<ChainEntry> Entries,
    Strategy? Strategy = null,
    int? MaxAttempts = null,
    int? Retries = null,
    int? HedgeAfterMs = null,
    int? TotalTimeoutMs = null,
    ServiceTerms? Terms = null,
    IReadOnlyList<string>? Takes = null);

/// <summary>A chain as the control API shows it.</summary>
/// <param name="Id"><c>chn_…</c>.</param>
/// <param name="Name">What rules and callers may call it.</param>
/// <param name="Strategy">Which comes first.</param>
/// <param name="Entries">The models.</param>
/// <param name="MaxAttempts">Routes and repetitions tried at most.</param>
/// <param name="Retries">Repetitions at one route.</param>
/// <param name="HedgeAfterMs">After so long the next is asked beside the first; milliseconds, or null.</param>
/// <param name="TotalTimeoutMs">All attempts together; milliseconds, or null.</param>
/// <param name="Terms">What the cheapest must meet, or null.</param>
/// <param name="Takes">Models whose calls it takes.</param>
/// <param name="CreatedAt">RFC 3339.</param>
public sealed record ChainView(
    string Id,
    string Name,
    Strategy Strategy,
    IReadOnlyList<ChainEntry> Entries,
    int MaxAttempts,
    int Retries,
    int? HedgeAfterMs,
    int? TotalTimeoutMs,
    ServiceTerms? Terms,
    IReadOnlyList<string> Takes,
    string CreatedAt)
{
    internal static ChainView Of(StoredChain stored)
    {
        var c = stored.Chain;
        return new(c.Id, c.Name, c.Strategy, c.Entries, c.MaxAttempts, c.Retries, c.HedgeAfterMs, c.TotalTimeoutMs, c.Terms, c.Takes ?? [], Rfc3339.Format(stored.CreatedUnixMs));
    }
}

internal static class ChainEndpoints
{
    private const int MaxEntries = 20;
    private const int MaxName = 100;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapParts<StoredChain, ChainSet, ChainRequest, ChainView>(new PartRoutes<StoredChain, ChainView>
    {
        Root = "/control/v1/chains",
        Tag = "Chains",
        One = "Chain",
        Words = "a chain of models",
        IdPrefix = "chn",
        Read = Read,
        View = ChainView.Of,
        Type = ChainsJson.Default.ChainView,
        PageType = ChainsJson.Default.PageChainView,
    });

    private static StoredChain Read(MemberReader body, PartRequest request, StoredChain? before)
    {
        var name = body.Text("name", MaxName, required: true) ?? "";
        if (name.AsSpan().IndexOfAnyExceptInRange('!', '~') >= 0)
        {
            body.Problem("name", "must be visible ASCII characters, without spaces");
        }

        var others = request.Services.GetRequiredService<PartDirectory<StoredChain, ChainSet>>().For(request.OrganisationId);
        if (others.Find(name) is { } other && other.Id != request.Id)
        {
            body.Problem("name", $"is the name of '{other.Id}' already");
        }

        var takes = body.Texts("takes", MaxEntries, 256);
        if (takes?.FirstOrDefault(m => others.Taking(m) is { } taking && taking.Id != request.Id) is { } taken)
        {
            body.Problem("takes", $"names '{taken}', whose calls '{others.Taking(taken)!.Name}' takes already");
        }

        var entries = ReadEntries(body);
        var strategy = ReadStrategy(body);
        var terms = ReadTerms(body);
        var chain = new Chain(
            request.Id,
            name,
            strategy,
            entries,
            (int)(body.Whole("max_attempts", 1, 10) ?? Chain.DefaultAttempts),
            (int)(body.Whole("retries", 0, 3) ?? Chain.DefaultRetries),
            (int?)body.Whole("hedge_after_ms", 10, 600_000),
            (int?)body.Whole("total_timeout_ms", 100, 3_600_000),
            terms,
            takes);
        return new StoredChain(request.Id, chain, before?.CreatedUnixMs ?? request.NowUnixMs);
    }

    /// <summary>The models of a chain, in <c>entries</c>.</summary>
    internal static List<ChainEntry> ReadEntries(MemberReader body)
    {
        var entries = new List<ChainEntry>();
        foreach (var entry in body.Objects("entries", MaxEntries))
        {
            var read = new ChainEntry(
                entry.Text("model", 256, required: true) ?? "", entry.Text("provider", 64), (int)(entry.Whole("weight", 1, 1000) ?? 1));
            if (entries.Any(e => e.Model == read.Model && e.Provider == read.Provider))
            {
                entry.Problem("model", "stands in the chain already");
            }

            entries.Add(read);
        }

        if (entries.Count == 0 && !body.HasProblems)
        {
            body.Problem("entries", "must name at least one model");
        }

        return entries;
    }

    private static Strategy ReadStrategy(MemberReader body)
    {
        if (body.Text("strategy", 32) is not { } word)
        {
            return Strategy.Priority;
        }

        Strategy? strategy = word switch
        {
            "priority" => Strategy.Priority,
            "weighted" => Strategy.Weighted,
            "round_robin" => Strategy.RoundRobin,
            "least_latency" => Strategy.LeastLatency,
            "two_choices" => Strategy.TwoChoices,
            "cheapest" => Strategy.Cheapest,
            _ => null,
        };
        if (strategy is null)
        {
            body.Problem("strategy", "must be priority, weighted, round_robin, least_latency, two_choices or cheapest");
        }

        return strategy ?? default;
    }

    private static ServiceTerms? ReadTerms(MemberReader body)
    {
        if (body.Object("terms") is not { } terms)
        {
            return null;
        }

        double? availability = null;
        if (terms.Raw("min_availability") is { } raw)
        {
            availability = raw.ValueKind == JsonValueKind.Number ? raw.GetDouble() : null;
            if (availability is not (>= 0 and <= 1))
            {
                terms.Problem("min_availability", "must be a number from 0 to 1");
            }
        }

        return new ServiceTerms((int?)terms.Whole("max_latency_ms", 1, 3_600_000), availability);
    }
}
