namespace AiOrchestrator.Core.Providers.Health;

/// <summary>Section <c>Health</c>.</summary>
public sealed class HealthOptions
{
    /// <summary>How often each provider is probed, unless its row says otherwise. Default 30000; 0 (never) to 3600000; milliseconds. No probe is begun more often than each second.</summary>
    public int ProbeIntervalMs { get; set; } = 30_000;

    /// <summary>
    /// How long a status must have been better before anybody is told of it: one that goes to and fro is told once. What is worse is told at
    /// once. Default 60000; 0 to 3600000; milliseconds.
    /// </summary>
    public int SettleMs { get; set; } = 60_000;

    /// <summary>Everything that is out of bounds, one line each.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (ProbeIntervalMs is < 0 or > 3_600_000)
        {
            errors.Add(string.Create(null, $"Health:ProbeIntervalMs is {ProbeIntervalMs}: it must be 0 to 3600000"));
        }

        if (SettleMs is < 0 or > 3_600_000)
        {
            errors.Add(string.Create(null, $"Health:SettleMs is {SettleMs}: it must be 0 to 3600000"));
        }

        return errors;
    }
}
