using System.Globalization;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Azure.Tests.Infra;

/// <summary>docs/operations/azure-cost.md adds up.</summary>
public sealed class CostTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_column_is_the_sum_of_its_lines(int column)
    {
        var rows = MarkdownText.Table("docs/operations/azure-cost.md", "Per month");
        var figures = rows.Select(r => decimal.Parse(r[column], CultureInfo.InvariantCulture)).ToList();
        Assert.Equal("total", rows[^1][0]);
        Assert.InRange(figures[^1] - figures.Take(figures.Count - 1).Sum(), -0.05m, 0.05m);
    }
}
