using AiOrchestrator.Core.Traffic.Experiments.Statistics;

namespace AiOrchestrator.Core.Tests.Traffic.Experiments.Statistics;

/// <summary>The figures are of mpmath 1.3.0 with 40 digits: erfc, ncdf, erfinv, betainc.</summary>
public sealed class SpecialFunctionsTests
{
    [Theory]
    [InlineData(0.1, 0.8875370839817151078)]
    [InlineData(0.5, 0.47950012218695346232)]
    [InlineData(1, 0.15729920705028513066)]
    [InlineData(1.5, 0.033894853524689272933)]
    [InlineData(1.9999, 0.0046798020929706085356)]
    [InlineData(2, 0.0046777349810472658379)]
    [InlineData(3, 0.000022090496998585441373)]
    [InlineData(5, 1.5374597944280348502e-12)]
    [InlineData(10, 2.088487583762544757e-45)]
    [InlineData(-1, 1.8427007929497148693)]
    public void The_complementary_error_function(double x, double expected) => Near(expected, SpecialFunctions.Erfc(x));

    [Theory]
    [InlineData(-1.96, 0.024997895148220434137)]
    [InlineData(0.5, 0.69146246127401310364)]
    [InlineData(-6, 9.865876450376981407e-10)]
    [InlineData(3, 0.99865010196836990547)]
    public void The_normal_distribution(double z, double expected) => Near(expected, SpecialFunctions.NormalCdf(z));

    [Theory]
    [InlineData(0.975, 1.9599639845400542355)]
    [InlineData(0.8, 0.84162123357291420518)]
    [InlineData(0.001, -3.0902323061678135415)]
    [InlineData(0.9999, 3.7190164854556805644)]
    public void The_quantiles_of_the_normal_distribution(double probability, double expected) => Near(expected, SpecialFunctions.NormalQuantile(probability));

    [Theory]
    [InlineData(2, 1, 0.29516723530086654835)]
    [InlineData(2.5, 10, 0.031446844236608804249)]
    [InlineData(0.1, 3.7, 0.92552526747019025201)]
    [InlineData(1.96, 1000, 0.050273184955748714276)]
    [InlineData(4, 29.3, 0.0003944084389626991511)]
    [InlineData(-4, 29.3, 0.0003944084389626991511)]
    [InlineData(10, 50, 1.6077334688335436574e-13)]
    [InlineData(2.2, 12345.6, 0.027825355725391671273)]
    [InlineData(1.5, 1000000, 0.13361471823679276924)]
    [InlineData(0.001, 7, 0.99923001724499884376)]
    [InlineData(30, 4, 7.3528560976613221245e-6)]
    public void Students_distribution_on_both_sides(double t, double degrees, double expected) => Near(expected, SpecialFunctions.StudentTwoSided(t, degrees));

    [Fact]
    public void What_is_endlessly_far_away_or_nowhere_has_a_probability_too()
    {
        Assert.Equal(1, SpecialFunctions.StudentTwoSided(0, 5));
        Assert.Equal(0, SpecialFunctions.StudentTwoSided(double.PositiveInfinity, 5));
        Assert.Equal(0.5, SpecialFunctions.NormalCdf(0), 1e-15);
    }

    private static void Near(double expected, double actual) => Assert.InRange(actual / expected, 1 - 1e-11, 1 + 1e-11);
}
