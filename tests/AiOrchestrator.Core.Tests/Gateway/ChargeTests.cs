using AiOrchestrator.Core.Gateway;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Tests.Metering;

namespace AiOrchestrator.Core.Tests.Gateway;

/// <summary>
/// A prompt token costs 1,000 nano-dollars, a completion token 10,000. A call is expected to have 100 prompt tokens and held for 120 and 50 of
/// output: 620,000. The model does at most 1,000 and 200.
/// </summary>
public sealed class ChargeTests
{
    private const long Hold = (120 * 1_000) + (50 * 10_000);

    private static readonly ModelPrice Price = TestPrices.Price("""
        "usd_per_million": { "input": "1", "output": "10" }
        """);

    private static readonly ChargeFacts Whole = new(Price, Hold, new ModelLimits(1_000, 200, null))
    {
        Sent = true,
        UpstreamStatus = 200,
        IsWhole = true,
        CountedPromptTokens = 100,
        CountedCompletionTokens = 20,
        PromptTokensMax = 120,
        OutputTokensMax = 50,
        Choices = 1,
    };

    private static readonly (string Name, ChargeFacts Facts, string? Source, string? Anomaly, long Prompt, long Completion, long Cost, long Suspended)[] Rows =
    [
        ("nothing was sent", Whole with { Sent = false, Reported = Report(100, 20) }, null, null, 0, 0, 0, 0),
        ("an error status", Whole with { UpstreamStatus = 500, Reported = Report(100, 20) }, null, null, 0, 0, 0, 0),
        ("sound", Whole with { Reported = Report(101, 22) }, "reported", null, 101, 22, 321_000, 0),
        ("sound, below what we count", Whole with { Reported = Report(60, 10) }, "reported", null, 60, 10, 160_000, 0),
        ("the client left, nothing reported", Whole with { IsWhole = false }, "counted", null, 100, 20, 300_000, 0),
        ("left before anything came", Whole with { IsWhole = false, CountedCompletionTokens = 0 }, "counted", null, 100, 0, 100_000, 0),
        ("broken off after a first report", Whole with { IsWhole = false, Reported = Report(101, 7) }, "larger", null, 101, 20, 301_000, 0),
        ("broken off after the last report", Whole with { IsWhole = false, IsFinished = true, Reported = Report(101, 7) }, "reported", null, 101, 7, 171_000, 0),
        ("broken off, more reported than received", Whole with { IsWhole = false, Reported = Report(101, 22) }, "reported", null, 101, 22, 321_000, 0),
        ("missing", Whole, "counted", "missing", 100, 20, 300_000, 0),
        ("an object without counts", Whole with { Reported = Wrong(UsageAnomaly.Missing, null, null) }, "counted", "missing", 100, 20, 300_000, 0),
        ("negative completion", Whole with { Reported = Wrong(UsageAnomaly.Negative, 110, null) }, "larger", "negative", 110, 20, 310_000, 0),
        ("negative prompt, little completion", Whole with { Reported = Wrong(UsageAnomaly.Negative, null, 5) }, "counted", "negative", 100, 20, 300_000, 0),
        ("in quotes", Whole with { Reported = Wrong(UsageAnomaly.Malformed, 90, 30) }, "larger", "malformed", 100, 30, 400_000, 0),
        ("unreadable", Whole with { Reported = Wrong(UsageAnomaly.Malformed, null, null) }, "counted", "malformed", 100, 20, 300_000, 0),
        ("zero output, text delivered", Whole with { Reported = Report(110, 0) }, "larger", "zero_output", 110, 20, 310_000, 0),
        ("zero output, nothing delivered", Whole with { Reported = Report(110, 0), CountedCompletionTokens = 0 }, "reported", null, 110, 0, 110_000, 0),
        ("zero prompt", Whole with { Reported = Wrong(UsageAnomaly.ZeroPrompt, 0, 30) }, "larger", "zero_prompt", 100, 30, 400_000, 0),
        ("all zero", Whole with { Reported = Wrong(UsageAnomaly.ZeroPrompt, 0, 0) }, "counted", "zero_prompt", 100, 20, 300_000, 0),
        ("inconsistent, above what we count", Whole with { Reported = Wrong(UsageAnomaly.Inconsistent, 110, 30) }, "larger", "inconsistent", 110, 30, 410_000, 0),
        ("inconsistent, below what we count", Whole with { Reported = Wrong(UsageAnomaly.Inconsistent, 90, 10) }, "counted", "inconsistent", 100, 20, 300_000, 0),
        ("absurd completion", Whole with { Reported = Wrong(UsageAnomaly.Absurd, 110, null) }, "larger", "absurd", 110, 200, Hold, 2_110_000 - Hold),
        ("absurd both", Whole with { Reported = Wrong(UsageAnomaly.Absurd, null, null) }, "larger", "absurd", 1_000, 200, Hold, 3_000_000 - Hold),
        ("absurd, with two choices", Whole with { Reported = Wrong(UsageAnomaly.Absurd, 110, null), Choices = 2 }, "larger", "absurd", 110, 400, Hold, 4_110_000 - Hold),
        ("a billion tokens", Whole with { Reported = Report(100, TokenUsage.MaxTokens) }, "reported", "above_hold", 100, 200, Hold, 2_100_000 - Hold),
        ("a billion tokens, bounds unknown", Whole with { Reported = Report(100, TokenUsage.MaxTokens), Limits = new ModelLimits(null, null, null) },
            "reported", "above_hold", 100, 500, Hold, 5_100_000 - Hold),
        ("exactly the hold", Whole with { Reported = Report(120, 50) }, "reported", null, 120, 50, Hold, 0),
        ("64 tokens of instructions above", Whole with { Reported = Report(184, 50) }, "reported", null, 184, 50, Hold + 64_000, 0),
        ("one more", Whole with { Reported = Report(185, 50) }, "reported", "above_hold", 185, 50, Hold, 65_000),
        ("1 percent of a large hold above", Whole with { Reported = Report(120, 50), HoldNanoUsd = 10_000_000, Limits = new ModelLimits(null, null, null), PromptTokensMax = 9_500 } with { Reported = Report(9_600, 50) },
            "reported", null, 9_600, 50, 10_100_000, 0),
        ("wrong and above by little", Whole with { Reported = Wrong(UsageAnomaly.Malformed, 121, 50) }, "larger", "malformed", 121, 50, Hold, 1_000),
        ("more received than was held for", Whole with { IsWhole = false, CountedCompletionTokens = 80 }, "counted", "above_hold", 100, 80, Hold, 900_000 - Hold),
    ];

