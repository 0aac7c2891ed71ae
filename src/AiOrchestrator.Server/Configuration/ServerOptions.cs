using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Gateway;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Providers.Health;
using AiOrchestrator.Core.Traffic;
using AiOrchestrator.Core.Traffic.Queueing;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Server.Storage;

namespace AiOrchestrator.Server.Configuration;

/// <summary>Section <c>Storage</c>.</summary>
internal sealed class StorageSettings
{
    /// <summary>How long a call whose end was never recorded waits in suspense before its hold is charged, in hours. Default 24; 0 to 720.</summary>
    public int SuspenseHours { get; set; } = 24;

    /// <summary>
    /// What of the journal is verified before anything is served: <c>all</c> (default), or only what is <c>recent</c> (the rest while calls
    /// are served).
    /// </summary>
    public JournalVerify Verify { get; set; } = JournalVerify.All;

    /// <summary>Everything that is out of bounds, one line each.</summary>
    public IReadOnlyList<string> Validate() =>
        SuspenseHours is >= 0 and <= 720 ? [] : [$"Storage:SuspenseHours is {SuspenseHours}: it must be 0 to 720"];
}

/// <summary>All that can be set about the Server head; docs/operations/options.md is compared with this by a test.</summary>
internal sealed class ServerOptions
{
    /// <summary>Default address.</summary>
    public const string DefaultUrls = "http://127.0.0.1:8080";

    /// <summary><c>--urls</c> or <c>AO_URLS</c>: where to listen, separated by semicolons. Default http://127.0.0.1:8080.</summary>
    public string Urls { get; set; } = DefaultUrls;

    /// <summary><c>AO_DATA_DIR</c>: where everything is stored. Default <c>ao-data</c> in the working directory.</summary>
    public string DataDirectory { get; set; } = "ao-data";

    /// <summary><c>AO_LOG_LEVEL</c>: trace, debug, information, warning, error or critical. Default information.</summary>
    public LogLevel LogLevel { get; set; } = LogLevel.Information;

    /// <summary><c>AO_ADMIN_KEY</c>, <c>AO_BOOTSTRAP_KEY</c>, <c>AO_BOOTSTRAP_LIMIT_USD</c>.</summary>
    public BootstrapSettings Bootstrap { get; set; } = new(null, null, DefaultLimitNanoUsd);

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

    /// <summary>Section <c>Storage</c>.</summary>
    public StorageSettings Storage { get; } = new();

    private const long DefaultLimitNanoUsd = 10_000_000_000;
}
