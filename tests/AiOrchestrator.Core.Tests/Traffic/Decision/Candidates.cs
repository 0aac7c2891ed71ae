using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Registry;
using AiOrchestrator.Core.Tests.Metering;
using AiOrchestrator.Core.Tests.Providers.Registry;
using AiOrchestrator.Core.Traffic.Decision;
using AiOrchestrator.Core.Traffic.Resilience;

namespace AiOrchestrator.Core.Tests.Traffic.Decision;

/// <summary>Routes with prices, for tests of what is chosen among them.</summary>
internal static class Candidates
{
    /// <summary>An organisation without prices of its own.</summary>
    public static PriceBook Prices { get; } = new PriceBooks().For("org_1");

    /// <summary>One model at several providers, each with dollars for a million tokens in and out and a weight.</summary>
    public static Candidate[] Of(params (string Provider, string Input, string Output, int Weight)[] all) =>
        [.. all.Select(static c => new Candidate(RouteOf(c.Provider, "m", c.Input, c.Output), default, new RouteCell(), c.Weight))];

    /// <summary>A route.</summary>
    public static Route RouteOf(string provider, string model, string input = "1", string output = "1")
    {
        var served = Served(model, input, output);
        return new Route(ModelScene.Provider(provider, [served]), served) { Life = Lifecycle.Unending };
    }

    /// <summary>A model with a price.</summary>
    public static ServedModel Served(string id, string input = "1", string output = "1")
    {
        var table = TestPrices.Table(TestPrices.FileOf(
            $$"""{"provider":"vendor","id":"{{id}}","kind":"chat","output_limit_member":"max_tokens","prices":[{"usd_per_million":{"input":"{{input}}","output":"{{output}}"} }]}"""));
        return new ServedModel(id, id, table.Models.Single(e => e.Id == id));
    }
}
