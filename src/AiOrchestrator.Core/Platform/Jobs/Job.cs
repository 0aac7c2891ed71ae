namespace AiOrchestrator.Core.Platform.Jobs;

/// <summary>
/// Work that is due once in every period, whoever does it: resets, sweeps, reconciliation, exports. A host calls
/// <see cref="JobRunner.RunDueAsync"/> about once a minute, on any number of instances.
/// </summary>
/// <param name="Name">Lower case words joined with '-'; unique, and the same for ever: what was done is remembered by it.</param>
/// <param name="Every">The length of its periods, which begin at multiples of it since 1970: 1 minute to 1 day.</param>
/// <param name="Run">
/// Does the work of a period. Repeating it, or running it twice at once, changes nothing: an instance may die in the middle, and another
/// then begins anew. What it throws is logged, and it is tried again with the next call.
/// </param>
public sealed record Job(string Name, TimeSpan Every, Func<JobPeriod, CancellationToken, Task> Run)
{
    /// <summary>How long after the beginning of a period it is due: time for what belongs to the period before to arrive.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Work that takes longer is cut off, and begun anew; whoever began and has not ended after so long is taken for dead.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The period whose work is due at a time.</summary>
    public JobPeriod PeriodAt(long unixMs)
    {
        var everyMs = (long)Every.TotalMilliseconds;
        var number = Math.Max(0, unixMs - (long)Delay.TotalMilliseconds) / everyMs;
        return new JobPeriod(number, number * everyMs, (number + 1) * everyMs);
    }
}

/// <summary>One period of a job.</summary>
/// <param name="Number">Periods since 1970.</param>
/// <param name="StartUnixMs">When it began, milliseconds since 1970.</param>
/// <param name="EndUnixMs">When the next begins.</param>
public readonly record struct JobPeriod(long Number, long StartUnixMs, long EndUnixMs);
