using System.Reflection;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Functions.Configuration;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Functions.Tests.Configuration;

/// <summary>What the head reads, against the sample of settings and the documentation.</summary>
public sealed class SettingsTests
{
    private const string Sample = "local.settings.sample.json";

    /// <summary>What the host and the SDKs read and only the platform sets: identities, which there are none of on a developer's machine.</summary>
    private static readonly string[] OfThePlatformOnly =
    [
        "AzureWebJobsStorage__accountName", "AzureWebJobsStorage__credential", "AzureWebJobsStorage__clientId",
        "EventHubConnection__credential", "EventHubConnection__clientId", "AZURE_CLIENT_ID",
    ];

    /// <summary>What the host reads, here as there.</summary>
    private static readonly string[] OfTheHost =
    [
        "FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage", "TASKHUB_NAME", "DURABLE_TASK_SCHEDULER_CONNECTION_STRING",
        "EventHubConnection__fullyQualifiedNamespace",
        "AzureFunctionsJobHost__extensions__durableTask__storageProvider__type",
        "AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName",
        "AzureFunctionsJobHost__extensions__durableTask__storageProvider__maxQueuePollingInterval",
    ];

    private static readonly string[] OfTheHead =
    [
        "AO_ADMIN_KEY_REF", "AO_BOOTSTRAP_KEY_REF", "AO_BOOTSTRAP_LIMIT_USD",
        "APPLICATIONINSIGHTS_CONNECTION_STRING", "APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "OTEL_EXPORTER_OTLP_ENDPOINT",
    ];

    [Fact]
    public void The_sample_has_every_setting_that_is_not_the_platforms_own() => Assert.Equal(
        OfTheHost.Concat(OfTheHead).Concat(Options()).Order(StringComparer.Ordinal),
        Values().Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void The_sample_is_understood_and_changes_no_default_of_the_product()
    {
        var (read, errors) = HeadOptionReader.Read(Values());
        Assert.Empty(errors);
        var defaults = new HeadOptions();
        Assert.Equal(Written(defaults.Gateway), Written(read.Gateway));
        Assert.Equal(Written(defaults.Insight), Written(read.Insight));
        Assert.Equal(Written(defaults.Outbound), Written(read.Outbound));
        Assert.Equal(defaults.FirstStart.LimitNanoUsd, read.FirstStart.LimitNanoUsd);
        Assert.Equal(new TelemetryOptions(null, null, null), read.Telemetry);
    }

    [Fact]
    public void The_sample_holds_no_secret() => Assert.All(Values(), static setting =>
    {
        Assert.DoesNotMatch("(?i)(key|secret|password|signature|token)=", setting.Value);
        Assert.DoesNotMatch("[A-Za-z0-9+/_-]{40,}", setting.Value);
        Assert.True(!setting.Key.EndsWith("_REF", StringComparison.Ordinal) || setting.Value.Contains(':', StringComparison.Ordinal), setting.Key);
    });

    [Fact]
    public void What_triggers_are_bound_to_is_set()
    {
        var named = Trigger.All
            .SelectMany(static t => t.Attribute.ConstructorArguments.Concat(t.Attribute.NamedArguments.Select(static a => a.TypedValue)))
            .Select(static a => a.Value as string)
            .Where(static v => v is not null && v.StartsWith('%'))
            .Select(static v => v!.Trim('%'));
        Assert.Equal(["AO_Azure__UsageHub"], named);
        Assert.All(named, static name => Assert.Contains(name, Values().Keys));
        Assert.Contains("%TASKHUB_NAME%", Repository.Read("host.json"), StringComparison.Ordinal);
        Assert.Contains("\"DURABLE_TASK_SCHEDULER_CONNECTION_STRING\"", Repository.Read("host.json"), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_setting_of_the_platform_is_known_by_name() => Assert.Empty(OfThePlatformOnly.Intersect(Values().Keys, StringComparer.Ordinal));

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once()
    {
        var (_, errors) = HeadOptionReader.Read(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["AO_ADMIN_KEY"] = "a-key-in-the-clear-is-refused",
            ["AO_BOOTSTRAP_LIMIT_USD"] = "much",
            ["AO_Gateway__MaxBodyBytes"] = "1",
            ["AO_Storage__SuspenseHours"] = "24",
            ["AO_Outbound__LingerMs"] = "soon",
            ["SOMETHING_ELSE"] = "is the platform's",
        });
        Assert.Equal(
            [
                "AO_ADMIN_KEY is not an option of this head: keys are given by reference, in AO_ADMIN_KEY_REF",
                "AO_ADMIN_KEY_REF is missing: it must be a reference to a secret, such as kv:ao-admin-key",
                "AO_Azure__BlobServiceUri is missing: it must be an address such as https://NAME.blob.core.windows.net, or http:// on this machine",
                "AO_Azure__CosmosEndpoint is missing: it must be an address such as https://NAME.documents.azure.com, or http:// on this machine",
                "AO_Azure__EventHubsNamespace is missing: it must be a host such as NAME.servicebus.windows.net, without a scheme",
                "AO_BOOTSTRAP_KEY_REF is missing: it must be a reference to a secret, such as kv:ao-bootstrap-key",
                "AO_BOOTSTRAP_LIMIT_USD is 'much': it must be an amount in US dollars such as 10 or 2.50",
                "AO_Outbound__LingerMs is 'soon': it must be a whole number",
                "AO_Storage__SuspenseHours is not an option; docs/operations/options.md lists them",
                "Gateway:MaxBodyBytes is 1: it must be 1024 to 1073741824",
            ],
            errors.Order(StringComparer.Ordinal));
    }

    private static Dictionary<string, string> Values() => JsonDocument.Parse(Repository.Read(Sample)).RootElement.GetProperty("Values")
        .EnumerateObject().ToDictionary(static p => p.Name, static p => p.Value.GetString()!, StringComparer.Ordinal);

    private static IEnumerable<string> Options() =>
        from section in typeof(HeadOptions).GetProperties()
        where !section.CanWrite
        from option in Settable(section.PropertyType)
        select $"{OptionBinder.Prefix}{section.Name}__{option.Name}";

    private static IEnumerable<PropertyInfo> Settable(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(static p => p.CanWrite);

    private static IEnumerable<string> Written(object options) => Settable(options.GetType()).Select(p => $"{p.Name} {p.GetValue(options)}");
}
