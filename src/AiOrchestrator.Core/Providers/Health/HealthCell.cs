namespace AiOrchestrator.Core.Providers.Health;

/// <summary>What went wrong last.</summary>
/// <param name="Code">A code of docs/operations/errors.md.</param>
/// <param name="UpstreamStatus">What was answered; 0 where nothing was.</param>
/// <param name="AtUnixMs">When, milliseconds since 1970.</param>
public sealed record HealthError(string Code, int UpstreamStatus, long AtUnixMs);

/// <summary>What is seen of a provider, or of a model at one.</summary>
/// <param name="Signal">What it says.</param>
/// <param name="Code">What went wrong; null where nothing did.</param>
/// <param name="UpstreamStatus">What was answered; 0 where nothing was.</param>
/// <param name="LatencyUs">From sending to the first byte of a good answer, microseconds; 0 where that is not known.</param>
internal readonly record struct Sighting(HealthSignal Signal, string? Code, int UpstreamStatus, long LatencyUs);

/// <summary>What the last minutes came to: figures for people, which may miss what happens as a minute begins.</summary>
/// <param name="Signals">How many signals.</param>
/// <param name="Bad">How many of them were failures or refusals for load.</param>
/// <param name="LatencyUs">The mean until the first byte, microseconds; 0 where no good answer came.</param>
internal readonly record struct HealthFigures(long Signals, long Bad, long LatencyUs);

/// <summary>
/// The health of one provider or model. Whoever signals writes one word by compare-and-swap and adds to a minute's counters: no lock, and
/// nothing is allocated but the error that is kept.
/// </summary>
internal sealed class HealthCell
{
    /// <summary>Over so many minutes figures are told, the one under way included.</summary>
    public const int FigureMinutes = 5;

    private const long MinuteMs = 60_000;

    private readonly Minute[] _minutes = new Minute[FigureMinutes + 1];
    private ulong _bits;
    private long _seenUnixMs;
    private HealthError? _error;

    public HealthStatus Status => State.Status;

    public HealthState State => new(Volatile.Read(ref _bits));

    /// <summary>When it was last seen, milliseconds since 1970; 0 for never.</summary>
    public long SeenUnixMs => Volatile.Read(ref _seenUnixMs);

    /// <summary>What went wrong last; null for nothing.</summary>
    public HealthError? Error => Volatile.Read(ref _error);

    /// <summary>Whether it is UNAVAILABLE because our credential was refused.</summary>
    public bool IsRefused => Status == HealthStatus.Unavailable && Error?.Code == ProbeProvider.RefusedUs;

    /// <summary>Takes in what was seen.</summary>
    public void Note(in Sighting seen, bool isProbe, long nowUnixMs)
    {
        while (true)
        {
            var before = Volatile.Read(ref _bits);
            var after = new HealthState(before).After(seen.Signal, isProbe, nowUnixMs / 1000).Bits;
            if (Interlocked.CompareExchange(ref _bits, after, before) == before)
            {
                break;
            }
        }

        Volatile.Write(ref _seenUnixMs, nowUnixMs);
        if (seen.Signal != HealthSignal.Ok)
        {
            Keep(seen, nowUnixMs);
        }

        Count(seen, nowUnixMs / MinuteMs);
    }

    /// <summary>Sends calls to it again, to see.</summary>
    public void Try()
    {
        var before = Volatile.Read(ref _bits);
        Interlocked.CompareExchange(ref _bits, new HealthState(before).Trial().Bits, before);
    }

    /// <summary>Begins with what is known from before, or with nothing.</summary>
    public void Begin(HealthState state, HealthError? error, long seenUnixMs)
    {
        Volatile.Write(ref _error, error);
        Volatile.Write(ref _seenUnixMs, seenUnixMs);
        Interlocked.Exchange(ref _bits, state.Bits);
    }

    /// <summary>What the last five minutes came to.</summary>
    public HealthFigures Figures(long nowUnixMs)
    {
        var now = nowUnixMs / MinuteMs;
        long signals = 0, bad = 0, latencyUs = 0;
        foreach (ref readonly var minute in _minutes.AsSpan())
        {
            if (Volatile.Read(in minute.Number) > now - FigureMinutes)
            {
                signals += Volatile.Read(in minute.Signals);
                bad += Volatile.Read(in minute.Bad);
                latencyUs += Volatile.Read(in minute.LatencyUs);
            }
        }

        return new HealthFigures(signals, bad, signals == bad ? 0 : latencyUs / (signals - bad));
    }

    /// <summary>Only where it differs from the last or a second has passed: an outage at full load must not fill the heap.</summary>
    private void Keep(in Sighting seen, long nowUnixMs)
    {
        var last = Error;
        if (last is null || last.Code != seen.Code || last.UpstreamStatus != seen.UpstreamStatus || nowUnixMs - last.AtUnixMs >= 1000)
        {
            Volatile.Write(ref _error, new HealthError(seen.Code ?? "", seen.UpstreamStatus, nowUnixMs));
        }
    }

    private void Count(in Sighting seen, long number)
    {
        ref var minute = ref _minutes[number % _minutes.Length];
        var old = Volatile.Read(ref minute.Number);
        if (old != number && Interlocked.CompareExchange(ref minute.Number, number, old) == old)
        {
            // What others add between the two lines is lost: figures, not money.
            Volatile.Write(ref minute.Signals, 0);
            Volatile.Write(ref minute.Bad, 0);
            Volatile.Write(ref minute.LatencyUs, 0);
        }

        Interlocked.Increment(ref minute.Signals);
        if (seen.Signal == HealthSignal.Ok)
        {
            Interlocked.Add(ref minute.LatencyUs, seen.LatencyUs);
        }
        else
        {
            Interlocked.Increment(ref minute.Bad);
        }
    }

    private struct Minute
    {
        public long Number;
        public long Signals;
        public long Bad;
        public long LatencyUs;
    }
}
