using AiOrchestrator.Core.Gateway;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Functions.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Functions;

/// <summary>The Functions head: Core behind triggers, in an isolated worker.</summary>
internal static class FunctionsHost
{
    /// <summary>Kestrel's own bound lies above Core's, so that the refusal comes in the caller's dialect.</summary>
    private const int KestrelHeaderBytes = 128 * 1024;

    public static IHost Build(string[] arguments, HeadOptions options, EnvironmentProviders providers)
    {
        var builder = FunctionsApplication.CreateBuilder(arguments);
        builder.ConfigureFunctionsWebApplication();
        builder.Logging.AddFilter("AiOrchestrator", LogLevel.Information);
        builder.Services.AddHead(options, providers);
        builder.Services.AddTelemetry(options.Telemetry);
        ConfigureServer(builder.Services, options);
        var host = builder.Build();
        host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(host.Services.GetRequiredService<Drain>().Begin);
        return host;
    }

    internal static void ConfigureServer(IServiceCollection services, HeadOptions options)
    {
        services.Configure<HostOptions>(host =>
            host.ShutdownTimeout = TimeSpan.FromMilliseconds(options.Gateway.DrainTimeoutMs) + TimeSpan.FromSeconds(10));
        services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Core refuses what is larger than its own bound, in the caller's dialect; Kestrel's default of 30 MB lies below it.
            kestrel.Limits.MaxRequestBodySize = options.Gateway.MaxBodyBytes + 1L;
            kestrel.Limits.MaxRequestHeadersTotalSize = KestrelHeaderBytes;
            kestrel.Limits.MaxRequestHeaderCount = 200;
        });

        // The worker would take the last entry of x-forwarded-for out of the header; how many of them are ours is an option (ForwardedAddress).
        services.PostConfigure<ForwardedHeadersOptions>(static forwarded => forwarded.ForwardedHeaders &= ~ForwardedHeaders.XForwardedFor);
    }
}
