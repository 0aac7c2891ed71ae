using System.Text;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Core.Tests.Metering;

/// <summary>What prices.json holds, in spot checks against vendors' price lists.</summary>
public sealed class ShippedPricesTests
{
    private static readonly DateTimeOffset Today = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
    private static readonly PriceTable Table = PriceTable.LoadEmbedded();

    [Fact]
    public void The_shipped_files_have_no_fault_and_every_model_has_a_price_today_or_a_reason_why_not()
    {
        Assert.All(Table.Models, model => Assert.True(model.PriceAt(Today) is null == model.UnpricedReason is not null, $"{model.Provider}/{model.Id}"));
        Assert.InRange(Table.Models.Count(model => model.UnpricedReason is not null), 1, 10);
    }

    [Fact]
    public void Read_in_full_the_shipped_files_have_no_fault()
    {
        (PriceTable? table, IReadOnlyList<string> errors) = PriceTable.Load(
            Encoding.UTF8.GetBytes(Repository.Read("src/AiOrchestrator.Core/Metering/catalogue.json")),
            Encoding.UTF8.GetBytes(Repository.Read("src/AiOrchestrator.Core/Metering/prices.json")));

        Assert.Empty(errors);
        Assert.Equal(table!.Models.Select(model => model.Id), Table.Models.Select(model => model.Id));
    }

    [Fact]
    public void The_catalogue_carries_every_row_of_the_package_and_some_of_its_own()
    {
        (PriceTable? catalogue, IReadOnlyList<string> errors) = PriceTable.Load(Encoding.UTF8.GetBytes(Repository.Read("src/AiOrchestrator.Core/Metering/catalogue.json")));

        Assert.Empty(errors);
        Assert.Equal(1_694, catalogue!.Models.Count);
        Assert.Equal(43, catalogue.Models.Select(model => model.Provider).Distinct().Count());
        Assert.True(Table.Models.Count > 1_694);
    }

    [Theory]
    [InlineData("echo", "echo", "0.10", "0.40")]
    [InlineData("openai", "gpt-4o", "2.50", "10.00")]
    [InlineData("openai", "gpt-4o-mini-2024-07-18", "0.15", "0.60")]
    [InlineData("openai", "gpt-4.1-nano-2025-04-14", "0.10", "0.40")]
    [InlineData("openai", "gpt-5", "1.25", "10.00")]
    [InlineData("openai", "gpt-5.1-codex", "1.25", "10.00")]
    [InlineData("openai", "gpt-5.2", "1.75", "14.00")]
    [InlineData("openai", "o1", "15.00", "60.00")]
    [InlineData("openai", "o3", "2.00", "8.00")]
    [InlineData("openai", "o4-mini", "1.10", "4.40")]
    [InlineData("anthropic", "claude-sonnet-4-5", "3.00", "15.00")]
    [InlineData("google", "gemini-2.5-flash", "0.30", "2.50")]
    [InlineData("groq", "llama-3.3-70b-versatile", "0.59", "0.79")]
    [InlineData("mistral", "mistral-medium-latest", "1.50", "7.50")]
    public void A_price_is_the_published_one(string provider, string model, string input, string output)
    {
        Assert.True(Table.TryFind(provider, model, Today, out ModelPrice? price));
        Assert.Equal((input, output), (price.InputUsdPerMillion, price.OutputUsdPerMillion));
    }

    [Theory]
    [InlineData("cohere", "rerank-v3.5", 2_000_000)]
    [InlineData("cohere", "rerank-v4.0-pro", 2_500_000)]
    [InlineData("aws", "cohere.rerank-v3-5:0", 2_000_000)]
    [InlineData("aws", "amazon.rerank-v1:0", 1_000_000)]
    public void A_search_of_a_reranker_costs_what_is_published(string provider, string model, long nanoUsd)
    {
        Assert.True(Table.TryFind(provider, model, Today, out ModelPrice? price));
        Assert.Equal(nanoUsd, CostEngine.CostNanoUsd(price, default, [new UnitQuantity(PriceUnit.FileSearch, null, 1_000)]));
    }

    [Theory]
    [InlineData("gpt-3.5-turbo-instruct", true)]
    [InlineData("davinci-002", true)]
    [InlineData("gpt-3.5-turbo", false)]
    public void Models_that_only_continue_texts_say_so(string model, bool completes)
    {
        Assert.True(Table.TryFindModel("openai", model, out PriceEntry? entry));
        Assert.Equal(completes, entry.Capabilities.Contains("completion"));
    }

