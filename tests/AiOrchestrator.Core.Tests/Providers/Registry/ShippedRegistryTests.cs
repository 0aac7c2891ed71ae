using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Registry;

namespace AiOrchestrator.Core.Tests.Providers.Registry;

public sealed class ShippedRegistryTests
{
    /// <summary>2026-11-26.</summary>
    private const long WrittenUnixMs = 1_795_651_200_000;

    private static readonly ModelRegistry Registry = ModelRegistry.Shipped;

    [Theory]
    [InlineData("openai", "gpt-4.1 gpt-4o gpt-5-mini gpt-5 gpt-5.1 gpt-5.2 gpt-5-codex gpt-5.1-codex gpt-5.1-codex-max gpt-5.1-codex-mini gpt-5.2-codex")]
    [InlineData("anthropic", "claude-haiku-4-5 claude-opus-4-5 claude-sonnet-4-0 claude-sonnet-4-5")]
    [InlineData("google", "gemini-2.5-pro gemini-2.5-flash gemini-3-flash-preview gemini-3-pro-preview gemini-live-2.5-flash imagen-4.0-generate-001 veo-3.1-generate-preview gemini-embedding-001")]
    [InlineData("github-copilot", "raptor-mini")]
    [InlineData("groq", "meta-llama/llama-guard-4-12b llama-3.2-3b-preview whisper-large-v3-turbo playai-tts mistral-saba-24b")]
    [InlineData("cerebras", "llama-4-scout-17b-16e-instruct llama-3.3-70b gpt-oss-120b deepseek-v3")]
    [InlineData("elevenlabs", "eleven_v3 eleven_multilingual_v2 eleven_flash_v2_5")]
    public void The_models_that_are_asked_for_are_there_with_family_tier_capabilities_rank_and_a_word_on_limits(string provider, string ids)
    {
        foreach (var id in ids.Split(' '))
        {
            var entry = Registry.Find(provider, id);
            Assert.True(entry is { PriorityRank: > 0, Capabilities: not ModelCapabilities.None }, id);
            Assert.NotEmpty(entry.Family);
            Assert.True(provider == "github-copilot" || entry.Limits.Source is not null, id);
        }
    }

    [Fact]
    public void There_is_no_preset_of_xAI()
    {
        Assert.DoesNotContain(Registry.Entries, static e => e.Provider.Contains("x-ai", StringComparison.Ordinal) || e.Provider.Contains("xai", StringComparison.Ordinal) || e.Id.Contains("grok", StringComparison.Ordinal));
        Assert.DoesNotContain(ProviderPresets.All, static p => p.Id.Contains("xai", StringComparison.Ordinal) || p.BaseUrl?.Contains("x.ai", StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData("gpt-4.1", "0")]
    [InlineData("raptor-mini", "0")]
    [InlineData("claude-haiku-4-5", "0.33")]
    [InlineData("gpt-5.1-codex-mini", "0.33")]
    [InlineData("gpt-5.2", "1")]
    [InlineData("claude-opus-4-5", "3")]
    [InlineData("veo-3.1-generate-preview", null)]
    public void The_multiplier_class_is_that_of_the_shipped_table(string id, string? multiplier) =>
        Assert.Equal(multiplier, Registry.Entries.First(e => e.Id == id).MultiplierClass);

    /// <summary>Every model that has ended leads to one that lives, wherever its vendor's whole list is served.</summary>
    [Fact]
    public void Whatever_ends_is_dated_sourced_and_leads_to_a_model_that_lives_and_can_do_the_same()
    {
        var providers = Registry.Entries.GroupBy(static e => e.Provider).Select(static g => ModelScene.Provider(
            g.Key, [.. g.Select(static e => ModelScene.Served(e.Id, vendor: e.Provider, kind: e.Kind))]));
        var map = ModelMap.Build([.. providers], Registry, OrganisationModels.Empty);
        var without = new List<string>();
        foreach (var entry in Registry.Entries.Where(static e => e.Lifecycle != Lifecycle.Unending))
        {
            Assert.NotNull(entry.LifecycleSource);
            Assert.InRange(entry.Lifecycle.RetiredUnixMs, 1_700_000_000_000, 1_830_000_000_000);
            foreach (var at in new[] { WrittenUnixMs, entry.Lifecycle.RetiredUnixMs, 1_900_000_000_000 }.Where(t => entry.Lifecycle.IsDeadAt(t) && entry.Replacements.Count > 0))
            {
                var found = map.Find(entry.Id, at);
                if (found.Serving is null)
                {
                    without.Add(entry.Id);
                }
            }
        }

        // Its successor at Groq is in no price list of ours.
        Assert.Equal(["playai-tts"], without.Distinct());
    }

    [Fact]
    public void Gemini_1_5_flash_is_dead_and_served_by_2_5_flash_and_after_that_by_what_takes_its_place()
    {
        var google = ModelScene.Provider(
            "google", [.. "gemini-1.5-flash gemini-2.5-flash gemini-3.5-flash-lite".Split(' ').Select(static id => ModelScene.Served(id, vendor: "google"))]);
        var map = ModelMap.Build([google], Registry, OrganisationModels.Empty);

        Assert.Equal(LifecycleStatus.Dead, map.Named("gemini-1.5-flash")!.Life.StatusAt(WrittenUnixMs));
        Assert.Equal("gemini-2.5-flash", map.Find("gemini-1.5-flash", WrittenUnixMs).Serving!.Id);
        Assert.Equal("gemini-2.5-flash", map.Find("gemini-1.5-flash-latest", WrittenUnixMs).Serving!.Id);
        Assert.Equal("gemini-3.5-flash-lite", map.Find("gemini-1.5-flash", 1_830_000_000_000).Serving!.Id);
    }

    [Fact]
    public void Replacements_are_known_to_the_catalogue_or_say_so_by_another_that_is()
    {
        var prices = PriceTable.LoadEmbedded();
        foreach (var entry in Registry.Entries.Where(static e => e.Replacements.Count > 0 && e.Id != "playai-tts"))
        {
            Assert.Contains(entry.Replacements, r => prices.TryFindModel(entry.Provider, r, out _));
        }
    }

    [Fact]
    public void Without_dates_nothing_ends()
    {
        Assert.All(Registry.WithoutDates().Entries, static e => Assert.Equal((Lifecycle.Unending, 0), (e.Lifecycle, e.Replacements.Count)));
        Assert.NotNull(ShippedMultipliers.Table.Source);
    }
}
