using System.Globalization;
using System.Reflection;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Core.Tests.Docs;

/// <summary>The options of the outbound stream, which the Server does not have: names, defaults and bounds are tried out.</summary>
public sealed class OutboundDocTests
{
    [Fact]
    public void The_options_are_as_documented()
    {
        var rows = MarkdownText.Table("docs/operations/options.md", "Outbound");
        var properties = typeof(OutboundOptions).GetProperties();
        Assert.Equal(properties.Select(static p => p.Name), rows.Select(static r => MarkdownText.Plain(r[0])));
        foreach (var (property, row) in properties.Zip(rows))
        {
            Assert.Equal("AO_Outbound__" + property.Name, MarkdownText.Plain(row[1]));
            Assert.Equal(Convert.ToString(property.GetValue(new OutboundOptions()), CultureInfo.InvariantCulture), MarkdownText.Plain(row[2]));
            var bounds = row[3].Split(" to ").Select(static b => int.Parse(b, CultureInfo.InvariantCulture)).ToArray();
            Assert.All(bounds, b => Assert.Empty(With(property, b).Validate()));
            Assert.Single(With(property, bounds[0] - 1).Validate());
            Assert.Single(With(property, bounds[1] + 1).Validate());
        }
    }

    private static OutboundOptions With(PropertyInfo property, int value)
    {
        var options = new OutboundOptions();
        property.SetValue(options, value);
        return options;
    }
}
