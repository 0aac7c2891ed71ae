namespace AiOrchestrator.Core.Limits;

/// <summary>A gauge in memory: its state, and the clocks of this process.</summary>
internal sealed class RateGauge(GaugeId id, RateTerms terms, RateClock clock)
{
    private readonly Lock _lock = new();
    private GaugeState _state = GaugeState.New(id.Kind, terms, clock.Gauge);

    public RateGrant Take(RateTerms terms, in RateTake take)
    {
        lock (_lock)
        {
            (_state, var grant) = _state.Take(terms, take, clock.Gauge);
            return grant;
        }
    }

    public GaugeReading Read()
    {
        lock (_lock)
        {
            var now = clock.Gauge;
            _state = _state.At(now);
            return _state.Read(id, now);
        }
    }

    public void Reset()
    {
        lock (_lock)
        {
            _state = _state.Reset(clock.Gauge);
        }
    }

    public void Restore(long day, long used)
    {
        lock (_lock)
        {
            _state = day == _state.Days.Window ? _state with { Days = _state.Days with { Used = used } } : _state;
        }
    }

    public long UsedOn(long day)
    {
        lock (_lock)
        {
            return _state.Days.Window == day ? _state.Days.Used + _state.Days.Outstanding : 0;
        }
    }
}
