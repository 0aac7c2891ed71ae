using AiOrchestrator.Functions.Configuration;
using Azure.Core;
using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace AiOrchestrator.Functions;

/// <summary>
/// Traces, metrics and logs over OpenTelemetry, to Azure Monitor and to any collector that speaks OTLP. The host does its own part by
/// host.json (<c>telemetryMode</c>).
/// </summary>
internal static class Telemetry
{
    /// <summary>What the runtime and the servers measure of themselves.</summary>
    private static readonly string[] Meters =
        ["System.Runtime", "System.Net.Http", "System.Net.NameResolution", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Hosting"];

    public static void AddTelemetry(this IServiceCollection services, TelemetryOptions options)
    {
        if (options is { ApplicationInsights: null, OtlpEndpoint: null })
        {
            // Nobody would get them: the worker's defaults tell the host that the worker sends its logs itself.
            return;
        }

        var telemetry = services.AddOpenTelemetry().UseFunctionsWorkerDefaults();
        telemetry
            .WithTracing(static tracing => tracing.AddSource("Azure.*").AddHttpClientInstrumentation())
            .WithMetrics(static metrics => metrics.AddMeter(Meters))
            .WithLogging();
        if (options.ApplicationInsights is { } connection)
        {
            telemetry.UseAzureMonitorExporter(monitor =>
            {
                monitor.ConnectionString = connection;
                monitor.Credential = CredentialOf(options.ApplicationInsightsAuthentication);
            });
        }

        if (options.OtlpEndpoint is not null)
        {
            telemetry.UseOtlpExporter();
        }
    }

    /// <summary>
    /// The identity Application Insights is written with: <c>Authorization=AAD</c> is the one of the system, <c>ClientId=…</c> names one of
    /// the user's. Null: the connection string's own key.
    /// </summary>
    internal static TokenCredential? CredentialOf(string? authentication)
    {
        var parts = (authentication ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (!parts.Contains("Authorization=AAD", StringComparer.OrdinalIgnoreCase))
        {
            return null;
        }

        return ClientIdOf(parts) is { } clientId
            ? new ManagedIdentityCredential(ManagedIdentityId.FromUserAssignedClientId(clientId))
            : new ManagedIdentityCredential(ManagedIdentityId.SystemAssigned);
    }

    private static string? ClientIdOf(string[] parts)
    {
        const string Name = "ClientId=";
        return Array.Find(parts, static p => p.StartsWith(Name, StringComparison.OrdinalIgnoreCase))?[Name.Length..];
    }
}
