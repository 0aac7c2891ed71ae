using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Registry;
using AiOrchestrator.Core.Traffic.Decision;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Tests.Providers.Registry;

/// <summary>Properties P1 to P4 and P58 to P62 of names, over registries and instants made from seeds; a failing seed is named and replays.</summary>
public sealed class ModelMapTests
{
    private const int Seeds = 400;

    [Fact]
    public void At_any_instant_a_model_has_one_status_and_it_agrees_with_its_dates() => Each(static (scene, at) =>
    {
        foreach (var model in scene.Map.Models)
        {
            var life = model.Life;
            var expected = at >= life.RetiredUnixMs ? "Dead" : at >= life.DeprecatedUnixMs ? "Dying" : "Active";
            Assert.Equal(expected, life.StatusAt(at).ToString());
            if (model.Routes.Count > 0)
            {
                Assert.Equal(life.StatusAt(at) != LifecycleStatus.Dead, model.IsServedAt(at));
            }
        }
    });

    [Fact]
    public void Time_alone_never_moves_a_status_back()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var scene = new ModelScene(seed);
            var instants = scene.Instants().ToList();
            foreach (var model in scene.Map.Models)
            {
                var statuses = instants.Select(model.Life.StatusAt).ToList();
                Assert.True(statuses.SequenceEqual(statuses.Order()), $"seed {seed}, {model.Id}");
            }
        }
    }

    [Fact]
    public void Days_left_are_exact_fall_steadily_and_are_never_negative()
    {
        var life = Lifecycle.Of(10 * ModelScene.DayMs, 40 * ModelScene.DayMs);

        Assert.Equal([40, 40, 39, 1, 1, 0, 0], new long[] { 0, 1, ModelScene.DayMs, 39 * ModelScene.DayMs, (40 * ModelScene.DayMs) - 1, 40 * ModelScene.DayMs, 90 * ModelScene.DayMs }.Select(t => life.DaysLeft(t)!.Value));
        Assert.Equal((10L * ModelScene.DayMs) - 7, life.MsUntilDeprecation(7));
        Assert.Equal((1L, 0L), (life.DaysUntilDeprecation((10 * ModelScene.DayMs) - 1), life.DaysUntilDeprecation(10 * ModelScene.DayMs)));
        Assert.Null(Lifecycle.Unending.DaysLeft(5));
        Each(static (scene, at) =>
        {
            foreach (var model in scene.Map.Models.Where(static m => m.Life.RetiredUnixMs != Lifecycle.Never))
            {
                Assert.Equal(Math.Max(0, model.Life.RetiredUnixMs - at), model.Life.MsUntilRetirement(at));
                Assert.True(model.Life.DaysLeft(at) >= model.Life.DaysLeft(at + 1) && model.Life.DaysLeft(at + 1) >= 0);
                Assert.Equal(model.Life.StatusAt(at) == LifecycleStatus.Dead, model.Life.DaysLeft(at) == 0);
            }
        });
    }

    [Fact]
    public void What_takes_a_models_place_lives_and_can_do_all_it_can() => Each(static (scene, at) =>
    {
        foreach (var model in scene.Map.Models.Where(m => m.Life.StatusAt(at) != LifecycleStatus.Active))
        {
            foreach (var successor in new[] { scene.Map.ReplacementAt(model, at), scene.Map.SuggestionAt(model, at) }.OfType<KnownModel>())
            {
                Assert.Contains(successor, scene.Map.Models);
                Assert.NotSame(model, successor);
                Assert.NotEqual(LifecycleStatus.Dead, successor.Life.StatusAt(at));
                Assert.True(successor.Capabilities.HasFlag(model.Capabilities));
            }
        }
    });

    /// <summary>None that could is passed over: what is found is found by asking every name on the way.</summary>
    [Fact]
    public void Nothing_takes_a_models_place_only_where_nobody_on_the_way_could() => Each(static (scene, at) =>
    {
        foreach (var model in scene.Map.Models.Where(m => scene.Map.ReplacementAt(m, at) is null))
        {
            var (seen, open) = (new HashSet<string>(StringComparer.Ordinal), new Stack<string>(model.Replacements));
            while (open.TryPop(out var name))
            {
                if (seen.Add(name) && scene.Map.Named(name) is { } next && next != model)
                {
                    Assert.False(next.IsServedAt(at) && next.Capabilities.HasFlag(model.Capabilities), $"{model.Id} could be served by {next.Id}");
                    next.Replacements.ToList().ForEach(open.Push);
                }
            }

            Assert.False(scene.Map.Default is { } standIn && standIn != model && standIn.IsServedAt(at) && standIn.Capabilities.HasFlag(model.Capabilities));
        }
    });

    [Fact]
    public void No_name_leads_to_a_route_that_is_dead_and_a_dead_model_is_served_by_its_replacement_or_by_nobody() => Each(static (scene, at) =>
    {
        foreach (var name in scene.Map.Models.SelectMany(static m => m.Aliases.Prepend(m.Id)))
        {
            var found = scene.Map.Find(name, at);
            if (found.Serving is not { } serving)
            {
                continue;
            }

            Assert.Equal(found.IsReplaced, found.Asked!.Life.IsDeadAt(at));
            Assert.Equal(found.IsReplaced, !ReferenceEquals(serving, found.Asked));
            var may = May(serving, at);
            Assert.NotEmpty(may);
            Assert.All(may, route => Assert.False(route.Life.IsDeadAt(at)));
        }
    });

    [Fact]
    public void A_query_by_capabilities_takes_exactly_the_models_that_have_all_of_them()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var map = new ModelScene(seed).Map;
            for (var set = 0; set < 256; set++)
            {
                var filter = new ModelFilter((ModelCapabilities)set, []);
                var words = CapabilityWords.Of((ModelCapabilities)set);
                Assert.Equal(
                    map.Models.Where(m => words.All(w => CapabilityWords.Of(m.Capabilities).Contains(w))).Select(static m => m.Id),
                    map.Models.Where(m => filter.Takes(m, 0)).Select(static m => m.Id));
            }
        }
    }

    [Fact]
    public void Chains_are_followed_and_a_circle_ends()
    {
        var dead = Lifecycle.Of(1, 10);
        var map = Map(
            [ModelScene.Entry("a", ModelCapabilities.Text, dead, "b"), ModelScene.Entry("b", ModelCapabilities.Text, Lifecycle.Of(1, 20), "c"), ModelScene.Entry("c", ModelCapabilities.Text, Lifecycle.Unending), ModelScene.Entry("x", ModelCapabilities.Text, dead, "y"), ModelScene.Entry("y", ModelCapabilities.Text, dead, "x")],
            "a", "b", "c", "x", "y");

        Assert.Equal(("a", "b", "c"), (map.Find("a", 9).Serving!.Id, map.Find("a", 10).Serving!.Id, map.Find("a", 20).Serving!.Id));
        Assert.Null(map.Find("x", 10).Serving);
        Assert.Equal("x", map.Find("x", 10).Asked!.Id);
    }

    [Fact]
    public void What_cannot_do_the_same_is_passed_over_for_what_can()
    {
        var map = Map(
            [ModelScene.Entry("a", ModelCapabilities.Text | ModelCapabilities.Vision, Lifecycle.Of(1, 10), "b", "c"), ModelScene.Entry("b", ModelCapabilities.Text, Lifecycle.Unending), ModelScene.Entry("c", ModelCapabilities.Text | ModelCapabilities.Vision, Lifecycle.Unending)],
            "a", "b", "c");

        Assert.Equal("c", map.Find("a", 10).Serving!.Id);
    }

    /// <summary>A row may price a model itself, or as another: whose it is its <c>price_provider</c> says. Google's names may have their folder before them.</summary>
    [Theory]
    [InlineData("a")]
    [InlineData("models/a")]
    public void Dates_of_a_vendor_hold_whatever_the_model_is_priced_by(string upstreamId)
    {
        var registry = new ModelRegistry([ModelScene.Entry("a", ModelCapabilities.Text, Lifecycle.Of(1, 10))], []);
        var own = ModelScene.Provider("row", [ModelScene.Served("mine", upstreamId, vendor: "row") with { Vendor = "vendor" }]);
        var map = ModelMap.Build([own], registry, OrganisationModels.Empty);

        Assert.Equal(LifecycleStatus.Dead, map.Named("mine")!.Life.StatusAt(10));
        Assert.Null(map.Find("mine", 10).Serving);
    }

    /// <summary>Azure and others end models by dates of their own, and a name a row gives means that row.</summary>
    [Fact]
    public void Dates_of_a_vendor_say_nothing_of_another_platform_and_an_id_of_a_row_is_no_alias()
    {
        var registry = new ModelRegistry([ModelScene.Entry("a", ModelCapabilities.Text, Lifecycle.Of(1, 10)) with { Aliases = ["b"] }], ["*.azure.com"]);
        var vendor = ModelScene.Provider("vendor", [ModelScene.Served("a"), ModelScene.Served("b", "other")]);
        var azure = ModelScene.Provider("azure", [ModelScene.Served("a"), ModelScene.Served("mine", "a")], "https://r.openai.azure.com/openai/v1/");
        var map = ModelMap.Build([vendor, azure], registry, OrganisationModels.Empty);

        Assert.Equal((Lifecycle.Never, 10), (map.Named("a")!.Life.RetiredUnixMs, map.Named("a")!.Routes[0].Life.RetiredUnixMs));
        Assert.Equal("azure", Assert.Single(May(map.Named("a")!, 10)).Provider.Id);
        Assert.Equal(("b", FoundBy.Id), (map.Find("b", 10).Serving!.Id, map.Find("b", 10).By));
        Assert.Equal(LifecycleStatus.Active, map.Named("mine")!.Life.StatusAt(10));
    }

    /// <summary>The routes a call may take.</summary>
    private static IReadOnlyList<Route> May(KnownModel model, long at)
    {
        var call = new CallFacts { Call = ModelCall.ChatCompletions, UnixMs = at };
        return [.. model.Routes.Where(r => Eligibility.Check(r, model, call, isChosenHere: false) is null)];
    }

    private static ModelMap Map(RegistryEntry[] entries, params string[] served) => ModelMap.Build(
        [ModelScene.Provider("p", [.. served.Select(static s => ModelScene.Served(s))])], new ModelRegistry(entries, []), OrganisationModels.Empty);

    private static void Each(Action<ModelScene, long> check)
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var scene = new ModelScene(seed);
            foreach (var at in scene.Instants())
            {
                try
                {
                    check(scene, at);
                }
                catch (Exception failure)
                {
                    throw new InvalidOperationException($"seed {seed} at {at}", failure);
                }
            }
        }
    }
}
