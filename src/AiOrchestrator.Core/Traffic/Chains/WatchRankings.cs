using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Alerts;
using AiOrchestrator.Core.Platform.Jobs;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Traffic.Decision;
using AiOrchestrator.Core.Traffic.Resilience;
using AiOrchestrator.Core.Traffic.Strategies;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Traffic.Chains;

/// <summary>
/// Tells when prices or models have changed so that the routes of a chain with the strategy <c>cheapest</c> come in another order (RT-15). Off the request path:
/// calls are ranked by the same function, each for itself and at the prices in force. What was told last is stored, so that a change that came with a
/// restart is told as well, and each once by all instances together.
/// </summary>
internal sealed partial class WatchRankings(
    PartDirectory<StoredChain, ChainSet> chains,
    ProviderDirectory providers,
    PriceBooks prices,
    RouteBook routes,
    IDocumentStore documents,
    AlertBook alerts,
    TimeProvider time,
    ILogger<WatchRankings> log)
{
    private const string Partition = "rankings";

    /// <summary>What routes are compared by: a call of a usual size. One of another size may find another order where input and output differ in price.</summary>
    private static readonly TokenUsage UsualCall = new(1000, 500);

    /// <summary>The job that does it, in whichever head.</summary>
    public static Job AsJob(WatchRankings watch) => new("watch-rankings", TimeSpan.FromMinutes(1), (_, cancellation) => watch.RunAsync(cancellation));

    /// <summary>Looks at each organisation once. Doing it again tells nothing twice.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (var organisationId in chains.Organisations)
        {
            try
            {
                await LookAsync(organisationId, cancellation);
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
            {
                // Safe: what was told last stands as it did, and is compared again in a minute; the others have their turn.
                LogFailed(failure, organisationId);
            }
        }
    }

    private async Task LookAsync(string organisationId, CancellationToken cancellation)
    {
        var ranked = chains.All(organisationId).Where(static c => c.Value.Chain.Strategy == Strategy.Cheapest).ToList();
        if (ranked.Count == 0)
        {
            return;
        }

        var (stored, etag) = await documents.FindAsync(Partition, organisationId, RankingsJson.Default.StoredRankings, cancellation);
        var now = ranked.ToDictionary(static c => c.Value.Id, c => new Ranking(c.ETag, Order(organisationId, c.Value.Chain)), StringComparer.Ordinal);
        var hasChanged = stored is null || stored.Chains.Count != now.Count;
        foreach (var part in ranked)
        {
            var (before, after) = (stored?.Chains.GetValueOrDefault(part.Value.Id), now[part.Value.Id]);
            if (before is not null && before.ChainETag == after.ChainETag && before.Order.SequenceEqual(after.Order, StringComparer.Ordinal))
            {
                continue;
            }

            hasChanged = true;

            // A chain that was made or changed by a person has a new order by that.
            if (before?.ChainETag == after.ChainETag)
            {
                await TellAsync(organisationId, part.Value.Chain, before.Order, after.Order, etag!, cancellation);
            }
        }

        if (hasChanged)
        {
            // Where another instance was first, the same was told by it under the same name.
            var json = StoredDocuments.Bytes(new StoredRankings(now), RankingsJson.Default.StoredRankings);
            _ = etag is null
                ? await documents.CreateAsync(Partition, organisationId, json, cancellation)
                : await documents.ReplaceAsync(Partition, organisationId, json, etag, cancellation);
        }
    }

    /// <summary>The chain's routes, the cheapest first, as calls are ranked; without terms of service, which are each call's own.</summary>
    private List<string> Order(string organisationId, Chain chain)
    {
        var at = time.GetUtcNow();
        var unixMs = at.ToUnixTimeMilliseconds();
        var found = new List<Candidate>();
        foreach (var entry in chain.Entries)
        {
            var model = providers.Current.Models.Find(entry.Model, unixMs);
            found.AddRange((model.Serving?.Routes ?? [])
                .Where(r => (entry.Provider is null || r.Provider.Id == entry.Provider) && !r.Life.IsDeadAt(unixMs) && !found.Exists(f => ReferenceEquals(f.Route, r)))
                .Select(r => new Candidate(r, model, routes.For(r), entry.Weight)));
        }

        OrderCandidates.Run(
            CollectionsMarshal.AsSpan(found), Strategy.Cheapest, new OrderTerms(prices.For(organisationId), at, UsualCall, Chance: 0, Turn: 0, Terms: null));
        return found.ConvertAll(static f => $"{f.Route.Provider.Id}/{f.Route.Model.Id}");
    }

    private async Task TellAsync(
        string organisationId, Chain chain, IReadOnlyList<string> before, IReadOnlyList<string> after, string etag, CancellationToken cancellation)
    {
        var (was, isNow) = (string.Join(", ", before), string.Join(", ", after));
        var alert = new Alert(
            $"ranking:{AlertBook.IdOf($"{chain.Id}\n{etag}")}",
            organisationId,
            AlertKinds.RankingChanged,
            AlertSeverity.Info,
            $"Prices or models have changed the order of the chain '{chain.Name}'",
            $"By price for a call of {UsualCall.PromptTokens} tokens and an answer of {UsualCall.CompletionTokens}, its routes were {was}; now they are {isNow}. Calls have been ranked so since the change.",
            new Dictionary<string, string>(StringComparer.Ordinal) { ["chain_id"] = chain.Id, ["before"] = was, ["after"] = isNow },
            time.GetUtcNow().ToUnixTimeMilliseconds());
        if (await alerts.RaiseAsync(alert, cancellation))
        {
            LogChanged(chain.Id, chain.Name, organisationId, was, isNow);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "The chain {ChainId} ({Chain}) of {OrganisationId} is ranked anew by price: {Before} became {After}")]
    private partial void LogChanged(string chainId, string chain, string organisationId, string before, string after);

    [LoggerMessage(2, LogLevel.Error, "The rankings of {OrganisationId} could not be looked at; the next turn tries again")]
    private partial void LogFailed(Exception failure, string organisationId);
}

/// <summary>The order of a chain's routes by price.</summary>
/// <param name="ChainETag">Of the chain as it was then.</param>
/// <param name="Order">Provider and model of each.</param>
internal sealed record Ranking(string ChainETag, IReadOnlyList<string> Order);

/// <summary>What was told last of an organisation's chains.</summary>
/// <param name="Chains">By id.</param>
internal sealed record StoredRankings(IReadOnlyDictionary<string, Ranking> Chains);

/// <summary>The written form of rankings.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredRankings))]
internal sealed partial class RankingsJson : JsonSerializerContext;
