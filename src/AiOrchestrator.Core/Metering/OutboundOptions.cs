namespace AiOrchestrator.Core.Metering;

/// <summary>How usage events wait to be sent.</summary>
public sealed class OutboundOptions
{
    /// <summary>
    /// Events that may wait before no new call is started. Ends of calls may take a quarter more. Default 50 000, 100 to 1 000 000.
    /// </summary>
    public int MaxBufferedEvents { get; set; } = 50_000;

    /// <summary>The same in bytes. Default 64 MiB, 1 MiB to 1 GiB.</summary>
    public int MaxBufferedBytes { get; set; } = 64 << 20;

    /// <summary>Most events sent at once. Default 500, 1 to 10 000.</summary>
    public int BatchEvents { get; set; } = 500;

    /// <summary>How long an event waits for others to be sent with it. Default 50, 0 to 5000; milliseconds.</summary>
    public int LingerMs { get; set; } = 50;

    /// <summary>How long a start waits for room before its call is refused. Default 1000, 0 to 10 000; milliseconds.</summary>
    public int StartWaitMs { get; set; } = 1000;

    /// <summary>Wait after the first failure, doubled by each further one up to 32 times itself. Default 250, 10 to 60 000; milliseconds.</summary>
    public int RetryDelayMs { get; set; } = 250;

    /// <summary>A sending that takes longer is given up and tried again. Default 30 000, 100 to 600 000; milliseconds.</summary>
    public int SendTimeoutMs { get; set; } = 30_000;

    /// <summary><c>GET /ready</c> says degraded once an event waits this long. Default 10 000, 100 to 3 600 000; milliseconds.</summary>
    public int LagMs { get; set; } = 10_000;

    /// <summary>Everything that is out of bounds, one line each.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        Check(nameof(MaxBufferedEvents), MaxBufferedEvents, 100, 1_000_000);
        Check(nameof(MaxBufferedBytes), MaxBufferedBytes, 1 << 20, 1 << 30);
        Check(nameof(BatchEvents), BatchEvents, 1, 10_000);
        Check(nameof(LingerMs), LingerMs, 0, 5000);
        Check(nameof(StartWaitMs), StartWaitMs, 0, 10_000);
        Check(nameof(RetryDelayMs), RetryDelayMs, 10, 60_000);
        Check(nameof(SendTimeoutMs), SendTimeoutMs, 100, 600_000);
        Check(nameof(LagMs), LagMs, 100, 3_600_000);
        return errors;

        void Check(string name, int value, int min, int max)
        {
            if (value < min || value > max)
            {
                errors.Add(string.Create(null, $"Outbound:{name} is {value}: it must be {min} to {max}"));
            }
        }
    }
}
