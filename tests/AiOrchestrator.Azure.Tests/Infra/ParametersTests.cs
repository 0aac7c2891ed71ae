using System.Text.Json;
using System.Text.RegularExpressions;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Azure.Tests.Infra;

/// <summary>infra/main.parameters.json against infra/main.bicep and the page that explains the switches.</summary>
public sealed partial class ParametersTests
{
    private const string Page = "docs/operations/azure.md";

    /// <summary>What azd sets by itself.</summary>
    private static readonly string[] OfAzd = ["AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_PRINCIPAL_ID"];

    /// <summary>What `azd env set` takes, as the page lists it.</summary>
    private static readonly string[] Switches =
    [
        "VNET_ENABLED", "DURABLE_BACKEND", "DURABLE_SKU", "DURABLE_CAPACITY", "COSMOS_CAPACITY", "COSMOS_MAXIMUM_THROUGHPUT", "COSMOS_ZONE_REDUNDANT",
        "EVENT_HUB_THROUGHPUT_UNITS", "EVENT_HUB_PARTITIONS", "DEPLOY_SEARCH", "DEPLOY_OPENAI", "INSTANCE_MEMORY_MB", "MAXIMUM_INSTANCE_COUNT",
        "HTTP_CONCURRENCY", "ALWAYS_READY_HTTP", "ALWAYS_READY_DURABLE", "BOOTSTRAP_LIMIT_USD", "KEY_VAULT_PURGE_PROTECTION", "STORAGE_SKU", "ALERT_EMAIL",
    ];

    private static readonly IReadOnlyDictionary<string, BicepParameter> Declared =
        BicepText.Read("infra/main.bicep").Parameters.ToDictionary(static p => p.Name, StringComparer.Ordinal);

    [Fact]
    public void Every_parameter_that_is_given_exists_and_none_that_is_needed_is_missing()
    {
        var given = Given().Keys.ToList();
        Assert.All(given, static name => Assert.Contains(name, Declared.Keys));
        Assert.All(Declared.Values.Where(static p => p.Default is null), p => Assert.Contains(p.Name, given));
    }

    [Fact]
    public void The_variables_are_those_of_azd_and_the_switches() =>
        Assert.Equal([.. OfAzd, .. Switches], Given().Values.Where(static v => v is not null).Select(static v => v!.Value.Variable));

    [Fact]
    public void A_switch_that_is_not_set_is_as_the_code_has_it() => Assert.All(
        Given().Where(static g => g.Value is { Default: not null }),
        static g => Assert.Equal(Declared[g.Key].Default!.Trim('\''), g.Value!.Value.Default));

    [Fact]
    public void The_page_explains_each_switch()
    {
        var defaults = Given().Values.Where(static v => v?.Default is not null).ToDictionary(static v => v!.Value.Variable, static v => v!.Value.Default!, StringComparer.Ordinal);
        var rows = MarkdownText.Table(Page, "Switches");
        Assert.Equal(Switches, rows.Select(static r => MarkdownText.Plain(r[0])));
        Assert.All(rows, row => Assert.Equal(defaults[MarkdownText.Plain(row[0])] is "" ? "none" : defaults[MarkdownText.Plain(row[0])], MarkdownText.Plain(row[1])));
    }

    [Fact]
    public void What_is_allowed_stands_on_the_page()
    {
        var rows = MarkdownText.Table(Page, "Switches").ToDictionary(static r => MarkdownText.Plain(r[0]), StringComparer.Ordinal);
        Assert.All(
            Given().Where(static g => g.Value is not null && Declared[g.Key].Allowed.Count > 0),
            g => Assert.All(Declared[g.Key].Allowed, word => Assert.Contains(word, rows[g.Value!.Value.Variable][2], StringComparison.Ordinal)));
    }

    /// <summary>Parameter → the variable its value comes from and what it is without; null for a value of its own.</summary>
    private static Dictionary<string, (string Variable, string? Default)?> Given()
    {
        using var json = JsonDocument.Parse(Repository.Read("infra/main.parameters.json"));
        return json.RootElement.GetProperty("parameters").EnumerateObject().ToDictionary(
            static p => p.Name,
            static p => p.Value.GetProperty("value") is { ValueKind: JsonValueKind.String } value && Variable().Match(value.GetString()!) is { Success: true } match
                ? (match.Groups["name"].Value, match.Groups["default"] is { Success: true } fallback ? fallback.Value : null)
                : ((string, string?)?)null,
            StringComparer.Ordinal);
    }

    [GeneratedRegex(@"^\$\{(?<name>[A-Z0-9_]+)(=(?<default>[^}]*))?\}$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Variable();
}
