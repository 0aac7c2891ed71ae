using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Core.Tests.Docs;

/// <summary>What docs/operations/options.md says of providers, tried out.</summary>
public sealed partial class ProvidersDocTests
{
    private const string File = "docs/operations/options.md";

    [Fact]
    public void Providers_from_the_environment_are_as_documented()
    {
        var mentioned = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in MarkdownText.Table(File, "Providers from the environment"))
        {
            var baseUrlVariable = MarkdownText.Plain(row[2]);
            mentioned.Add(baseUrlVariable);
            foreach (var keyVariable in MarkdownText.Plain(row[1]).Split(',', StringSplitOptions.TrimEntries))
            {
                mentioned.Add(keyVariable);
                var provider = One(new() { [keyVariable] = "key" });
                Assert.Equal((MarkdownText.Plain(row[0]), MarkdownText.Plain(row[3]), $"env:{keyVariable}"), (provider.Id, provider.BaseUrl, provider.ApiKeyRef));
                var appended = MarkdownText.Plain(row[4]) is var said && said == "nothing" ? "" : said;
                Assert.Equal("http://host.test" + appended, One(new() { [keyVariable] = "key", [baseUrlVariable] = "http://host.test/" }).BaseUrl);
                Assert.Equal("http://host.test" + appended, One(new() { [keyVariable] = "key", [baseUrlVariable] = "http://host.test" + appended }).BaseUrl);
            }
        }

        var read = Variable().Matches(string.Concat(ProviderPresets.All.Select(static p => p.Environment).OfType<PresetEnvironment>().Select(static e => $"\"{string.Join("\"\"", e.Keys)}\"\"{e.BaseUrl}\""))).Select(static m => m.Groups["name"].Value);
        Assert.Equal(mentioned.Order(StringComparer.Ordinal), read.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Members_of_a_row_are_as_documented()
    {
        var rows = MarkdownText.Table(File, "Provider rows").ToDictionary(static row => MarkdownText.Plain(row[0]), StringComparer.Ordinal);
        var known = typeof(ProviderConfig).GetProperties()
            .Select(static p => JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Name))
            .Where(static name => name is not ("id" or "base_url" or "models"))
            .Append("preset");
        Assert.Equal(known.Order(StringComparer.Ordinal), rows.Keys.Order(StringComparer.Ordinal));
        var plain = Read("{}");
        Assert.True(plain.Good);
        foreach (var (name, row) in rows)
        {
            if (Bounds().Match(row[2]) is { Success: true } bounds)
            {
                CheckBounds(name, long.Parse(bounds.Groups["min"].Value, CultureInfo.InvariantCulture), long.Parse(bounds.Groups["max"].Value, CultureInfo.InvariantCulture));
                Assert.Equal(MarkdownText.Plain(row[1]), Value(plain.Row, name));
            }
        }
    }

    private static void CheckBounds(string name, long min, long max)
    {
        foreach (var (value, good) in new[] { (min, true), (min - 1, false), (max, true), (max + 1, false) })
        {
            var read = Read($$"""{"{{name}}":{{value}}}""");
            Assert.True(read.Good == good, $"{name}: {value} is {(good ? "refused" : "taken")}");
            Assert.True(!good || Value(read.Row, name) == value.ToString(CultureInfo.InvariantCulture), $"{name} has no effect");
        }
    }

    private static (ProviderConfig Row, bool Good) Read(string members)
    {
        var text = """{"id":"x","base_url":"http://host.test","models":"catalogue",""" + members[1..];
        var body = RequestBody.Parse(Encoding.UTF8.GetBytes(text.Replace(",}", "}", StringComparison.Ordinal)));
        Assert.False(body.Failed);
        var row = ProviderConfigReader.Read(body.Value, pathId: null);
        return (row, body.Value.Finish() is null);
    }

    private static string? Value(ProviderConfig row, string member) => Convert.ToString(
        typeof(ProviderConfig).GetProperties().Single(p => JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Name) == member).GetValue(row),
        CultureInfo.InvariantCulture);

    private static ProviderConfig One(Dictionary<string, string> variables)
    {
        var read = EnvironmentProviders.Read(variables);
        Assert.Empty(read.Errors);
        return Assert.Single(read.Rows);
    }

    [GeneratedRegex("\"(?<name>[A-Z][A-Z0-9]*(_[A-Z0-9]+)+)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Variable();

    [GeneratedRegex("^(?<min>[0-9]+) to (?<max>[0-9]+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Bounds();
}
