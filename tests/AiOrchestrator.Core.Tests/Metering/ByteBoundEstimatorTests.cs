using System.Text;
using AiOrchestrator.Core.Metering;
using FsCheck;
using FsCheck.Fluent;

namespace AiOrchestrator.Core.Tests.Metering;

public sealed class ByteBoundEstimatorTests
{
    private static readonly ModelLimits Known = new(ContextWindowTokens: 10_000, MaxOutputTokens: 1_000, MaxImageTokens: 1_445);
    private static readonly ModelLimits Unknown = new(null, null, null);

    [Fact]
    public void Text_is_bounded_by_its_bytes_and_guessed_at_a_quarter()
    {
        PromptEstimate estimate = Estimate(new PromptShape(TextBytes: 401, Messages: 2, OtherBytes: 0, Images: 0, HasUnboundedContent: false), Known);

        Assert.Equal(401 + (2 * 16) + 16, estimate.PromptTokensMax);
        Assert.Equal(101 + (2 * 4) + 3, estimate.PromptTokensExpected);
    }

    [Fact]
    public void Tools_count_their_json_and_the_preamble_a_provider_wraps_around_them()
    {
        PromptEstimate estimate = Estimate(new PromptShape(40, 1, OtherBytes: 90, 0, false), Known);

        Assert.Equal(40 + 90 + 16 + 16 + 1024, estimate.PromptTokensMax);
        Assert.Equal(10 + 23 + 4 + 3, estimate.PromptTokensExpected);
    }

    [Fact]
    public void Images_cost_the_models_bound_each_and_are_guessed_at_no_more_than_765()
    {
        PromptEstimate estimate = Estimate(new PromptShape(0, 1, 0, Images: 2, false), Known);
        PromptEstimate cheap = Estimate(new PromptShape(0, 1, 0, Images: 2, false), Known with { MaxImageTokens = 85 });

        Assert.Equal((2 * 1_445) + 32, estimate.PromptTokensMax);
        Assert.Equal((2 * 765) + 7, estimate.PromptTokensExpected);
        Assert.Equal((2 * 85) + 7, cheap.PromptTokensExpected);
    }

    [Fact]
    public void Images_of_unknown_size_and_unbounded_content_take_the_whole_window()
    {
        Assert.Equal(10_000, Estimate(new PromptShape(8, 1, 0, 1, false), Known with { MaxImageTokens = null }).PromptTokensMax);
        Assert.Equal(10_000, Estimate(new PromptShape(8, 1, 0, 0, true), Known).PromptTokensMax);
    }

    [Fact]
    public void Without_a_window_unbounded_content_has_no_bound()
    {
        Assert.Null(Estimate(new PromptShape(8, 1, 0, 0, true), Unknown).PromptTokensMax);
        Assert.Null(Estimate(new PromptShape(8, 1, 0, 1, false), Unknown).PromptTokensMax);
        Assert.Equal(8 + 32, Estimate(new PromptShape(8, 1, 0, 0, false), Unknown).PromptTokensMax);
    }

    [Fact]
    public void The_window_caps_the_bound_and_the_guess()
    {
        PromptEstimate estimate = Estimate(new PromptShape(1_000_000, 1, 0, 0, false), Known);

        Assert.Equal(new PromptEstimate(10_000, 10_000), estimate);
    }

    [Fact]
    public void For_embeddings_the_window_holds_for_each_input()
    {
        ModelLimits limits = new(8_191, null, null, WindowIsPerInput: true);

        Assert.Equal(3 * 8_191, Estimate(new PromptShape(1_000_000, 3, 0, 0, false), limits).PromptTokensMax);
        Assert.Equal(8_191, Estimate(new PromptShape(1_000_000, 0, 0, 0, false), limits).PromptTokensMax);
    }

    [Fact]
    public void The_guess_never_exceeds_the_bound_and_more_content_never_lowers_it()
    {
        Gen<PromptShape> shapes =
            from text in Gen.Choose(0, 50_000)
            from messages in Gen.Choose(0, 200)
            from other in Gen.Choose(0, 5_000)
            from images in Gen.Choose(0, 4)
            from unbounded in Gen.Elements(false, false, false, true)
            select new PromptShape(text, messages, other, images, unbounded);
        Gen<ModelLimits> limits = Gen.Elements(Known, Unknown, Known with { MaxImageTokens = null }, Known with { MaxImageTokens = 1, ContextWindowTokens = 7 });
        Prop.ForAll(shapes.ToArbitrary(), limits.ToArbitrary(), (shape, limit) =>
        {
            PromptEstimate estimate = Estimate(shape, limit);
            PromptEstimate longer = Estimate(shape with { TextBytes = shape.TextBytes + 1 }, limit);
            return estimate.PromptTokensExpected <= (estimate.PromptTokensMax ?? long.MaxValue)
                && (longer.PromptTokensMax ?? long.MaxValue) >= (estimate.PromptTokensMax ?? long.MaxValue);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(16, 1)]
    [InlineData(31, 1)]
    [InlineData(32, 2)]
    [InlineData(48, 3)]
    [InlineData(1_600, 100)]
    public void A_delta_is_one_token_and_one_more_for_each_16_bytes_beyond_the_first(int bytes, long expected)
        => Assert.Equal(expected, new ByteBoundEstimator().CountReceivedTokens(Encoding.UTF8.GetBytes(new string('x', bytes))));

    private static PromptEstimate Estimate(PromptShape shape, ModelLimits limits) => new ByteBoundEstimator().Estimate(shape, limits);
}
