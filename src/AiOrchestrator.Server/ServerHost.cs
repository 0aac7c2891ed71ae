using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Gateway;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Platform.Jobs;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Wallets;
using AiOrchestrator.Server.Configuration;
using AiOrchestrator.Server.Storage;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Server;

/// <summary>The Server head: Core on Kestrel over SQLite, in one process.</summary>
internal static class ServerHost
{
    /// <summary>The longest a call may run, drain included; providers' total timeouts stay below it.</summary>
    private const long CallMaxMs = 3_600_000;

    /// <summary>Kestrel's own bound lies above Core's, so that the refusal comes in the caller's dialect.</summary>
    private const int KestrelHeaderBytes = 128 * 1024;

    public static WebApplication Build(ServerOptions options, EnvironmentProviders environment)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "AiOrchestrator.Server" });
        builder.WebHost.UseKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestHeadersTotalSize = KestrelHeaderBytes;
            kestrel.Limits.MaxRequestHeaderCount = 200;
        });
        builder.WebHost.UseSockets(static sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.WebHost.UseUrls(options.Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        builder.Logging.AddJsonConsole(static console => console.UseUtcTimestamp = true);
        builder.Logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            static console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("AiOrchestrator", options.LogLevel);

        // A start that fails is told in one line by whoever asked for it; the host's own account of it would be three stack traces more.
        var started = CancellationToken.None;
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => level >= LogLevel.Warning && started.IsCancellationRequested);
        builder.Services.AddSingleton(Options.Create(options.Gateway));
        builder.Services.AddSingleton(Options.Create(options.Insight));
        builder.Services.AddSingleton(Options.Create(options.Health));
        builder.Services.AddSingleton(Options.Create(options.Traffic));
        builder.Services.AddSingleton(Options.Create(options.Queue));
        builder.Services.AddSingleton(Options.Create(options.Cache));
        builder.Services.Configure<HostOptions>(host =>
            host.ShutdownTimeout = TimeSpan.FromMilliseconds(options.Gateway.DrainTimeoutMs) + TimeSpan.FromSeconds(10));
        builder.Services.AddStorage(new StorageOptions
        {
            Directory = options.DataDirectory,
            Terms = new LeaseTerms(CallMaxMs),
            SuspenseHours = options.Storage.SuspenseHours,
            Journal = new JournalOptions { Verify = options.Storage.Verify },
        });
        builder.Services.AddAiOrchestrator(environment);
        builder.Services.AddProposalClock();
        builder.Services.AddExportJob();
        builder.Services.AddJobClock();
        builder.Services.AddHealthClock();
        builder.Services.AddWalletClock();
        builder.Services.AddInProcessRates();
        builder.Services.AddUsageProjection();
        builder.Services.AddReratingRunner();
        var app = builder.Build();
        started = app.Lifetime.ApplicationStarted;
        return app;
    }

    /// <summary>Opens the storage, finishes the first start, loads the configuration. After this, requests can be served.</summary>
    public static async Task<BootstrapResult> PrepareAsync(
        WebApplication app, ServerOptions options, Action<BootstrapResult> show, CancellationToken cancellation)
    {
        app.Services.GetRequiredService<StorageSet>();
        var result = await app.Services.GetRequiredService<Bootstrap>().RunAsync(options.Bootstrap, show, cancellation);
        await app.Services.GetRequiredService<ProviderDirectory>().LoadAsync(result.OrganisationId, cancellation);
        await app.Services.LoadPricesAsync(cancellation);
        await app.Services.LoadLimitsAsync(cancellation);
        await app.Services.LoadTrafficAsync(cancellation);
        await app.Services.LoadResponseIdsAsync(cancellation);
        await app.Services.LoadCachingAsync(cancellation);
        var drain = app.Services.GetRequiredService<Drain>();
        app.Lifetime.ApplicationStopping.Register(drain.Begin);
        app.Run(GatewayApp.Build(app.Services));
        return result;
    }
}
