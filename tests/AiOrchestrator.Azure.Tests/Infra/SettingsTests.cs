using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Gateway;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Providers.Health;
using AiOrchestrator.Core.Traffic;
using AiOrchestrator.Core.Traffic.Queueing;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Azure.Tests.Infra;

/// <summary>The settings that infra/main.bicep gives the app against what reads them.</summary>
public sealed partial class SettingsTests
{
    private const string Page = "docs/operations/azure.md";

    private const string Prefix = "AO_Azure__";

    /// <summary>What the Functions host, its extensions and the SDKs read.</summary>
    private static readonly string[] OfThePlatform =
    [
        "AzureWebJobsStorage__accountName", "AzureWebJobsStorage__credential", "AzureWebJobsStorage__clientId",
        "EventHubConnection__fullyQualifiedNamespace", "EventHubConnection__credential", "EventHubConnection__clientId",
        "DURABLE_TASK_SCHEDULER_CONNECTION_STRING", "TASKHUB_NAME",
        "APPLICATIONINSIGHTS_CONNECTION_STRING", "APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "AZURE_CLIENT_ID",
    ];

    /// <summary>With the Azure Storage backend instead of the scheduler's connection.</summary>
    private static readonly string[] OfTheOtherBackend =
    [
        "AzureFunctionsJobHost__extensions__durableTask__storageProvider__type",
        "AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName",
        "AzureFunctionsJobHost__extensions__durableTask__storageProvider__maxQueuePollingInterval",
    ];

    private static readonly string[] OfTheFirstStart = ["AO_ADMIN_KEY_REF", "AO_BOOTSTRAP_KEY_REF", "AO_BOOTSTRAP_LIMIT_USD"];

    /// <summary>The sections of options this head has, each with its options as they are by default.</summary>
    private static readonly (string Section, object Options)[] Sections =
        [("Azure", new AzureOptions()), ("Cache", new CachingOptions()), ("Gateway", new GatewayOptions()), ("Health", new HealthOptions()), ("Insight", new InsightOptions()), ("Outbound", new OutboundOptions()), ("Queue", new QueueOptions()), ("Traffic", new TrafficOptions())];

