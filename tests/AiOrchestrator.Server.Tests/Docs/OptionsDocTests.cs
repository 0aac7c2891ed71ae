using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using AiOrchestrator.Core.Caching;
using AiOrchestrator.Server.Configuration;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Server.Tests.Docs;

/// <summary>docs/operations/options.md against what the process really takes: every name, default and bound is tried out.</summary>
public sealed partial class OptionsDocTests
{
    private const string File = "docs/operations/options.md";

    private static readonly string[] Sections = ["Cache", "Gateway", "Health", "Insight", "Queue", "Storage", "Traffic"];

    [Theory]
    [InlineData("Cache")]
    [InlineData("Gateway")]
    [InlineData("Health")]
    [InlineData("Insight")]
    [InlineData("Queue")]
    [InlineData("Storage")]
    [InlineData("Traffic")]
    public void A_section_is_as_documented(string section)
    {
        var rows = Rows(section);
        Assert.Equal(Settable(Section(new ServerOptions(), section).GetType()), rows.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, row) in rows)
        {
            Assert.Equal(($"AO_{section}__{name}", $"--{section}:{name}"), (MarkdownText.Plain(row[1]), MarkdownText.Plain(row[2])));
            Assert.Equal(Text(Value(new ServerOptions(), section, name)), MarkdownText.Plain(row[3]));
            CheckBounds(section, name, row);
        }
    }

    [Fact]
    public void The_servers_own_options_are_as_documented()
    {
        var rows = Rows("Server");
        Assert.Equal(
            Settable(typeof(ServerOptions)).Where(static name => name != nameof(ServerOptions.Bootstrap)),
            rows.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, row) in rows)
        {
            Assert.Equal(Text(Value(new ServerOptions(), null, name)), MarkdownText.Plain(row[3]));
            var other = name switch { "Urls" => "http://127.0.0.1:1", "LogLevel" => "critical", _ => "elsewhere" };
            CheckTaken(null, name, MarkdownText.Plain(row[1]), MarkdownText.Plain(row[2]), other);
        }

        var levels = MarkdownText.Plain(rows["LogLevel"][4]).Split(',', StringSplitOptions.TrimEntries);
        Assert.All(levels, static level => Assert.Empty(FromEnvironment("AO_LOG_LEVEL", level).Errors));
    }

    [Fact]
    public void Variables_of_the_first_start_are_as_documented()
    {
        var rows = Rows("First start");
        var read = Variable().Matches(Repository.Read("src/AiOrchestrator.Server/Configuration/OptionReader.cs")).Select(static m => m.Value.Trim('"'));
        var others = Rows("Server").Values.Select(static row => MarkdownText.Plain(row[1]));
        Assert.Equal(rows.Keys.Concat(others).Order(StringComparer.Ordinal), read.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

        foreach (var name in (string[])["AO_ADMIN_KEY", "AO_BOOTSTRAP_KEY"])
        {
            Assert.StartsWith("20 to 512 visible", rows[name][2], StringComparison.Ordinal);
            Assert.Empty(FromEnvironment(name, new string('k', 20)).Errors);
            Assert.Empty(FromEnvironment(name, new string('k', 512)).Errors);
            Assert.Single(FromEnvironment(name, new string('k', 19)).Errors);
            Assert.Single(FromEnvironment(name, new string('k', 513)).Errors);
        }

        Assert.Equal("10", MarkdownText.Plain(rows["AO_BOOTSTRAP_LIMIT_USD"][1]));
        Assert.Equal(10_000_000_000, new ServerOptions().Bootstrap.LimitNanoUsd);
        Assert.Empty(FromEnvironment("AO_BOOTSTRAP_LIMIT_USD", "0").Errors);
        Assert.NotEmpty(FromEnvironment("AO_BOOTSTRAP_LIMIT_USD", "-1").Errors);
    }

    [Fact]
    public void Every_section_of_the_code_has_its_table() => Assert.Equal(
        typeof(ServerOptions).GetProperties().Where(static p => !p.CanWrite).Select(static p => p.Name).Order(StringComparer.Ordinal),
        Sections);

    private static void CheckBounds(string section, string name, IReadOnlyList<string> row)
    {
        var variable = MarkdownText.Plain(row[1]);
        var argument = MarkdownText.Plain(row[2]);
        if (Value(new ServerOptions(), section, name) is string)
        {
            CheckTaken(section, name, variable, argument, name == nameof(CachingOptions.ContentKey) ? "env:NAME" : "one,two-*");
            Assert.Contains(name, Assert.Single(FromEnvironment(variable, "not one").Errors), StringComparison.Ordinal);
            return;
        }

        if (Bounds().Match(row[4]) is not { Success: true } bounds)
        {
            var words = row[4].Split(',', StringSplitOptions.TrimEntries);
            var type = Value(new ServerOptions(), section, name)!.GetType();
            Assert.Equal(Enum.GetNames(type).Select(static n => n.ToLowerInvariant()), words);
            Assert.All(words, word => CheckTaken(section, name, variable, argument, word));
            return;
        }

        var min = long.Parse(bounds.Groups["min"].Value, CultureInfo.InvariantCulture);
        var max = long.Parse(bounds.Groups["max"].Value, CultureInfo.InvariantCulture);
        CheckTaken(section, name, variable, argument, Text(min));
        CheckTaken(section, name, variable, argument, Text(max));
        foreach (var outside in new[] { min - 1, max + 1 })
        {
            var error = Assert.Single(FromEnvironment(variable, Text(outside)).Errors);
            Assert.Contains(name, error, StringComparison.Ordinal);
        }
    }

    private static void CheckTaken(string? section, string name, string variable, string argument, string value)
    {
        var fromEnvironment = FromEnvironment(variable, value);
        Assert.Empty(fromEnvironment.Errors);
        Assert.Equal(value, Text(Value(fromEnvironment.Options, section, name)));
        if (argument == "none")
        {
            return;
        }

        foreach (var arguments in new string[][] { [argument, value], [$"{argument}={value}"] })
        {
            var (options, errors) = OptionReader.Read(arguments, new Dictionary<string, string>(StringComparer.Ordinal));
            Assert.Empty(errors);
            Assert.Equal(value, Text(Value(options, section, name)));
        }
    }

    private static (ServerOptions Options, IReadOnlyList<string> Errors) FromEnvironment(string name, string value) =>
        OptionReader.Read([], new Dictionary<string, string>(StringComparer.Ordinal) { [name] = value });

    private static Dictionary<string, IReadOnlyList<string>> Rows(string heading) =>
        MarkdownText.Table(File, heading).ToDictionary(static row => MarkdownText.Plain(row[0]), StringComparer.Ordinal);

    private static IEnumerable<string> Settable(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(static p => p.CanWrite).Select(static p => p.Name).Order(StringComparer.Ordinal);

    private static object Section(ServerOptions options, string section) => typeof(ServerOptions).GetProperty(section)!.GetValue(options)!;

    private static object? Value(ServerOptions options, string? section, string name)
    {
        var target = section is null ? options : Section(options, section);
        return target.GetType().GetProperty(name)!.GetValue(target);
    }

    private static string Text(object? value) => value switch
    {
        Enum named => named.ToString().ToLowerInvariant(),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    [GeneratedRegex("^(?<min>[0-9]+) to (?<max>[0-9]+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Bounds();

    [GeneratedRegex("\"AO_[A-Z][A-Z_]+\"", RegexOptions.None, 1000)]
    private static partial Regex Variable();
}