    public static TheoryData<string> Names => [.. Rows.Select(static r => r.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_call_is_charged_by_the_rule(string name)
    {
        var row = Rows.Single(r => r.Name == name);
        var charge = Charge.Of(row.Facts);
        Assert.Equal(
            (row.Source, row.Anomaly, row.Prompt, row.Completion, row.Cost, row.Suspended),
            (charge.Source, charge.Anomaly, charge.Usage.PromptTokens, charge.Usage.CompletionTokens, charge.CostNanoUsd, charge.SuspendedNanoUsd));
    }

    [Fact]
    public void Charge_and_suspense_together_are_what_the_tokens_cost() => Assert.All(
        Rows.Where(static r => r.Source is not null), static r => Assert.Equal(CostEngine.CostNanoUsd(Price, Charge.Of(r.Facts).Usage), r.Cost + r.Suspended));

    [Fact]
    public void Every_anomaly_has_a_row() => Assert.Empty(
        Enum.GetValues<UsageAnomaly>().Select(static a => a.Word()).Except(Rows.Select(static r => r.Anomaly)));

    [Fact]
    public void What_costs_nothing_suspends_nothing()
    {
        var free = TestPrices.Price("""
            "usd_per_million": { "input": "0", "output": "0" }
            """);
        var charge = Charge.Of(Whole with { Price = free, HoldNanoUsd = 0, Reported = Wrong(UsageAnomaly.Absurd, null, null) });
        Assert.Equal((0, 0, "absurd"), (charge.CostNanoUsd, charge.SuspendedNanoUsd, charge.Anomaly));
    }

    private static ReportedUsage Report(long prompt, long completion) => new(new TokenUsage(prompt, completion), true, true, UsageAnomaly.None);

    private static ReportedUsage Wrong(UsageAnomaly anomaly, long? prompt, long? completion) =>
        new(new TokenUsage(prompt ?? 0, completion ?? 0), prompt is not null, completion is not null, anomaly);
}
