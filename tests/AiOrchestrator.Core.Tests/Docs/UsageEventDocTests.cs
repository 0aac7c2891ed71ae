using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Core.Tests.Docs;

/// <summary>docs/operations/usage-event.md against what is written.</summary>
public sealed class UsageEventDocTests
{
    private const string File = "docs/operations/usage-event.md";

    private static readonly IReadOnlyList<IReadOnlyList<string>> Rows = MarkdownText.Table(File, "Fields");

    private static readonly IReadOnlyList<JsonPropertyInfo> Written =
        [.. UsageEventJson.Default.UsageEvent.Properties.OrderBy(static p => p.Name, StringComparer.Ordinal)];

    [Fact]
    public void Every_field_is_documented_by_the_name_it_is_written_under_and_nothing_else_is()
    {
        Assert.True(Written.Count >= 50, $"{Written.Count} fields");
        Assert.Equal(Written.Select(static p => p.Name), Rows.Select(static r => MarkdownText.Plain(r[0])).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Types_and_units_are_those_of_the_code()
    {
        foreach (var (field, row) in Written.Zip(Rows.OrderBy(static r => MarkdownText.Plain(r[0]), StringComparer.Ordinal)))
        {
            Assert.Equal((field.Name, Type(field.PropertyType), Unit(field.Name)), (MarkdownText.Plain(row[0]), row[1], row[2]));
            Assert.True(row[3].Length > 5, $"{field.Name} has no meaning");
        }
    }

    [Fact]
    public void Each_field_says_since_which_version_it_is_there_and_the_latest_is_the_one_that_is_written()
    {
        var since = Rows.Select(static r => int.Parse(r[4], CultureInfo.InvariantCulture)).ToList();
        Assert.Equal((1, UsageEvent.CurrentSchemaVersion), (since.Min(), since.Max()));
        Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"`schema_version` is {UsageEvent.CurrentSchemaVersion} in all that is written now"),
            Repository.Read(File),
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_words_of_a_status_are_those_that_are_written()
    {
        var row = Rows.Single(static r => MarkdownText.Plain(r[0]) == "status");
        var words = Enum.GetValues<UsageStatus>().Select(static s => s.ToString().ToLowerInvariant());
        Assert.Equal(words, MarkdownText.CodeSpans(row[3]));
    }

    private static string Type(Type type) => type == typeof(string) ? "text"
        : type == typeof(bool) ? "boolean"
        : type == typeof(UsageStatus) ? "word"
        : type == typeof(long) || type == typeof(int) ? "integer"
        : type.Name;

    /// <summary>Names carry the unit.</summary>
    private static string Unit(string name) => name.EndsWith("_nano_usd", StringComparison.Ordinal) ? "nano-dollars"
        : name.EndsWith("_usd_per_million", StringComparison.Ordinal) ? "US dollars per million tokens"
        : name.EndsWith("_unix_ms", StringComparison.Ordinal) ? "milliseconds since 1970"
        : name.EndsWith("_us", StringComparison.Ordinal) ? "microseconds"
        : name.EndsWith("_bytes", StringComparison.Ordinal) ? "bytes"
        : name.Contains("_tokens", StringComparison.Ordinal) ? "tokens"
        : "";
}
