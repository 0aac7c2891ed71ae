using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Functions.Configuration;

/// <summary>
/// Reads the environment into <see cref="HeadOptions"/>. What begins with <c>AO_</c> and is not understood is an error that names it; what
/// else there is belongs to the platform.
/// </summary>
internal static class HeadOptionReader
{
    /// <summary>Reads everything; errors are one line each.</summary>
    public static (HeadOptions Options, IReadOnlyList<string> Errors) Read(IReadOnlyDictionary<string, string> environment)
    {
        var options = new HeadOptions();
        var errors = new List<string>();
        var sections = SectionsOf(options);
        var first = options.FirstStart;
        foreach (var (name, value) in environment)
        {
            switch (name)
            {
                case "AO_ADMIN_KEY_REF":
                    first = first with { AdminKeyReference = value };
                    break;
                case "AO_BOOTSTRAP_KEY_REF":
                    first = first with { BootstrapKeyReference = value };
                    break;
                case "AO_BOOTSTRAP_LIMIT_USD":
                    if (NanoUsd.TryParseUsd(value, out var limitNanoUsd))
                    {
                        first = first with { LimitNanoUsd = limitNanoUsd };
                    }
                    else
                    {
                        errors.Add($"AO_BOOTSTRAP_LIMIT_USD is '{value}': it must be an amount in US dollars such as 10 or 2.50");
                    }

                    break;
                case "AO_ADMIN_KEY" or "AO_BOOTSTRAP_KEY":
                    errors.Add($"{name} is not an option of this head: keys are given by reference, in {name}_REF");
                    break;
                default:
                    if (name.StartsWith(OptionBinder.Prefix, StringComparison.OrdinalIgnoreCase))
                    {
                        OptionBinder.SetInSection(sections, OptionBinder.PathOf(name), value, name, errors);
                    }

                    break;
            }
        }

        options.FirstStart = first;
        options.Telemetry = new TelemetryOptions(
            Given("APPLICATIONINSIGHTS_CONNECTION_STRING"), Given("APPLICATIONINSIGHTS_AUTHENTICATION_STRING"), Given("OTEL_EXPORTER_OTLP_ENDPOINT"));
        errors.AddRange(first.Validate());
        errors.AddRange(options.Azure.Validate());
        errors.AddRange([.. options.Gateway.Validate(), .. options.Health.Validate(), .. options.Traffic.Validate(), .. options.Queue.Validate(), .. options.Insight.Validate(), .. options.Cache.Validate()]);
        errors.AddRange(options.Outbound.Validate());
        return (options, errors);

        string? Given(string name) => environment.TryGetValue(name, out var value) && value.Length > 0 ? value : null;
    }

    /// <summary>What is set by section and name.</summary>
    private static Dictionary<string, object> SectionsOf(HeadOptions options) => new(StringComparer.OrdinalIgnoreCase)
    {
        ["Azure"] = options.Azure,
        ["Gateway"] = options.Gateway,
        ["Insight"] = options.Insight,
        ["Health"] = options.Health,
        ["Traffic"] = options.Traffic,
        ["Queue"] = options.Queue,
        ["Cache"] = options.Cache,
        ["Outbound"] = options.Outbound,
    };
}
