using AiOrchestrator.Ledger.Rates;

namespace AiOrchestrator.Core.Limits;

/// <summary>The authority's side of one gauge: its level, and the grants that are out.</summary>
internal sealed class RateGauge
{
    /// <summary>How long a grant may be taken from: so long an idle instance can sit on a part of the limit.</summary>
    public const long ValidForUs = 1_000_000;

    /// <summary>How long after its end a grant is waited for before it counts as lost.</summary>
    private const long LostAfterUs = 2_000_000;

    /// <summary>An instance that was not heard of for so long gets no share any more.</summary>
    private const long SilentAfterUs = 10_000_000;

    /// <summary>A grant beyond the need is at most this part of an instance's share of what is free.</summary>
    private const long SmallPart = 10;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Holder> _holders = new(StringComparer.Ordinal);
    private readonly GaugeId _id;
    private readonly RateClock _clock;
    private RateTerms _terms;
    private TokenBucket _bucket;
    private WindowCounter _days;
    private WindowCount _minute;
    private long _lastGrantId;

    public RateGauge(GaugeId id, RateTerms terms, RateClock clock)
    {
        _id = id;
        _clock = clock;
        _terms = terms;
        _bucket = TokenBucket.Full(Bucket, clock.NowUs);
        _days = new WindowCounter(Day(clock.UnixMs), 0, 0);
    }

    private bool CountsDays => _id.Kind == RateKind.RequestsPerDay;

    private BucketTerms Bucket => new(_terms.Limit, _terms.Capacity);

    public RateGrant Take(RateTerms terms, in RateTake take)
    {
        lock (_lock)
        {
            var nowUs = _clock.NowUs;
            var unixMs = _clock.UnixMs;
            Adopt(terms, nowUs);
            Roll(nowUs, unixMs);
            Close(take, nowUs);
            return Grant(take, nowUs, unixMs);
        }
    }

    public GaugeReading Read()
    {
        lock (_lock)
        {
            var unixMs = _clock.UnixMs;
            Roll(_clock.NowUs, unixMs);
            return CountsDays
                ? new GaugeReading(_id, _terms.Limit, _days.Used, Math.Max(0, _days.Free(_terms.Limit)), UntilTomorrowUs(unixMs))
                : new GaugeReading(
                    _id,
                    _terms.Limit,
                    Math.Max(0, _minute.In(unixMs / RateClock.MinuteMs)),
                    Math.Max(0, _bucket.Level),
                    _bucket.WaitUs(Bucket, _terms.Capacity - _bucket.Outstanding));
        }
    }

    public void Reset()
    {
        lock (_lock)
        {
            // Grants that are out were taken from what is now as new: they end as if nothing had been granted.
            _holders.Clear();
            _bucket = TokenBucket.Full(Bucket, _clock.NowUs);
            _days = new WindowCounter(Day(_clock.UnixMs), 0, 0);
            _minute = default;
        }
    }

    public void Restore(long day, long used)
    {
        lock (_lock)
        {
            _days = day == _days.Window ? _days with { Used = used } : _days;
        }
    }

    public long UsedOn(long day)
    {
        lock (_lock)
        {
            return _days.Window == day ? _days.Used + _days.Outstanding : 0;
        }
    }

    private static long Day(long unixMs) => unixMs / RateClock.DayMs;

    private static long UntilTomorrowUs(long unixMs) => (RateClock.DayMs - unixMs % RateClock.DayMs) * 1000;

    private void Adopt(RateTerms terms, long nowUs)
    {
        if (terms.Version > _terms.Version)
        {
            _bucket = _bucket.Change(Bucket, new BucketTerms(terms.Limit, terms.Capacity), nowUs);
            _terms = terms;
        }
    }

    /// <summary>Lets time pass: the bucket fills, the day turns, lost grants end.</summary>
    private void Roll(long nowUs, long unixMs)
    {
        _days = _days.At(Day(unixMs));
        foreach (var (name, holder) in _holders)
        {
            var lostUs = holder.HeardUs + ValidForUs + LostAfterUs;
            if (holder.GrantId != 0 && nowUs > lostUs)
            {
                // As of when it was lost: from then on the bucket has filled.
                End(holder, lost: true, left: 0, lostUs);
                _holders[name] = holder with { GrantId = 0, Amount = 0 };
            }
            else if (nowUs - holder.HeardUs > SilentAfterUs)
            {
                _holders.Remove(name);
            }
        }

        _bucket = _bucket.At(Bucket, nowUs);
    }

    private void Close(in RateTake take, long nowUs)
    {
        if (!CountsDays)
        {
            _minute = _minute.Add(take.CountedWindow, take.Counted);
        }

        if (_holders.TryGetValue(take.Holder, out var holder) && holder.GrantId != 0)
        {
            // Whoever asks again under another number has lost the grant (a reply that never arrived), and took nothing of it.
            var known = holder.GrantId == take.GrantId;
            End(holder, lost: !known, known ? take.Left : 0, nowUs);
        }
        else if (take.Left != 0 && !CountsDays)
        {
            // No grant of this number is out. What is owed stays owed, and what a settlement gives back is given back: at most to the brim.
            // What was left of a grant that counted as lost has come back by itself.
            _bucket = _bucket.Close(Bucket, 0, take.GrantId == 0 ? take.Left : Math.Min(0, take.Left), nowUs);
        }
        else if (take.Left != 0 && take.GrantId == 0)
        {
            _days = _days.Close(take.Window, 0, take.Left);
        }
    }

    private void End(Holder holder, bool lost, long left, long nowUs)
    {
        if (CountsDays)
        {
            _days = _days.Close(holder.Window, holder.Amount, lost ? holder.Amount : left);
        }
        else
        {
            _bucket = _bucket.Close(Bucket, holder.Amount, lost ? 0 : left, nowUs);
        }
    }

    private RateGrant Grant(in RateTake take, long nowUs, long unixMs)
    {
        _holders[take.Holder] = new Holder(nowUs, 0, 0, 0);
        var free = CountsDays ? _days.Free(_terms.Limit) : _bucket.Level;
        var want = Math.Max(take.Need, Math.Min(take.Want, free / _holders.Count / SmallPart));
        long amount = 0;
        if (take.Need > 0 && CountsDays)
        {
            _days = _days.Take(_terms.Limit, take.Need, want, _days.Window, out amount);
        }
        else if (take.Need > 0)
        {
            _bucket = _bucket.Take(Bucket, take.Need, want, nowUs, out amount);
        }

        var window = CountsDays ? _days.Window : 0;
        var grantId = amount > 0 ? ++_lastGrantId : 0;
        _holders[take.Holder] = new Holder(nowUs, grantId, amount, window);
        return new RateGrant(
            grantId,
            amount,
            CountsDays ? Math.Min(ValidForUs, UntilTomorrowUs(unixMs)) : ValidForUs,
            window,
            free - amount,
            take.Need == 0 || amount > 0 ? 0 : RetryAfterUs(take.Need, unixMs));
    }

    private long RetryAfterUs(long need, long unixMs)
    {
        if (!CountsDays)
        {
            return _bucket.WaitUs(Bucket, Math.Min(need, _terms.Capacity));
        }

        // What other instances hold and do not take comes back within the time a grant is valid.
        return _days.Used + need <= _terms.Limit ? ValidForUs : UntilTomorrowUs(unixMs);
    }

    /// <summary>An instance, and the grant it has (0: none).</summary>
    private readonly record struct Holder(long HeardUs, long GrantId, long Amount, long Window);
}
