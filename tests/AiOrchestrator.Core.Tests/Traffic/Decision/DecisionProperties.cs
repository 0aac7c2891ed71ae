using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Health;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Traffic.Decision;
using AiOrchestrator.Core.Traffic.Facts;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Traffic.Decision;

/// <summary>P17, P18, P20, P21 and P22 over decisions made from a seed; and that a decision is a function of what it is made from.</summary>
public sealed class DecisionProperties
{
    private const int Decisions = 3000;
    private static readonly string[] Models = ["m0", "m1", "m2", "m3", "m4", "m5"];
    private static readonly string[] Providers = ["p0", "p1", "p2"];
    private static readonly string[] Strategies = ["priority", "weighted", "least_latency", "two_choices", "cheapest"];

    [Fact]
    public async Task Every_decision_is_eligible_without_repeats_has_a_reason_and_an_estimate_and_comes_out_the_same_again()
    {
        await using var host = await CoreHost.StartAsync();
        var random = new Random(20261126);
        var (chains, blocked, ended) = await ConfigureAsync(host, random);
        var decide = host.Services.GetRequiredService<DecideRoute>();
        var health = host.Services.GetRequiredService<HealthBook>();
        var models = host.Services.GetRequiredService<ProviderDirectory>().Current.Models;
        var prices = host.Services.GetRequiredService<PriceBooks>().For(host.Installation.OrganisationId);
        var key = host.Services.GetRequiredService<KeyDirectory>().Get(host.Installation.OrganisationId, host.Installation.KeyId)!;
        for (var i = 0; i < Decisions; i++)
        {
            var name = random.Next(3) == 0 ? Models[random.Next(Models.Length)] : $"chain:{random.Next(chains.Count)}";
            var facts = Facts(host, name, (ulong)random.NextInt64());
            if (decide.Run(new DecisionRequest(facts, key, models, prices), out var plan) is not null)
            {
                continue;
            }

            Assert.NotEmpty(plan!.Reason);
            Assert.True(plan.LatencyEstimateMs > 0);
            var routes = plan.Candidates.Select(static c => (c.Route.Provider.Id, c.Route.Model.Id)).ToList();
            Assert.Equal(routes.Distinct(), routes);
            Assert.All(plan.Candidates, c =>
            {
                Assert.NotEqual(blocked, c.Route.Provider.Id);
                Assert.NotEqual(ended, c.Route.Model.Id);
                Assert.False(c.Route.Life.IsDeadAt(facts.UnixMs));
            });
            if (name.StartsWith("chain:0", StringComparison.Ordinal))
            {
                // By priority: the first eligible of the chain, provider by provider.
                var expected = chains[0].Where(m => m != ended).SelectMany(m => models.Named(m)!.Routes.Where(r => r.Provider.Id != blocked && !r.Life.IsDeadAt(facts.UnixMs)))
                    .Select(static r => (r.Provider.Id, r.Model.Id)).Distinct();
                Assert.Equal(expected, routes);
            }

            Assert.Null(decide.Run(new DecisionRequest(Facts(host, name, facts.Chance), key, models, prices), out var again));
            Assert.Equal(routes, again!.Candidates.Select(static c => (c.Route.Provider.Id, c.Route.Model.Id)));
        }

        Assert.Equal(HealthStatus.Healthy, health.StatusOf("p0"));
    }

    /// <summary>Rows of three providers, chains of every strategy that takes no turns, one provider blocked and one model ended.</summary>
    private static async Task<(IReadOnlyList<IReadOnlyList<string>> Chains, string Blocked, string Ended)> ConfigureAsync(CoreHost host, Random random)
    {
        foreach (var (index, provider) in Providers.Index())
        {
            var served = Models.Where(_ => random.Next(3) > 0).DefaultIfEmpty(Models[0]).ToArray();
            var created = await host.Admin.PostAsync("/control/v1/providers", RoutingScene.Row(provider, "http://127.0.0.1:9", index, "", served).Replace("\"api_key_ref\":\"env:KEY\",", "", StringComparison.Ordinal));
            Assert.True((int)created.Status == 201, created.Text);
        }

        var ended = await host.Admin.SendAsync(HttpMethod.Put, "/control/v1/models/m5", """{"retired_at":"2020-01-01T00:00:00Z"}""");
        Assert.True((int)ended.Status is 200 or 201, ended.Text);
        var chains = new List<IReadOnlyList<string>>();
        foreach (var (index, strategy) in Strategies.Index())
        {
            var entries = Models.OrderBy(_ => random.Next()).Take(1 + random.Next(Models.Length)).ToList();
            chains.Add(entries);
            var json = $$"""{"name":"{{index}}","strategy":"{{strategy}}","max_attempts":10,"entries":[{{string.Join(',', entries.Select(m => $$"""{"model":"{{m}}","weight":{{1 + random.Next(9)}}}"""))}}]}""";
            var created = await host.Admin.PostAsync("/control/v1/chains", json);
            Assert.True((int)created.Status == 201, created.Text);
        }

        _ = await host.Admin.PostAsync("/control/v1/preferences", $$"""{"level":"company","subject":"{{host.Installation.OrganisationId}}","blocked_providers":["p2"]}""");
        return (chains, "p2", "m5");
    }

    private static CallFacts Facts(CoreHost host, string model, ulong chance) => new()
    {
        Call = ModelCall.ChatCompletions,
        Model = model,
        OrganisationId = host.Installation.OrganisationId,
        KeyId = host.Installation.KeyId,
        UserId = host.Installation.KeyId,
        WalletIds = [host.Installation.WalletId],
        PromptTokens = 100,
        UnixMs = host.Time.UnixMs,
        Chance = chance,
    };
}
