using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Registry;
using AiOrchestrator.Core.Tests.Providers.Registry;
using AiOrchestrator.Core.Traffic;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Traffic.Facts;
using AiOrchestrator.Core.Traffic.Preferences;
using FsCheck;
using FsCheck.Fluent;

namespace AiOrchestrator.Core.Tests.Traffic.Preferences;

/// <summary>P22 and what goes with it, over preferences at all levels as they may come.</summary>
public sealed class PreferenceProperties
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(2_000);
    private static readonly string[] Path = ["leaf", "middle", "root"];
    private static readonly string[] ProviderIds = ["p0", "p1", "p2", "p3"];
    private static readonly string[] ModelIds = ["m0", "m1", "x2"];
    private static readonly string[] Families = ["f0", "f1"];

    private static readonly Route[] Routes =
    [
        .. from p in ProviderIds
           from m in ModelIds
           let provider = ModelScene.Provider(p, [])
           select new Route(provider, ModelScene.Served(m, $"up-{m}")) { Life = Lifecycle.Unending, Family = m == "x2" ? null : $"f{m[1]}" },
    ];

    private static readonly Gen<LevelSubject> Subjects = Gen.Elements(
        new LevelSubject(Level.Company, "org"),
        new LevelSubject(Level.Team, "leaf"),
        new LevelSubject(Level.Team, "middle"),
        new LevelSubject(Level.Team, "root"),
        new LevelSubject(Level.Team, "other"),
        new LevelSubject(Level.User, "user"),
        new LevelSubject(Level.User, "stranger"));

    private static readonly Gen<Preference> Preferences =
        from whose in Subjects
        from preferred in List(ProviderIds)
        from avoided in List(ProviderIds)
        from blocked in List([.. ProviderIds, "p*"])
        from allowed in List([.. ModelIds, "m*", "*"])
        from models in List([.. ModelIds, "up-m1", "*2"])
        from families in List([.. Families, "f*"])
        from prefer in Gen.Elements<Prefer?>(null, Prefer.None, Prefer.Speed, Prefer.Cost, Prefer.Vision)
        from custom in Gen.Elements<bool?>(null, true, false)
        from model in Gen.Elements(null, "m0", "m1")
        select new Preference(whose.Level, whose.Subject)
        {
            PreferredProviders = preferred,
            AvoidedProviders = avoided,
            BlockedProviders = blocked,
            AllowedModels = allowed is { Count: 0 } ? null : allowed,
            BlockedModels = models,
            BlockedFamilies = families,
            Prefer = prefer,
            CustomRulesOnly = custom,
            DefaultModel = model,
        };

    private static readonly Gen<Scene> Scenes =
        from count in Gen.Choose(0, 6)
        from said in Preferences.ArrayOf(count)
        from blockedHere in Gen.Elements("", "", "", "p3", "nobody,p2")
        from modelsHere in Gen.Elements("", "", "", "x*")
        select new Scene([.. said.DistinctBy(static p => (p.Level, p.Subject))], new TrafficOptions { BlockedProviders = blockedHere, BlockedModels = modelsHere });

    [Fact]
    public void A_route_is_used_unless_somebody_the_call_belongs_to_blocks_or_avoids_it_and_then_never() =>
        Prop.ForAll(Scenes.ToArbitrary(), static scene => Routes.All(route =>
            scene.Effective.Allows(route, 0, out var why) == !scene.IsBannedAnywhere(route) && why is null == !scene.IsBannedAnywhere(route))).Check(Runs);

    [Fact]
    public void A_preferred_provider_that_may_be_used_comes_before_all_that_are_not_preferred() =>
        Prop.ForAll(Scenes.ToArbitrary(), static scene =>
        {
            var preferred = scene.Said().Select(static p => p.PreferredProviders).FirstOrDefault(static p => p is not null) ?? [];
            var usable = Routes.Where(r => scene.Effective.Allows(r, 0, out _)).OrderBy(scene.Effective.Rank).Select(static r => r.Provider.Id).Distinct().ToList();
            return usable.SequenceEqual(usable.Where(preferred.Contains).OrderBy(p => preferred.ToList().IndexOf(p)).Concat(usable.Where(p => !preferred.Contains(p))));
        }).Check(Runs);

    [Fact]
    public void Of_what_can_be_said_once_the_most_specific_level_that_says_it_wins() =>
        Prop.ForAll(Scenes.ToArbitrary(), static scene =>
            scene.Effective.Prefer == (scene.Said().Select(static p => p.Prefer).FirstOrDefault(static p => p is not null) ?? Prefer.None)
            && scene.Effective.CustomRulesOnly == (scene.Said().Select(static p => p.CustomRulesOnly).FirstOrDefault(static p => p is not null) ?? false)
            && scene.Effective.DefaultModel == scene.Said().Select(static p => p.DefaultModel).FirstOrDefault(static p => p is not null)).Check(Runs);

    [Fact]
    public void The_reason_names_what_stands_in_the_way_and_who_put_it_there()
    {
        var scene = new Scene([new Preference(Level.Team, "middle") { AvoidedProviders = ["p1"], BlockedFamilies = ["f0"] }], new TrafficOptions { BlockedModels = "x2" });

        Assert.Equal("the provider 'p1' is avoided by the team 'middle'", Why(scene, "p1", "m1"));
        Assert.Equal("the family 'f0' is blocked by the team 'middle'", Why(scene, "p0", "m0"));
        Assert.Equal("it is blocked by the installation", Why(scene, "p0", "x2"));
        Assert.Null(Why(scene, "p0", "m1"));
    }

    [Fact]
    public void A_wallet_that_is_moved_in_the_tree_takes_the_preferences_of_its_new_place()
    {
        var scene = new Scene([new Preference(Level.Team, "middle") { BlockedProviders = ["p1"] }], new TrafficOptions());
        var route = Routes.First(static r => r.Provider.Id == "p1");

        Assert.False(scene.Set.For("user", Path).Allows(route, 0, out _));
        Assert.True(scene.Set.For("user", ["leaf", "root"]).Allows(route, 0, out _));
        Assert.False(scene.Set.For("user", ["leaf", "middle"]).Allows(route, 0, out _));
    }

    [Fact]
    public void Asking_allocates_nothing()
    {
        var scene = new Scene(
            [new Preference(Level.Company, "org") { AvoidedProviders = ["p1"], PreferredProviders = ["p2"] }, new Preference(Level.User, "user") { Prefer = Prefer.Cost }],
            new TrafficOptions { BlockedModels = "x*" });
        var facts = new CallFacts { OrganisationId = "org", UserId = "user", WalletIds = Path };
        Assert.Equal(8 - 2, Allowed(scene, facts));

        var before = GC.GetAllocatedBytesForCurrentThread();
        var allowed = 0;
        for (var i = 0; i < 100; i++)
        {
            allowed += Allowed(scene, facts);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(600, allowed);

        static int Allowed(Scene scene, CallFacts facts)
        {
            var preferences = scene.Set.For(facts);
            var allowed = 0;
            foreach (var route in Routes)
            {
                allowed += preferences.Allows(route, 0, out _) && preferences.Rank(route) >= 0 ? 1 : 0;
            }

            return allowed;
        }
    }

    private static string? Why(Scene scene, string provider, string model)
    {
        scene.Effective.Allows(Routes.Single(r => r.Provider.Id == provider && r.Model.Id == model), 0, out var why);
        return why;
    }

    private static Gen<IReadOnlyList<string>?> List(string[] of) => Gen.OneOf(
        Gen.Constant<IReadOnlyList<string>?>(null),
        Gen.Constant<IReadOnlyList<string>?>(null),
        Gen.SubListOf(of).Select(static l => (IReadOnlyList<string>?)[.. l]));

    /// <summary>Preferences and the call of a user whose wallet lies below two others.</summary>
    private sealed class Scene(IReadOnlyList<Preference> said, TrafficOptions options)
    {
        private static readonly LevelSubject[] MostSpecificFirst =
        [
            new(Level.User, "user"), new(Level.Team, "leaf"), new(Level.Team, "middle"), new(Level.Team, "root"), new(Level.Company, "org"),
        ];

        public PreferenceSet Set { get; } = new(
            "org", [.. said.Select(static (p, i) => new StoredPreference($"prf_{i}", p, 0, 1))], InstallationBlocks.Of(options), new PriceBooks());

        public EffectivePreferences Effective => Set.For("user", Path);

        /// <summary>What is said of the call, the most specific first.</summary>
        public IEnumerable<Preference> Said() =>
            MostSpecificFirst.SelectMany(whose => said.Where(p => p.Level == whose.Level && p.Subject == whose.Subject));

        public bool IsBannedAnywhere(Route route) =>
            TrafficOptions.Entries(options.BlockedProviders).Contains(route.Provider.Id)
            || (options.BlockedModels.Length > 0 && route.Model.Id == "x2")
            || Said().Any(p =>
                (p.BlockedProviders ?? []).Any(b => b == route.Provider.Id || b == "p*")
                || (p.AvoidedProviders ?? []).Contains(route.Provider.Id)
                || (p.BlockedFamilies ?? []).Any(f => route.Family is not null && (f == route.Family || f == "f*"))
                || (p.BlockedModels ?? []).Any(m => m == route.Model.Id || m == route.Model.UpstreamId || (m == "*2" && route.Model.Id == "x2"))
                || (p.AllowedModels is { } allowed && !allowed.Any(m => m == route.Model.Id || m == "*" || (m == "m*" && route.Model.Id[0] == 'm'))));
    }
}
