using System.Diagnostics;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Pricing;

namespace AiOrchestrator.Core.Tests.Metering.Pricing;

public sealed class PriceBookTests
{
    private static readonly DateTimeOffset Now = TestPrices.Noon;
    private static readonly PriceEntry Catalogue = Entry("1");

    [Fact]
    public void The_organisation_goes_before_the_row_the_row_before_the_catalogue_and_the_last_resort_comes_last()
    {
        var policy = new PricePolicy(UnknownModelPolicy.LastResort, Entry("99"));
        var own = Own("a", "m", "5");

        Assert.Equal((PriceOrigin.Override, "5.00", "a"), Found(Book([own], policy), Subject(rowsOwn: true)));
        Assert.Equal((PriceOrigin.ProviderRow, "1.00", null), Found(Book([], policy), Subject(rowsOwn: true)));
        Assert.Equal((PriceOrigin.Catalogue, "1.00", null), Found(Book([], policy), Subject()));
        Assert.Equal((PriceOrigin.LastResort, "99.00", "last_resort"), Found(Book([], policy), Subject(UnpricedModel.Entry("p", "m", ModelKind.Chat))));
        Assert.Null(Book([], policy with { UnknownModel = UnknownModelPolicy.Refuse }).Find(Subject(UnpricedModel.Entry("p", "m", ModelKind.Chat)), Now));
        Assert.Null(Book([], policy).Find(Subject(UnpricedModel.Entry("p", "m", ModelKind.Image)), Now));
        Assert.Null(Book([], PricePolicy.Default).Find(Subject(UnpricedModel.Entry("p", "m", ModelKind.Chat)), Now));
    }

    [Theory]
    [InlineData("m", "p", "m*", "p")]
    [InlineData("m", null, "*", "p")]
    [InlineData("m*", null, "*", "p")]
    [InlineData("m", "p", "m", null)]
    [InlineData("*", "p", "*", null)]
    public void Of_two_own_prices_the_one_that_says_more_holds(string model, string? provider, string otherModel, string? otherProvider)
    {
        var more = Own("more", model, "5") with { Provider = provider };
        var less = Own("less", otherModel, "6") with { Provider = otherProvider, StartsUnixMs = Now.ToUnixTimeMilliseconds() - 1 };

        Assert.Equal("more", Book([less, more]).Find(Subject(), Now)!.PriceId);
        Assert.Equal("more", Book([more, less]).Find(Subject(), Now)!.PriceId);
    }

    [Fact]
    public void Of_two_that_say_the_same_the_later_one_holds_from_its_beginning_to_its_end()
    {
        var at = Now.ToUnixTimeMilliseconds();
        var book = Book([Own("old", "m", "5"), Own("new", "m", "6") with { StartsUnixMs = at, EndsUnixMs = at + 1000 }]);
        var subject = Subject();

        Assert.Equal("old", book.Find(subject, Now.AddMilliseconds(-1))!.PriceId);
        Assert.Equal("new", book.Find(subject, Now)!.PriceId);
        Assert.Equal("new", book.Find(subject, Now.AddMilliseconds(999))!.PriceId);
        Assert.Equal("old", book.Find(subject, Now.AddMilliseconds(1000))!.PriceId);
    }

    [Fact]
    public void An_own_price_is_for_its_provider_its_kind_and_either_name_of_the_model_alone()
    {
        Assert.Null(Book([Own("a", "m", "5") with { Provider = "q" }]).Find(Subject(), Now)!.PriceId);
        Assert.Null(Book([Own("a", "m", "5") with { Kind = ModelKind.Embedding }]).Find(Subject(), Now)!.PriceId);
        Assert.Null(Book([Own("a", "M", "5")]).Find(Subject(), Now)!.PriceId);
        Assert.Equal("a", Book([Own("a", "upstream-*", "5")]).Find(Subject(), Now)!.PriceId);
    }

    [Fact]
    public void An_own_price_that_cannot_be_read_any_more_is_no_other_price()
    {
        var book = Book([Own("a", "m", "5") with { Entry = null }], new PricePolicy(UnknownModelPolicy.LastResort, Entry("99")));

        Assert.Null(book.Find(Subject(), Now));
    }

    [Theory]
    [InlineData("0", "0.00", "0")]
    [InlineData("0.25", "0.25", "0.25")]
    [InlineData("0.33", "0.33", "0.33")]
    [InlineData("1", "1.00", "1")]
    [InlineData("3.0", "3.00", "3")]
    public void A_plan_charges_so_many_times_the_list_price(string multiplier, string charged, string shown)
    {
        Assert.True(Multiplier.TryParse(multiplier, out var factor));
        var plan = PricePlan.None with { Enabled = true, Multipliers = [new MultiplierEntry("m", factor)] };

        var pinned = new PriceBook("org", [], PricePolicy.Default, plan).Find(Subject(), Now)!;
        var without = new PriceBook("org", [], PricePolicy.Default, plan with { Enabled = false }).Find(Subject(), Now)!;

        Assert.Equal((charged, "1.00", shown), (pinned.Price.InputUsdPerMillion, pinned.ListPrice.InputUsdPerMillion, pinned.Multiplier));
        Assert.Equal(("1.00", null), (without.Price.InputUsdPerMillion, without.Multiplier));
    }

    [Fact]
    public void Asking_again_allocates_nothing()
    {
        var plan = PricePlan.None with { Enabled = true, DefaultMultiplier = new Multiplier(0.33m) };
        var book = new PriceBook("org", [Own("a", "m", "5"), Own("b", "other", "5")], PricePolicy.Default, plan);
        var subject = Subject();
        for (var i = 0; i < 100_000; i++)
        {
            _ = book.Find(subject, Now);
        }

        var began = Stopwatch.GetTimestamp();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100_000; i++)
        {
            _ = book.Find(subject, Now);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        var ns = Stopwatch.GetElapsedTime(began).TotalNanoseconds / 100_000;
        TestContext.Current.TestOutputHelper!.WriteLine($"{ns:0} ns for each lookup");
    }

    private static (PriceOrigin Origin, string Input, string? Id) Found(PriceBook book, PriceSubject subject)
    {
        var pinned = book.Find(subject, Now)!;
        return (pinned.Origin, pinned.Price.InputUsdPerMillion, pinned.PriceId);
    }

    private static PriceBook Book(PriceOverride[] overrides, PricePolicy? policy = null) =>
        new("org", overrides, policy ?? PricePolicy.Default, PricePlan.None);

    private static PriceSubject Subject(PriceEntry? entry = null, bool rowsOwn = false) => new("p", "m", "upstream-m", entry ?? Catalogue, rowsOwn);

    private static PriceOverride Own(string id, string model, string usd) =>
        new(id, null, model, ModelKind.Chat, Now.AddDays(-30).ToUnixTimeMilliseconds(), long.MaxValue, Entry(usd));

    private static PriceEntry Entry(string usd) => TestPrices.Table(
        TestPrices.File($$"""[{ "usd_per_million": { "input": "{{usd}}", "output": "{{usd}}" } }]""")).Models[0];
}
