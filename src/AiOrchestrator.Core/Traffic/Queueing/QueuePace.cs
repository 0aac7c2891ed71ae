namespace AiOrchestrator.Core.Traffic.Queueing;

/// <summary>How fast a line moves: measured between calls that were served, or what the limit allows where that is not known yet. Not safe for concurrent use.</summary>
internal sealed class QueuePace
{
    /// <summary>Nobody waits longer, so no estimate is longer: five minutes.</summary>
    public const long LongestUs = 300_000_000;

    /// <summary>A measure of so many counts more than what the limit says.</summary>
    private const int Enough = 3;

    private const double Weight = 0.25;

    private double _meanUs;
    private int _measures;
    private long _hintUs;
    private long? _lastUs;

    /// <summary>Microseconds between two calls that are served; 0 where nothing is known.</summary>
    public long IntervalUs => _measures >= Enough || _hintUs == 0 ? (long)_meanUs : _hintUs;

    /// <summary>What the limit allows: microseconds between two calls, 0 for unknown.</summary>
    public void Hint(long intervalUs) => _hintUs = Math.Clamp(intervalUs, 0, LongestUs);

    /// <summary>A call was served.</summary>
    /// <param name="nowUs">When.</param>
    /// <param name="othersWait">Whether the time from here to the next says how fast the line moves.</param>
    public void Served(long nowUs, bool othersWait)
    {
        if (_lastUs is { } last)
        {
            var intervalUs = Math.Clamp(nowUs - last, 0, LongestUs);
            _meanUs = _measures == 0 ? intervalUs : _meanUs + Weight * (intervalUs - _meanUs);
            _measures = Math.Min(_measures + 1, Enough);
        }

        _lastUs = othersWait ? nowUs : null;
    }

    /// <summary>How long a call waits; microseconds, 0 to five minutes.</summary>
    /// <param name="opensUs">Until there may be something for the first.</param>
    /// <param name="position">Where it stands, 1 for the first.</param>
    public long EstimateUs(long opensUs, int position) =>
        (long)Int128.Clamp((Int128)Math.Max(0, opensUs) + ((Int128)Math.Max(0, position - 1) * IntervalUs), 0, LongestUs);
}
