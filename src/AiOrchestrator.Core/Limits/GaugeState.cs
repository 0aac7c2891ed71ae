using AiOrchestrator.Ledger.Rates;

namespace AiOrchestrator.Core.Limits;

/// <summary>A moment, on the two clocks a gauge counts by.</summary>
/// <param name="Us">Microseconds of the clock that buckets fill by.</param>
/// <param name="UnixMs">Milliseconds since 1970, for minutes and days.</param>
internal readonly record struct GaugeTime(long Us, long UnixMs)
{
    public long Day => UnixMs / RateClock.DayMs;

    public long UntilTomorrowUs => (RateClock.DayMs - UnixMs % RateClock.DayMs) * 1000;
}

/// <summary>An instance, and the grant it has (0: none).</summary>
/// <param name="HeardUs">When it was last heard of.</param>
/// <param name="GrantId">The grant.</param>
/// <param name="Amount">What was granted.</param>
/// <param name="Window">The day it belongs to; 0 for what is counted by the minute.</param>
internal readonly record struct GaugeHolder(long HeardUs, long GrantId, long Amount, long Window);

/// <summary>
/// The authority's side of one gauge as a value: its level, and the grants that are out. What becomes of it is decided here and nowhere else;
/// an authority only keeps it, in memory or in a document.
/// </summary>
/// <param name="Kind">What it counts.</param>
/// <param name="Terms">What it allows.</param>
/// <param name="Bucket">The level, by the minute.</param>
/// <param name="Days">The count, by the day.</param>
/// <param name="Minute">For the record.</param>
/// <param name="LastGrantId">Grants are numbered.</param>
/// <param name="Holders">Never changed once it is part of a state.</param>
internal sealed record GaugeState(
    RateKind Kind,
    RateTerms Terms,
    TokenBucket Bucket,
    WindowCounter Days,
    WindowCount Minute,
    long LastGrantId,
    IReadOnlyDictionary<string, GaugeHolder> Holders)
{
    /// <summary>How long a grant may be taken from: so long an idle instance can sit on a part of the limit.</summary>
    public const long ValidForUs = 1_000_000;

    /// <summary>How long after its end a grant is waited for before it counts as lost.</summary>
    private const long LostAfterUs = 2_000_000;

    /// <summary>An instance that was not heard of for so long gets no share any more.</summary>
    private const long SilentAfterUs = 10_000_000;

    /// <summary>A grant beyond the need is at most this part of an instance's share of what is free.</summary>
    private const long SmallPart = 10;

    private bool CountsDays => Kind.CountsDays();

    private BucketTerms BucketTerms => new(Terms.Limit, Terms.Capacity);

    /// <summary>A gauge that nothing was taken from.</summary>
    public static GaugeState New(RateKind kind, RateTerms terms, in GaugeTime now) => new(
        kind,
        terms,
        TokenBucket.Full(new BucketTerms(terms.Limit, terms.Capacity), now.Us),
        new WindowCounter(now.Day, 0, 0),
        default,
        0,
        new Dictionary<string, GaugeHolder>(StringComparer.Ordinal));

    /// <summary>Ends a grant and makes the next.</summary>
    public (GaugeState State, RateGrant Grant) Take(RateTerms terms, in RateTake take, in GaugeTime now) =>
        Adopt(terms, now).At(now).Close(take, now).Grant(take, now);

    /// <summary>The state when time has passed: the bucket fills, the day turns, lost grants end.</summary>
    public GaugeState At(in GaugeTime now)
    {
        var state = this with { Days = Days.At(now.Day) };
        foreach (var (name, holder) in Holders)
        {
            var lostUs = holder.HeardUs + ValidForUs + LostAfterUs;
            if (holder.GrantId != 0 && now.Us > lostUs)
            {
                // As of when it was lost: from then on the bucket has filled.
                state = state.End(holder, lost: true, left: 0, lostUs).With(name, holder with { GrantId = 0, Amount = 0 });
            }
            else if (now.Us - holder.HeardUs > SilentAfterUs)
            {
                state = state.Without(name);
            }
        }

        return state with { Bucket = state.Bucket.At(BucketTerms, now.Us) };
    }

    /// <summary>The gauge as it stands, of a state at this time.</summary>
    public GaugeReading Read(in GaugeId id, in GaugeTime now) => CountsDays
        ? new GaugeReading(id, Terms.Limit, Days.Used, Math.Max(0, Days.Free(Terms.Limit)), now.UntilTomorrowUs)
        : new GaugeReading(
            id,
            Terms.Limit,
            Math.Max(0, Minute.In(now.UnixMs / RateClock.MinuteMs)),
            Math.Max(0, Bucket.Level),
            Bucket.WaitUs(BucketTerms, Terms.Capacity - Bucket.Outstanding));

    /// <summary>As new. Grants that are out were taken from what is now as new: they end as if nothing had been granted.</summary>
    public GaugeState Reset(in GaugeTime now) => New(Kind, Terms, now) with { LastGrantId = LastGrantId };

    private GaugeState Adopt(RateTerms terms, in GaugeTime now) => terms.Version > Terms.Version
        ? this with { Bucket = Bucket.Change(BucketTerms, new BucketTerms(terms.Limit, terms.Capacity), now.Us), Terms = terms }
        : this;

    private GaugeState Close(in RateTake take, in GaugeTime now)
    {
        var state = CountsDays ? this : this with { Minute = Minute.Add(take.CountedWindow, take.Counted) };
        if (Holders.TryGetValue(take.Holder, out var holder) && holder.GrantId != 0)
        {
            // Whoever asks again under another number has lost the grant (a reply that never arrived), and took nothing of it.
            var known = holder.GrantId == take.GrantId;
            return state.End(holder, lost: !known, known ? take.Left : 0, now.Us);
        }

        if (take.Left != 0 && !CountsDays)
        {
            // No grant of this number is out. What is owed stays owed, and what a settlement gives back is given back: at most to the brim.
            // What was left of a grant that counted as lost has come back by itself.
            var left = take.GrantId == 0 ? take.Left : Math.Min(0, take.Left);
            return state with { Bucket = Bucket.Close(BucketTerms, 0, left, now.Us) };
        }

        return take.Left != 0 && take.GrantId == 0 ? state with { Days = Days.Close(take.Window, 0, take.Left) } : state;
    }

    private GaugeState End(in GaugeHolder holder, bool lost, long left, long nowUs) => CountsDays
        ? this with { Days = Days.Close(holder.Window, holder.Amount, lost ? holder.Amount : left) }
        : this with { Bucket = Bucket.Close(BucketTerms, holder.Amount, lost ? 0 : left, nowUs) };

    private (GaugeState State, RateGrant Grant) Grant(in RateTake take, in GaugeTime now)
    {
        var holders = Holders.ContainsKey(take.Holder) ? Holders.Count : Holders.Count + 1;
        var free = CountsDays ? Days.Free(Terms.Limit) : Bucket.Level;
        var want = Math.Max(take.Need, Math.Min(take.Want, free / holders / SmallPart));
        long amount = 0;
        var (bucket, days) = (Bucket, Days);
        if (take.Need > 0 && CountsDays)
        {
            days = days.Take(Terms.Limit, take.Need, want, days.Window, out amount);
        }
        else if (take.Need > 0)
        {
            bucket = bucket.Take(BucketTerms, take.Need, want, now.Us, out amount);
        }

        var window = CountsDays ? days.Window : 0;
        var lastGrantId = amount > 0 ? LastGrantId + 1 : LastGrantId;
        var grantId = amount > 0 ? lastGrantId : 0;
        var state = this with { Bucket = bucket, Days = days, LastGrantId = lastGrantId };
        return (
            state.With(take.Holder, new GaugeHolder(now.Us, grantId, amount, window)),
            new RateGrant(
                grantId,
                amount,
                CountsDays ? Math.Min(ValidForUs, now.UntilTomorrowUs) : ValidForUs,
                window,
                free - amount,
                take.Need == 0 || amount > 0 ? 0 : state.RetryAfterUs(take.Need, now)));
    }

    private long RetryAfterUs(long need, in GaugeTime now)
    {
        if (!CountsDays)
        {
            return Bucket.WaitUs(BucketTerms, Math.Min(need, Terms.Capacity));
        }

        // What other instances hold and do not take comes back within the time a grant is valid.
        return need <= Terms.Limit - Days.Used ? ValidForUs : now.UntilTomorrowUs;
    }

    private GaugeState With(string name, in GaugeHolder holder) =>
        this with { Holders = new Dictionary<string, GaugeHolder>(Holders, StringComparer.Ordinal) { [name] = holder } };

    private GaugeState Without(string name)
    {
        var holders = new Dictionary<string, GaugeHolder>(Holders, StringComparer.Ordinal);
        holders.Remove(name);
        return this with { Holders = holders };
    }
}
