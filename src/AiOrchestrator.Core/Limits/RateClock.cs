namespace AiOrchestrator.Core.Limits;

/// <summary>Time as limits need it: a monotonic clock for buckets, and a wall clock that never goes back for minutes and days.</summary>
internal sealed class RateClock(TimeProvider time)
{
    public const long MinuteMs = 60_000;

    public const long DayMs = 86_400_000;

    private long _latestUnixMs;

    public long Timestamp => time.GetTimestamp();

    /// <summary>The monotonic clock, in microseconds.</summary>
    public long NowUs => (long)((Int128)time.GetTimestamp() * 1_000_000 / time.TimestampFrequency);

    /// <summary>Now, on this process's clocks.</summary>
    public GaugeTime Gauge => new(NowUs, UnixMs);

    /// <summary>Milliseconds since 1970. A clock that is set back stands still instead: a day's limit is not to be had twice.</summary>
    public long UnixMs
    {
        get
        {
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            var latest = Volatile.Read(ref _latestUnixMs);
            while (now > latest)
            {
                var was = Interlocked.CompareExchange(ref _latestUnixMs, now, latest);
                if (was == latest)
                {
                    return now;
                }

                latest = was;
            }

            return latest;
        }
    }

    public long ToTimestamp(long us) => (long)((Int128)us * time.TimestampFrequency / 1_000_000);

    public long ElapsedUs(long fromTimestamp) => (long)((Int128)Math.Max(0, time.GetTimestamp() - fromTimestamp) * 1_000_000 / time.TimestampFrequency);
}
