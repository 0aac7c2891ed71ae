using System.Text;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Tests.Metering;

/// <summary>How a name that is no exact name finds its model, and what one file lays over another.</summary>
public sealed class PriceLookupTests
{
    private static readonly PriceTable Shipped = PriceTable.LoadEmbedded();

    [Theory]
    [InlineData("anthropic", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5")]
    [InlineData("anthropic", "claude-2.1", "claude-2")]
    [InlineData("anthropic", "Claude-Sonnet-4-5", "claude-sonnet-4-5")]
    [InlineData("google", "gemini-2.5-pro-preview-05-06", "gemini-2.5-pro")]
    [InlineData("google", "gemini-2.5-flash-lite-preview-09-2025", "gemini-2.5-flash-lite")]
    [InlineData("openai", "gpt-4o-2024-08-06", "gpt-4o")]
    [InlineData("openai", "gpt-4o-20240806", "gpt-4o")]
    [InlineData("azure", "gpt-4o", "gpt-4o")]
    [InlineData("azure", "claude-opus-4-1-20250805", "claude-opus-4-1")]
    public void A_name_is_found_as_the_source_of_the_catalogue_finds_it(string provider, string name, string expected)
    {
        Assert.True(Shipped.TryFindModel(provider, name, out PriceEntry? model));
        Assert.Equal(expected, model.Id);
    }

    [Theory]
    [InlineData("google", "gemini-2.5-pro-preview-tts", "gemini-2.5-pro-tts")]
    public void An_expression_that_excludes_names_excludes_them(string provider, string name, string expected)
    {
        Assert.True(Shipped.TryFindModel(provider, name, out PriceEntry? model));
        Assert.Equal(expected, model.Id);
    }

    [Theory]
    [InlineData("openai", "no-such-model")]
    [InlineData("anthropic", "gpt-4o")]
    [InlineData("nobody", "gpt-4o")]
    [InlineData("openai", "")]
    public void An_unknown_name_finds_nothing(string provider, string name)
    {
        Assert.False(Shipped.TryFindModel(provider, name, out _));
        Assert.False(Shipped.TryFindModel(provider, name + new string('x', 100_000), out _));
    }

    [Fact]
    public void Every_expression_runs_in_linear_time()
        => Assert.All(Shipped.Models.SelectMany(model => model.Patterns).SelectMany(all => all), pattern => Assert.True(pattern.IsSound()));

    [Fact]
    public void Every_exact_name_finds_its_own_model()
        => Assert.All(Shipped.Models.Where(model => !model.IsFamily), model => Assert.All(
            [model.Id, .. model.Aliases],
            name => Assert.True(Shipped.TryFindModel(model.Provider, name, out PriceEntry? found) && found == model, $"{model.Provider}/{name}")));

    [Fact]
    public void A_row_laid_over_the_file_replaces_what_it_says_and_keeps_the_rest()
    {
        PriceTable table = Laid(
            """{ "provider": "p", "id": "m", "aliases": ["m-mini"], "match": ["starts m-2"], "kind": "chat", "context_window_tokens": 100, "prices": [{ "usd_per_million": { "input": "1", "output": "2" } }] }""",
            """
            { "provider": "p", "id": "m", "aliases": ["m-1"], "max_output_tokens": 10, "source": "docs of m" },
            { "provider": "p", "id": "m-mini", "context_window_tokens": 50 },
            { "provider": "p", "id": "new", "kind": "ocr", "prices": [{ "usd_each": { "page": "0.001" } }] }
            """);

        Assert.Equal(["m-mini", "m", "new"], table.Models.Select(model => model.Id));
        Assert.Equal(["m-1"], table.Models[1].Aliases);
        Assert.Equal((new ModelLimits(100, 10, null), "docs of m", "base 1"), (table.Models[1].Limits, table.Models[1].FiguresSource, table.Models[1].PriceAt(TestPrices.Noon)!.Source));
        Assert.Equal((50L, "1.00"), (table.Models[0].Limits.ContextWindowTokens!.Value, table.Models[0].PriceAt(TestPrices.Noon)!.InputUsdPerMillion));
        Assert.Equal("over", table.Models[2].PriceAt(TestPrices.Noon)!.Source);
        Assert.True(table.TryFindModel("p", "m-23", out PriceEntry? matched));
        Assert.Equal("m", matched.Id);
    }

    [Theory]
    [InlineData("""{ "provider": "p", "id": "x", "match": ["begins m"], "kind": "chat", "prices": [{ "usd_per_million": { "input": "1", "output": "2" } }] }""", "is no pattern")]
    [InlineData("""{ "provider": "p", "id": "x", "family": 1, "kind": "chat", "prices": [{ "usd_per_million": { "input": "1", "output": "2" } }] }""", "family: must be true or false")]
    [InlineData("""{ "provider": "p", "id": "x", "kind": "chat" }""", "\"prices\" is missing")]
    public void A_faulty_row_is_refused(string row, string expected)
        => Assert.Contains(expected, Assert.Single(TestPrices.Errors(TestPrices.FileOf(row))), StringComparison.Ordinal);

    [Fact]
    public void A_model_known_without_a_price_says_why_and_is_not_charged()
    {
        PriceEntry model = TestPrices.Table(TestPrices.FileOf("""{ "provider": "p", "id": "x", "kind": "chat", "unpriced": "no source names one" }""")).Models[0];

        Assert.Null(model.PriceAt(TestPrices.Noon));
        Assert.Equal("no source names one", model.UnpricedReason);
    }

    private static PriceTable Laid(string lower, string upper)
    {
        (PriceTable? table, IReadOnlyList<string> errors) = PriceTable.Load(File("base", lower, """, "version": "1" """), File("over", upper, ""));
        Assert.Empty(errors);
        return table!;

        static byte[] File(string source, string models, string version)
            => Encoding.UTF8.GetBytes($$"""{ "format": 1, "currency": "USD", "source": { "name": "{{source}}"{{version}} }, "models": [{{models}}] }""");
    }
}