    [Fact]
    public void O3_became_cheaper_on_10_June_2025()
    {
        Assert.True(Table.TryFind("openai", "o3", new DateTimeOffset(2025, 6, 9, 23, 59, 59, TimeSpan.Zero), out ModelPrice? before));
        Assert.True(Table.TryFind("openai", "o3", new DateTimeOffset(2025, 6, 10, 0, 0, 0, TimeSpan.Zero), out ModelPrice? after));
        Assert.Equal(("10.00", "2.00"), (before.InputUsdPerMillion, after.InputUsdPerMillion));
    }

    [Theory]
    [InlineData("gpt-4o", 128_000, 16_384, 1_445)]
    [InlineData("gpt-4o-mini", 128_000, 16_384, 48_169)]
    [InlineData("gpt-4.1", 1_047_576, 32_768, 1_445)]
    [InlineData("gpt-5-mini", 400_000, 128_000, 2_489)]
    [InlineData("o1", 200_000, 100_000, 1_275)]
    [InlineData("o4-mini", 200_000, 100_000, 2_642)]
    public void Limits_of_openais_models_are_the_published_ones(string model, long window, long output, long image)
    {
        Assert.True(Table.TryFindModel("openai", model, out PriceEntry? entry));
        Assert.Equal(new ModelLimits(window, output, image), entry.Limits);
    }

    [Fact]
    public void Every_chat_model_of_openai_has_a_window_and_a_longest_output_so_a_hold_is_always_bounded()
        => Assert.All(
            Table.Models.Where(model => model is { Provider: "openai", Kind: ModelKind.Chat } && model.Limits.MaxImageTokens is not null),
            model => Assert.True(model.Limits is { ContextWindowTokens: not null, MaxOutputTokens: not null }, model.Id));

    [Fact]
    public void Nothing_that_ships_is_free_but_what_its_provider_gives_away()
    {
        PriceEntry[] free =
        [
            .. Table.Models.Where(model => model.PriceAt(Today) is { } price
                && (price.HasTokenPrices ? CostEngine.CostNanoUsd(price, new TokenUsage(1, 1)) : price.Units.All.Length) == 0),
        ];

        Assert.Equal(
            ["github-copilot/gpt-3.5-turbo", "github-copilot/gpt-4.1", "github-copilot/gpt-4o", "github-copilot/gpt-4o-mini", "google/gemma-3", "google/gemma-3n", "google/gemma-4-26b-a4b-it", "google/gemma-4-31b-it", "openai/moderation", "openai/omni-moderation-latest", "openai/text-moderation-latest"],
            free.Where(model => !model.Id.EndsWith(":free", StringComparison.Ordinal)).Select(model => $"{model.Provider}/{model.Id}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_is_called_audio_states_what_audio_costs_or_is_not_called() => Assert.All(
        Table.Models.Where(model => model.Kind is ModelKind.Chat or ModelKind.Realtime && model.UnpricedReason is null
            && model.Aliases.Append(model.Id).Any(name => name.Contains("audio", StringComparison.OrdinalIgnoreCase) || name.Contains("realtime", StringComparison.OrdinalIgnoreCase))),
        model => Assert.True(
            model.PriceAt(Today)!.Cards[0] is var card && card.States(PriceComponent.InputAudio) && card.States(PriceComponent.OutputAudio),
            $"{model.Provider}/{model.Id}"));

    [Theory]
    [InlineData("gpt-4o-search-preview")]
    [InlineData("gpt-4o-mini-search-preview")]
    [InlineData("gpt-4o-mini-search-preview-2025-03-11")]
    public void A_model_that_always_searches_pays_the_fee_of_previews(string model)
    {
        Assert.True(Table.TryFind("openai", model, Today, out ModelPrice? price));
        Assert.Equal(25_000_000, CostEngine.CostNanoUsd(price, default, [new UnitQuantity(PriceUnit.WebSearch, null, 1_000)]));
    }

    [Fact]
    public void Without_a_provider_a_model_costs_what_its_vendor_asks()
    {
        Assert.True(Table.TryFindModel("gpt-4o", out PriceEntry? entry));
        Assert.Equal("openai", entry.Provider);
    }

    [Fact]
    public void The_document_of_the_format_names_every_word_the_code_knows()
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "AiOrchestrator.sln")))
        {
            root = root.Parent;
        }

        Assert.NotNull(root);
        string document = File.ReadAllText(Path.Combine(root.FullName, "docs", "operations", "price-file.md"));
        string[] words =
        [
            .. PriceComponents.Names, .. UnitQuantity.Names, .. ModelKinds.Names, .. PriceComponents.Capabilities,
            "audio_hour", "batch_factor", "service_tiers",
        ];
        Assert.All(words, word => Assert.Contains($"`{word}`", document, StringComparison.Ordinal));
    }
}
