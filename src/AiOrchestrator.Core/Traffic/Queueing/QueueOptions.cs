namespace AiOrchestrator.Core.Traffic.Queueing;

/// <summary>Whose calls may wait with a priority above normal.</summary>
public enum PriorityRule
{
    /// <summary>Those of keys with a role above member.</summary>
    Roles,

    /// <summary>Everyone's.</summary>
    Everyone,
}

/// <summary>Section <c>Queue</c>.</summary>
public sealed class QueueOptions
{
    /// <summary>Most calls that wait for one provider in this instance. Default 1000; 0 (none waits) to 10000.</summary>
    public int MaxCalls { get; set; } = 1000;

    /// <summary>Most bytes of request bodies that all waiting calls of this instance hold together. Default 67108864 (64 MiB); 0 to 1073741824.</summary>
    public int MaxBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>After so long a waiting call rises by one priority, and after twice as long by two. Default 10000; 100 to 300000; milliseconds.</summary>
    public int AgeMs { get; set; } = 10_000;

    /// <summary>Who may say <c>x-priority: high</c>. Default <c>roles</c>: keys with a role above member; or <c>everyone</c>.</summary>
    public PriorityRule HighPriority { get; set; } = PriorityRule.Roles;

    /// <summary>Everything that is out of bounds, one line each.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        Check(nameof(MaxCalls), MaxCalls, 0, 10_000);
        Check(nameof(MaxBytes), MaxBytes, 0, 1_073_741_824);
        Check(nameof(AgeMs), AgeMs, 100, 300_000);
        return errors;

        void Check(string name, int value, int min, int max)
        {
            if (value < min || value > max)
            {
                errors.Add($"Queue:{name} is {value}: it must be {min} to {max}");
            }
        }
    }
}
