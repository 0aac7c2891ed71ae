using AiOrchestrator.Azure;
using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Gateway;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Providers.Health;
using AiOrchestrator.Core.Traffic;
using AiOrchestrator.Core.Traffic.Queueing;

namespace AiOrchestrator.Functions.Configuration;

/// <summary>Where the keys of the first start lie. They are read when the first request comes, not when the process starts.</summary>
/// <param name="AdminKeyReference"><c>AO_ADMIN_KEY_REF</c>, such as <c>kv:ao-admin-key</c>.</param>
/// <param name="BootstrapKeyReference"><c>AO_BOOTSTRAP_KEY_REF</c>, such as <c>kv:ao-bootstrap-key</c>.</param>
/// <param name="LimitNanoUsd"><c>AO_BOOTSTRAP_LIMIT_USD</c>: the first wallet's limit; used at the first start only. Default 10 US dollars.</param>
public sealed record FirstStart(string? AdminKeyReference, string? BootstrapKeyReference, long LimitNanoUsd)
{
    /// <summary>Everything that is wrong, one line each.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        Check("AO_ADMIN_KEY_REF", AdminKeyReference, "kv:ao-admin-key");
        Check("AO_BOOTSTRAP_KEY_REF", BootstrapKeyReference, "kv:ao-bootstrap-key");
        if (LimitNanoUsd < 0)
        {
            errors.Add("AO_BOOTSTRAP_LIMIT_USD is negative: it must be 0 or more");
        }

        return errors;

        void Check(string name, string? reference, string example)
        {
            if (string.IsNullOrEmpty(reference))
            {
                // Nobody would see a generated key here.
                errors.Add($"{name} is missing: it must be a reference to a secret, such as {example}");
            }
        }
    }
}

/// <summary>Where telemetry goes. Nothing is sent where nothing is set.</summary>
/// <param name="ApplicationInsights"><c>APPLICATIONINSIGHTS_CONNECTION_STRING</c>, or null.</param>
/// <param name="ApplicationInsightsAuthentication"><c>APPLICATIONINSIGHTS_AUTHENTICATION_STRING</c>: <c>Authorization=AAD</c>, perhaps with <c>;ClientId=…</c>; or null.</param>
/// <param name="OtlpEndpoint"><c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, or null. The exporter reads it, and its siblings, itself.</param>
public sealed record TelemetryOptions(string? ApplicationInsights, string? ApplicationInsightsAuthentication, string? OtlpEndpoint);

/// <summary>All that can be set about the Functions head; docs/operations/options.md is compared with this by a test.</summary>
public sealed class HeadOptions
{
    /// <summary>The keys of the first start.</summary>
    public FirstStart FirstStart { get; set; } = new(null, null, DefaultLimitNanoUsd);

    /// <summary>Where telemetry goes.</summary>
    public TelemetryOptions Telemetry { get; set; } = new(null, null, null);

    /// <summary>Section <c>Azure</c>.</summary>
    public AzureOptions Azure { get; } = new();

    /// <summary>Section <c>Gateway</c>.</summary>
    public GatewayOptions Gateway { get; } = new();

    /// <summary>Section <c>Insight</c>.</summary>
    public InsightOptions Insight { get; } = new();

    /// <summary>Section <c>Health</c>.</summary>
    public HealthOptions Health { get; } = new();

    /// <summary>Section <c>Traffic</c>.</summary>
    public TrafficOptions Traffic { get; } = new();

    /// <summary>Section <c>Queue</c>.</summary>
    public QueueOptions Queue { get; } = new();

    /// <summary>Section <c>Cache</c>.</summary>
    public CachingOptions Cache { get; } = new();

    /// <summary>Section <c>Outbound</c>.</summary>
    public OutboundOptions Outbound { get; } = new();

    private const long DefaultLimitNanoUsd = 10_000_000_000;
}
