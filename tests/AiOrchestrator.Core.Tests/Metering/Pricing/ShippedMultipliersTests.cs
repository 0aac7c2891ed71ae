using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Pricing;

namespace AiOrchestrator.Core.Tests.Metering.Pricing;

public sealed class ShippedMultipliersTests
{
    /// <summary>As GitHub publishes them (the file's source), and the names catalogues give the models.</summary>
    [Theory]
    [InlineData("raptor-mini", "0")]
    [InlineData("gpt-4.1", "0")]
    [InlineData("gpt-4.1-2025-04-14", "0")]
    [InlineData("gpt-4.1-mini", "1")]
    [InlineData("openai/gpt-4o", "0")]
    [InlineData("gpt-4o-mini", "1")]
    [InlineData("gpt-4o-audio-preview", "1")]
    [InlineData("gpt-5-mini", "0")]
    [InlineData("gpt-5.4-nano", "0.25")]
    [InlineData("gemini-3-flash-preview", "0.33")]
    [InlineData("claude-haiku-4-5-20251001", "0.33")]
    [InlineData("anthropic/claude-haiku-4.5", "0.33")]
    [InlineData("us.anthropic.claude-haiku-4-5-20251001-v1:0", "0.33")]
    [InlineData("claude-opus-4-5", "3")]
    [InlineData("claude-opus-4.6", "3")]
    [InlineData("claude-opus-4.6-fast", "30")]
    [InlineData("anthropic/claude-opus-4-6-fast", "30")]
    [InlineData("claude-sonnet-4-5", "1")]
    [InlineData("gpt-5.2", "1")]
    [InlineData("a-model-of-tomorrow", "1")]
    public void Models_are_charged_by_their_class(string model, string multiplier) =>
        Assert.Equal(multiplier, Enabled.Decide(Subject(model)).Multiplier.Text);

    [Fact]
    public void The_organisations_word_goes_before_the_shipped_one_and_its_default_after()
    {
        var plan = Enabled with
        {
            Multipliers = [new MultiplierEntry("gpt-4*", new Multiplier(2)), new MultiplierEntry("gpt-4.1", new Multiplier(0.5m)), new MultiplierEntry("gpt-4o*", new Multiplier(4))],
            DefaultMultiplier = new Multiplier(7),
        };

        Assert.Equal(("0.5", MultiplierOrigin.Own, "gpt-4.1"), Decided(plan, "gpt-4.1"));
        Assert.Equal(("4", MultiplierOrigin.Own, "gpt-4o*"), Decided(plan, "gpt-4o"));
        Assert.Equal(("2", MultiplierOrigin.Own, "gpt-4*"), Decided(plan, "gpt-4-turbo"));
        Assert.Equal(("0", MultiplierOrigin.Shipped, "gpt-5-mini"), Decided(plan, "gpt-5-mini"));
        Assert.Equal(("7", MultiplierOrigin.Default, null), Decided(plan, "other"));
        Assert.Equal(("1", MultiplierOrigin.None, null), Decided(Enabled, "other"));
    }

    [Fact]
    public void Nothing_is_free_by_a_table_that_nobody_chose()
    {
        var plan = Enabled with { Table = PlanTable.None };

        Assert.Equal(("1", MultiplierOrigin.None, null), Decided(plan, "gpt-4o"));
        Assert.Equal(("7", MultiplierOrigin.Default, null), Decided(plan with { DefaultMultiplier = new Multiplier(7) }, "gpt-4.1"));
    }

    [Fact]
    public void The_shipped_table_goes_by_what_the_provider_runs_and_the_organisations_by_either_name()
    {
        var offered = new PriceSubject("p", "gpt-4o", "claude-opus-4-5", UnpricedModel.Entry("p", "gpt-4o", ModelKind.Chat), isRowsOwn: false);
        var own = Enabled with { Multipliers = [new MultiplierEntry("gpt-4o", new Multiplier(2))] };

        Assert.Equal("3", Enabled.Decide(offered).Multiplier.Text);
        Assert.Equal("2", own.Decide(offered).Multiplier.Text);
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("1000", true)]
    [InlineData("0.000001", true)]
    [InlineData("0.0000001", false)]
    [InlineData("1000.1", false)]
    [InlineData("-1", false)]
    [InlineData("1e2", false)]
    [InlineData("1,5", false)]
    [InlineData(" 1", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_multiplier_is_a_plain_decimal(string? text, bool isOne) => Assert.Equal(isOne, Multiplier.TryParse(text, out _));

    private static PricePlan Enabled => PricePlan.None with { Enabled = true, Table = PlanTable.Copilot };

    private static PriceSubject Subject(string model) => new("p", model, model, UnpricedModel.Entry("p", model, ModelKind.Chat), isRowsOwn: false);

    private static (string Multiplier, MultiplierOrigin Origin, string? Entry) Decided(PricePlan plan, string model)
    {
        var (multiplier, origin, entry) = plan.Decide(Subject(model));
        return (multiplier.Text, origin, entry);
    }
}
