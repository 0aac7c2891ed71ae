using AiOrchestrator.Core.Metering;
using AiOrchestrator.Ledger.Money;
using FsCheck;
using FsCheck.Fluent;

namespace AiOrchestrator.Core.Tests.Metering;

public sealed class CostEnginePropertyTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(2_000);

    /// <summary>Any price: free, absurdly small, ordinary, the largest that can be stated; tiers may rise, fall or be absent.</summary>
    private static readonly Gen<ModelPrice> Prices =
        from stated in Gen.Elements(StatedSets)
        from first in Rates(stated)
        from second in Rates(stated)
        from third in Rates(stated)
        from tiers in Gen.Choose(0, 2)
        from gap in Gen.Choose(1, 3_000)
        from fee in Gen.Elements(0L, 1, 10_000_000)
        select Build(tiers, gap, fee, first, second, third);

    private static readonly Gen<int> Tokens = Gen.OneOf(Gen.Choose(0, 20), Gen.Choose(0, 6_000), Gen.Choose(0, 1_000_000_000));

    private static readonly Gen<TokenUsage> Usages =
        from prompt in Tokens
        from completion in Tokens
        from input in Gen.OneOf(Gen.Constant(0), Gen.Choose(0, prompt), Gen.Choose(0, prompt)).ArrayOf(8)
        from output in Gen.OneOf(Gen.Constant(0), Gen.Choose(0, completion)).ArrayOf(5)
        select new TokenUsage(prompt, completion, input[0], input[1], output[0], output[1])
        {
            CacheWritePromptTokens = input[2],
            CacheWrite1hPromptTokens = input[3],
            ImagePromptTokens = input[4],
            VideoPromptTokens = input[5],
            CachedAudioPromptTokens = input[6],
            CachedImagePromptTokens = input[7],
            ImageCompletionTokens = output[2],
            VideoCompletionTokens = output[3],
            CitationTokens = output[4],
        };

    private static bool[][] StatedSets =>
    [
        Set(PriceComponent.Output),
        Set(PriceComponent.CacheRead, PriceComponent.Output),
        Set([.. Enum.GetValues<PriceComponent>()]),
        Set(PriceComponent.InputAudio, PriceComponent.Output, PriceComponent.OutputAudio),
        Set(PriceComponent.CacheRead, PriceComponent.CacheWrite5m, PriceComponent.CacheWrite1h, PriceComponent.Output),
        Set(PriceComponent.CacheRead, PriceComponent.InputAudio, PriceComponent.InputImage, PriceComponent.CacheReadAudio, PriceComponent.Output),
        Set(PriceComponent.CacheWrite5m, PriceComponent.InputVideo, PriceComponent.Output, PriceComponent.Reasoning, PriceComponent.OutputCitation),
        Set(),
    ];

    [Fact]
    public void No_usage_within_the_bounds_costs_more_than_the_worst_case()
    {
        var cases =
            from price in Prices
            from usage in Usages
            from spareTokens in Gen.Elements(0, 0, 1, 5_000)
            from n in Gen.Choose(1, 4)
            select (price, usage, spareTokens, n);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            // The completion of a usage is the sum over n answers, none longer than the bound.
            long each = ((c.usage.CompletionTokens + c.n - 1) / c.n) + c.spareTokens;
            return CostEngine.WorstCaseNanoUsd(c.price, c.usage.PromptTokens + c.spareTokens, each, c.n)
                >= CostEngine.CostNanoUsd(c.price, c.usage);
        }).Check(Runs);
    }

    [Fact]
    public void No_reading_of_cached_and_audio_tokens_that_a_usage_leaves_open_costs_more_than_the_charge()
    {
        var cases =
            from rates in Gen.Choose(0, 1_000).ArrayOf(4)
            from cacheHasAudio in Gen.Elements(true, false)
            from total in Gen.Choose(0, 20)
            from cached in Gen.Choose(0, total)
            from audio in Gen.Choose(0, total)
            select (rates, cacheHasAudio, total, cached, audio);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            long?[] stated = new long?[PriceComponents.Count];
            stated[(int)PriceComponent.Input] = c.rates[0] * 1_000_000L;
            stated[(int)PriceComponent.CacheRead] = c.rates[1] * 1_000_000L;
            stated[(int)PriceComponent.InputAudio] = c.rates[2] * 1_000_000L;
            stated[(int)PriceComponent.CacheReadAudio] = c.cacheHasAudio ? c.rates[3] * 1_000_000L : null;
            long both = c.cacheHasAudio ? c.rates[3] : Math.Max(c.rates[1], c.rates[2]);
            long dearest = Enumerable.Range(0, c.total + 1)
                .Where(overlap => overlap <= Math.Min(c.cached, c.audio) && c.cached + c.audio - overlap <= c.total)
                .Max(overlap => (overlap * both) + ((c.cached - overlap) * c.rates[1]) + ((c.audio - overlap) * c.rates[2]) + ((c.total - c.cached - c.audio + overlap) * c.rates[0]));
            return CostEngine.CostNanoUsd(Build(0, 0, 0, stated), new TokenUsage(c.total, 0, c.cached, c.audio)) == dearest;
        }).Check(Runs);
    }

    [Fact]
    public void No_units_within_the_bounds_cost_more_than_the_worst_case_and_more_never_cost_less()
    {
        var cases =
            from price in Prices
            from usage in Usages
            from used in Gen.Choose(0, 100_000).ArrayOf(2)
            from spare in Gen.Choose(0, 100_000).ArrayOf(2)
            select (price, usage, used, spare);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            UnitQuantity[] used = [new(PriceUnit.Image, "1024x1024/hd", c.used[0]), new(PriceUnit.AudioSecond, null, c.used[1])];
            UnitQuantity[] most = [used[0] with { QuantityMilli = c.used[0] + c.spare[0] }, used[1] with { QuantityMilli = c.used[1] + c.spare[1] }];
            long cost = CostEngine.CostNanoUsd(c.price, c.usage, used);
            return cost <= CostEngine.CostNanoUsd(c.price, c.usage, most)
                && cost >= CostEngine.CostNanoUsd(c.price, c.usage)
                && CostEngine.WorstCaseNanoUsd(c.price, c.usage.PromptTokens, c.usage.CompletionTokens, 1, most) >= cost;
        }).Check(Runs);
    }

    [Fact]
    public void The_affordable_completion_fits_the_budget_and_one_token_more_does_not()
    {
        var cases =
            from price in Prices
            from prompt in Tokens
            from n in Gen.Choose(1, 4)
            from budget in Gen.OneOf(Gen.Choose(0, 50).Select(b => (long)b), Gen.Choose(0, int.MaxValue).Select(b => (long)b), Gen.Choose(0, int.MaxValue).Select(b => b * 4_000_000_000L))
            select (price, prompt, n, budget);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            long most = CostEngine.MaxCompletionTokensFor(c.price, c.prompt, c.n, c.budget);
            bool fits = CostEngine.WorstCaseNanoUsd(c.price, c.prompt, most, c.n) <= c.budget;
            bool none = most == 0 && CostEngine.WorstCaseNanoUsd(c.price, c.prompt, 0, c.n) > c.budget;
            bool largest = most == long.MaxValue || CostEngine.WorstCaseNanoUsd(c.price, c.prompt, most + 1, c.n) > c.budget;
            return (fits || none) && largest;
        }).Check(Runs);
    }

    [Fact]
    public void The_cost_is_the_exact_sum_of_the_lines_rounded_up_and_every_token_is_in_one_line()
    {
        var cases =
            from price in Prices
            from usage in Usages
            select (price, usage);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            CostBreakdown breakdown = CostEngine.Price(c.price, c.usage);
            decimal nanoUsd = breakdown.Lines.Sum(line => line.AmountUsd) * NanoUsd.PerUsd;
            decimal tokens = breakdown.Lines.Where(line => line.Per > 1).Sum(line => line.Quantity);
            return breakdown.TotalNanoUsd == decimal.Ceiling(nanoUsd)
                && breakdown.TotalNanoUsd == CostEngine.CostNanoUsd(c.price, c.usage)
                && tokens == c.usage.PromptTokens + c.usage.CompletionTokens
                && breakdown.Lines.All(line => line.Quantity > 0);
        }).Check(Runs);
    }

    private static bool[] Set(params ReadOnlySpan<PriceComponent> components)
    {
        bool[] stated = new bool[PriceComponents.Count];
        stated[(int)PriceComponent.Input] = true;
        foreach (PriceComponent component in components)
        {
            stated[(int)component] = true;
        }

        return stated;
    }

    private static Gen<long?[]> Rates(bool[] stated)
        => Gen.OneOf(
                Gen.Elements(0L, 1, 999_999, 1_000_000, 1_000_001, 2_500_000_000, ModelPrice.MaxUsdPerMillion * NanoUsd.PerUsd),
                Gen.Choose(0, int.MaxValue).Select(rate => (long)rate))
            .ArrayOf(stated.Length)
            .Select(rates => rates.Select((rate, i) => stated[i] ? rate : (long?)null).ToArray());

    private static ModelPrice Build(int tiers, int gap, long feeNanoUsd, params long?[][] rates)
    {
        var cards = new List<RateCard>();
        for (int i = 0; i <= tiers; i++)
        {
            cards.Add(new RateCard(i * gap, rates[i], cards.LastOrDefault()));
        }

        UnitPrice[] units = [UnitPrice.Of(PriceUnit.Image, null, 40_000_000, 1), UnitPrice.Of(PriceUnit.Image, "1024x1024", 80_000_001, 1), UnitPrice.Of(PriceUnit.AudioSecond, null, 111_000_000, 3_600)];
        UnitPrice[] fee = feeNanoUsd == 0 ? [] : [UnitPrice.Of(PriceUnit.Request, null, feeNanoUsd, 1)];
        return new ModelPrice([.. cards], new UnitPrices([.. units, .. fee]), null, null, "generated");
    }
}
