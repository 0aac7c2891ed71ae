namespace AiOrchestrator.Core.Traffic.Utilisation;

/// <summary>The most that was used of each window, in millionths, within an hour.</summary>
/// <param name="Hour">The hour, hours since 1970.</param>
/// <param name="RequestsPerMinute">Of a limit per minute.</param>
/// <param name="TokensPerMinute">Of a limit on tokens.</param>
/// <param name="RequestsPerDay">Of a limit per day.</param>
/// <param name="Connections">Of the places of one instance.</param>
internal readonly record struct HourPeak(long Hour, int RequestsPerMinute, int TokensPerMinute, int RequestsPerDay, int Connections)
{
    /// <summary>Of a limit on tokens of a day.</summary>
    public int TokensPerDay { get; init; }

    /// <summary>Of a limit on money of a day.</summary>
    public int CostPerDay { get; init; }

    /// <summary>The peak of a window.</summary>
    public int Of(UseWindow window) => window switch
    {
        UseWindow.RequestsPerMinute => RequestsPerMinute,
        UseWindow.TokensPerMinute => TokensPerMinute,
        UseWindow.RequestsPerDay => RequestsPerDay,
        UseWindow.TokensPerDay => TokensPerDay,
        UseWindow.CostPerDay => CostPerDay,
        _ => Connections,
    };
}

/// <summary>
/// How far a provider was used, hour by hour of the last seven days: 168 hours and no more. Noting is a compare-and-swap; calls do it.
/// </summary>
internal sealed class ProviderUse(string organisationId, string providerId)
{
    /// <summary>Hours that are kept: seven days.</summary>
    public const int Hours = 168;

    private const long HourMs = 3_600_000;
    private const long MinuteMs = 60_000;

    private readonly Lock _turning = new();
    private readonly long[] _hours = new long[Hours];
    private readonly int[] _peaks = new int[Hours * UseWindows.Count];
    private readonly long[] _high = new long[UseWindows.Count];
    private int _changed;

    public string OrganisationId => organisationId;

    public string ProviderId => providerId;

    /// <summary>Notes how far a window is used.</summary>
    /// <param name="window">Which.</param>
    /// <param name="millionths">How far.</param>
    /// <param name="unixMs">When.</param>
    public void Note(UseWindow window, int millionths, long unixMs)
    {
        if (millionths >= UseWindows.High)
        {
            Volatile.Write(ref _high[(int)window], unixMs / MinuteMs);
        }

        Raise(unixMs / HourMs, window, millionths);
    }

    /// <summary>The minute since 1970 in which 80 % of a window was last reached; 0 for never.</summary>
    public long HighMinute(UseWindow window) => Volatile.Read(ref _high[(int)window]);

    /// <summary>Takes in what was noted elsewhere, or before: what is higher stands.</summary>
    public void Merge(IEnumerable<HourPeak> peaks, long nowUnixMs)
    {
        foreach (var peak in peaks.Where(p => p.Hour > (nowUnixMs / HourMs) - Hours && p.Hour <= nowUnixMs / HourMs))
        {
            foreach (var window in Enum.GetValues<UseWindow>())
            {
                Raise(peak.Hour, window, peak.Of(window));
            }
        }
    }

    /// <summary>The hours in which something was used, oldest first.</summary>
    public IReadOnlyList<HourPeak> Peaks(long nowUnixMs)
    {
        var now = nowUnixMs / HourMs;
        var peaks = new List<HourPeak>();
        lock (_turning)
        {
            for (var hour = now - Hours + 1; hour <= now; hour++)
            {
                var slot = (int)(hour % Hours);
                if (_hours[slot] == hour)
                {
                    var of = _peaks.AsSpan(slot * UseWindows.Count, UseWindows.Count);
                    peaks.Add(new HourPeak(
                        hour, of[(int)UseWindow.RequestsPerMinute], of[(int)UseWindow.TokensPerMinute], of[(int)UseWindow.RequestsPerDay], of[(int)UseWindow.Connections])
                    {
                        TokensPerDay = of[(int)UseWindow.TokensPerDay],
                        CostPerDay = of[(int)UseWindow.CostPerDay],
                    });
                }
            }
        }

        return peaks;
    }

    /// <summary>Whether anything has risen since this was last asked.</summary>
    public bool TakeChanged() => Interlocked.Exchange(ref _changed, 0) != 0;

    /// <summary>What was to be written was not.</summary>
    public void ChangedStill() => Volatile.Write(ref _changed, 1);

    private void Raise(long hour, UseWindow window, int millionths)
    {
        var slot = (int)(hour % Hours);
        if (millionths == 0 || (Volatile.Read(ref _hours[slot]) != hour && !Turn(slot, hour)))
        {
            return;
        }

        ref var peak = ref _peaks[slot * UseWindows.Count + (int)window];
        var seen = Volatile.Read(ref peak);
        while (millionths > seen)
        {
            var was = Interlocked.CompareExchange(ref peak, millionths, seen);
            if (was == seen)
            {
                Volatile.Write(ref _changed, 1);
                return;
            }

            seen = was;
        }
    }

    /// <summary>Begins an hour in the place of the one a week before; false where that place holds a later one.</summary>
    private bool Turn(int slot, long hour)
    {
        lock (_turning)
        {
            if (_hours[slot] < hour)
            {
                // A call that notes the hour before at this very moment may lose that, or raise this one: both are of the same minute.
                _peaks.AsSpan(slot * UseWindows.Count, UseWindows.Count).Clear();
                Volatile.Write(ref _hours[slot], hour);
            }

            return _hours[slot] == hour;
        }
    }
}