    [Fact]
    public void Every_setting_is_read_and_every_one_that_is_needed_is_set()
    {
        string[] wanted = [.. OfThePlatform, .. OfTheFirstStart, .. Options()];
        Assert.Equal(wanted.Order(StringComparer.Ordinal), Settings().Except(OfTheOtherBackend, StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_developers_machine_has_the_same_of_ours()
    {
        using var sample = JsonDocument.Parse(Repository.Read("local.settings.sample.json"));
        Assert.Equal(
            sample.RootElement.GetProperty("Values").EnumerateObject().Select(static v => v.Name).Where(static n => n.StartsWith("AO_", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            Settings().Where(static s => s.StartsWith("AO_", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_does_not_depend_on_where_it_runs_is_set_to_its_default() => Assert.All(
        Defaults(),
        static setting => Assert.Equal(Options(setting.Key), setting.Value));

    [Fact]
    public void Without_any_of_ours_the_options_say_what_is_missing() => Assert.All(
        new AzureOptions().Validate(),
        static error => Assert.Contains(Settings(), name => error.StartsWith(name + " ", StringComparison.Ordinal)));

    [Fact]
    public void The_other_backend_takes_the_place_of_host_jsons() =>
        Assert.Equal(OfTheOtherBackend, Settings().Where(static s => s.StartsWith("AzureFunctionsJobHost__", StringComparison.Ordinal)));

    [Fact]
    public void Keys_are_given_by_reference()
    {
        var settings = BicepText.Read("infra/main.bicep").BlockAfter("appSettings: union(");
        Assert.Contains("AO_ADMIN_KEY_REF: 'kv:ao-admin-key'", settings, StringComparison.Ordinal);
        Assert.Contains("AO_BOOTSTRAP_KEY_REF: 'kv:ao-bootstrap-key'", settings, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_made_here_wins_over_what_somebody_writes_there() => Assert.Contains(
        "appSettings: union(options, durableSettings, {", BicepText.Read("infra/main.bicep").Text, StringComparison.Ordinal);

    [Fact]
    public void The_page_explains_every_option_and_setting()
    {
        var documented = MarkdownText.Table(Page, "Settings").Select(static r => MarkdownText.Plain(r[0])).ToList();
        Assert.Equal([.. Options().Where(static o => o.StartsWith(Prefix, StringComparison.Ordinal)), .. OfTheFirstStart], documented);
        var platform = MarkdownText.Table(Page, "Settings of the platform").SelectMany(static r => MarkdownText.Plain(r[0]).Split(", "));
        Assert.Equal([.. OfThePlatform, .. OfTheOtherBackend, "OTEL_EXPORTER_OTLP_ENDPOINT"], platform);
    }

    [Fact]
    public void Defaults_and_bounds_are_as_on_the_page()
    {
        foreach (var row in MarkdownText.Table(Page, "Settings").Where(static r => MarkdownText.Plain(r[0]).StartsWith(Prefix, StringComparison.Ordinal)))
        {
            var option = typeof(AzureOptions).GetProperty(MarkdownText.Plain(row[0])[Prefix.Length..])!;
            var value = option.GetValue(new AzureOptions());
            Assert.Equal(MarkdownText.Plain(row[1]), Text(value) is "" ? "none" : Text(value));
            if (Bounds().Match(row[2]) is { Success: true } bounds && value is int)
            {
                var (min, max) = (int.Parse(bounds.Groups["min"].Value, CultureInfo.InvariantCulture), int.Parse(bounds.Groups["max"].Value, CultureInfo.InvariantCulture));
                Assert.Equal([false, true, true, false], new[] { min - 1, min, max, max + 1 }.Select(v => IsTaken(option, v)));
            }
        }
    }

    private static bool IsTaken(PropertyInfo option, int value)
    {
        var options = new AzureOptions();
        option.SetValue(options, value);
        return !options.Validate().Any(e => e.StartsWith(Prefix + option.Name + " ", StringComparison.Ordinal));
    }

    private static IReadOnlyList<string> Settings()
    {
        var main = BicepText.Read("infra/main.bicep");
        var durable = main.BlockAfter("var durableSettings = usesScheduler");
        var rest = main.Text[(main.Text.IndexOf("var durableSettings", StringComparison.Ordinal) + durable.Length)..];
        var other = rest[..rest.IndexOf("\nmodule api ", StringComparison.Ordinal)].Split('\n')
            .Where(static line => line.TrimStart().StartsWith("AzureFunctionsJobHost__", StringComparison.Ordinal))
            .Select(static line => line.Trim().Split(':')[0]);
        return [.. Defaults().Keys, .. BicepText.Members(durable), .. other, .. BicepText.Members(main.BlockAfter("appSettings: union("))];
    }

    private static Dictionary<string, string> Defaults() => JsonSerializer.Deserialize<Dictionary<string, string>>(Repository.Read("infra/settings.json"))!;

    /// <summary>The names of all options.</summary>
    private static IEnumerable<string> Options() =>
        from section in Sections
        from option in section.Options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
        where option.CanWrite
        select $"AO_{section.Section}__{option.Name}";

    /// <summary>What an option is by default.</summary>
    private static string Options(string name)
    {
        var parts = name.Split("__");
        var options = Sections.Single(s => "AO_" + s.Section == parts[0]).Options;
        return Text(options.GetType().GetProperty(parts[1])!.GetValue(options));
    }

    private static string Text(object? value) =>
        value is Enum named ? named.ToString().ToLowerInvariant() : Convert.ToString(value, CultureInfo.InvariantCulture)!;

    [GeneratedRegex("^(?<min>[0-9]+) to (?<max>[0-9]+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Bounds();
}
