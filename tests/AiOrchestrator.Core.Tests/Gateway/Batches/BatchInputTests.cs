using AiOrchestrator.Core.Gateway.Batches;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Tests.Metering;

namespace AiOrchestrator.Core.Tests.Gateway.Batches;

/// <summary>What all calls of a file may cost, from bounded sums of them: never less than each may for itself, and not much more.</summary>
public sealed class BatchInputTests
{
    private static readonly ModelPrice Tiered = TestPrices.Price("""
        "usd_per_million": { "input": "1", "output": "10" }, "tiers": [{ "above_input_tokens": 200000, "usd_per_million": { "input": "2", "output": "15" } }]
        """);

    [Fact]
    public void Calls_of_one_tier_come_to_what_each_comes_to()
    {
        var input = new BatchInput("/v1/chat/completions", "m").With(100, 90, 50, 2, 10).With(300, 280, 70, 1, 20);

        // 400 tokens at 1,000 and 170 at 10,000 nano-dollars, and one for rounding each.
        Assert.Equal(2_100_002, input.WorstCaseNanoUsd(Tiered));
        Assert.Equal((2, 30, 370, 400, 170, 300, 70, 2), (input.Calls, input.Bytes, input.PromptTokensExpected, input.PromptTokensMax, input.CompletionTokensMax, input.LongestPromptTokens, input.OutputTokensMax, input.ChoicesMax));
    }

    [Fact]
    public void A_long_prompt_does_not_make_short_ones_dear()
    {
        var input = new BatchInput("/v1/chat/completions", "m");
        for (var i = 0; i < 1000; i++)
        {
            input = input.With(1000, 1000, 0, 1, 10);
        }

        input = input.With(250_000, 250_000, 0, 1, 10);
        Assert.Equal(2, input.Groups.Count);
        Assert.Equal((1000 * 1000 * 1000L) + 1000 + (250_000 * 2000L) + 1, input.WorstCaseNanoUsd(Tiered));
    }

    [Fact]
    public void It_never_comes_to_less_than_its_calls_whatever_they_are()
    {
        var random = new Random(20_261_126);
        for (var round = 0; round < 200; round++)
        {
            var input = new BatchInput("/v1/chat/completions", "m");
            var sum = 0L;
            for (var i = 0; i < 20; i++)
            {
                var (prompt, output, choices) = (random.NextInt64(1, 1_000_000), random.NextInt64(0, 100_000), random.Next(1, 5));
                input = input.With(prompt, prompt, output, choices, 1);
                sum += CostEngine.WorstCaseNanoUsd(Tiered, prompt, output, choices);
            }

            Assert.InRange(input.WorstCaseNanoUsd(Tiered), sum, sum * 2);
            Assert.InRange(input.Groups.Count, 1, 6);
            Assert.Equal(input.Groups.Select(static g => g.UpTo).Order(), input.Groups.Select(static g => g.UpTo));
        }
    }
}
