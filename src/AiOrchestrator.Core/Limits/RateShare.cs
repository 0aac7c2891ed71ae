using System.Runtime.CompilerServices;
using AiOrchestrator.Ledger.Rates;

namespace AiOrchestrator.Core.Limits;

/// <summary>
/// This instance's share of one gauge: a grant that calls may take from without asking anybody, for at most a second. Taking, returning and
/// settling are single compare-and-swaps, as with a wallet's lease; what runs out or expires is exchanged with the authority.
/// </summary>
internal sealed class RateShare(GaugeId id, RateTerms terms, IRateAuthority authority, string holder, RateClock clock)
{
    private readonly Lock _counting = new();
    private WindowCount _count;
    private RateTerms _terms = terms;

    // Below 0 while something is owed: settling cost more than was taken.
    private long _available;

    // Given back, and not to be taken from here: the bucket may be full meanwhile, and only the authority knows.
    private long _returned;
    private long _untilTimestamp;
    private long _grantId;
    private long _granted;
    private long _window;
    private long _free = terms.Capacity;
    private long _heardTimestamp = clock.Timestamp;

    public GaugeId Id => id;

    public RateTerms Terms
    {
        get => Volatile.Read(ref _terms);
        set => Volatile.Write(ref _terms, value);
    }

    /// <summary>One message outstanding.</summary>
    private SemaphoreSlim Exchanging { get; } = new(1, 1);

    /// <summary>Whether there is something to tell, and nothing to take any more.</summary>
    public bool IsDue => !IsUseful() && !HasNothingToTell();

    private bool CountsDays => id.Kind.CountsDays();

    /// <summary>Takes from the grant; false when it is spent or over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTake(long amount, long timestamp)
    {
        if (timestamp >= Volatile.Read(ref _untilTimestamp))
        {
            return false;
        }

        var seen = Volatile.Read(ref _available);
        while (seen >= amount)
        {
            var was = Interlocked.CompareExchange(ref _available, seen - amount, seen);
            if (was == seen)
            {
                return true;
            }

            seen = was;
        }

        return false;
    }

    /// <summary>Gives back what was taken at a time; negative takes more. What a day's limit counted on another day is over.</summary>
    public void Return(long amount, long takenUnixMs)
    {
        if (!CountsDays || takenUnixMs / RateClock.DayMs == Volatile.Read(ref _window))
        {
            Interlocked.Add(ref amount < 0 ? ref _available : ref _returned, amount);
        }
    }

    /// <summary>Counts for the record what was admitted or settled, in the minute it falls into; negative undoes it in the same minute.</summary>
    public void Count(long amount, long unixMs)
    {
        lock (_counting)
        {
            _count = _count.Add(unixMs / RateClock.MinuteMs, amount);
        }
    }

    /// <summary>Gets a grant that holds at least the need.</summary>
    /// <param name="need">More than 0.</param>
    /// <param name="patience">Ends waiting for one's turn to ask; a question that was sent is not called back.</param>
    /// <returns>0 when there is one (others may take from it first), else in how many microseconds there may be.</returns>
    public async ValueTask<long> TopUpAsync(long need, CancellationToken patience)
    {
        await Exchanging.WaitAsync(patience);
        try
        {
            if (clock.Timestamp < Volatile.Read(ref _untilTimestamp) && Volatile.Read(ref _available) >= need)
            {
                // Whoever was here before brought enough for two.
                return 0;
            }

            return await ExchangeAsync(need);
        }
        finally
        {
            Exchanging.Release();
        }
    }

    /// <summary>Tells the authority what was taken and gives the rest back.</summary>
    /// <param name="evenIfUseful">False leaves a grant alone that there is still something to take from.</param>
    public async ValueTask ReportAsync(bool evenIfUseful)
    {
        if (!evenIfUseful && !IsDue)
        {
            return;
        }

        await Exchanging.WaitAsync();
        try
        {
            await ExchangeAsync(need: 0);
        }
        finally
        {
            Exchanging.Release();
        }
    }

    /// <summary>What could be taken at once now, as far as this instance knows, and in how many microseconds all of it could.</summary>
    public (long Remaining, long ResetUs) Look(RateTerms at)
    {
        var known = Volatile.Read(ref _free) + Volatile.Read(ref _available) + Volatile.Read(ref _returned);
        if (CountsDays)
        {
            var unixMs = clock.UnixMs;
            var left = unixMs / RateClock.DayMs == Volatile.Read(ref _window) || Volatile.Read(ref _window) == 0 ? known : at.Capacity;
            return (Math.Clamp(left, 0, at.Capacity), (RateClock.DayMs - unixMs % RateClock.DayMs) * 1000);
        }

        // The same arithmetic as the authority's: this is only where it would stand if nobody else took anything.
        var bucketTerms = new BucketTerms(at.Limit, at.Capacity);
        var bucket = TokenBucket.Full(bucketTerms, 0).Close(bucketTerms, 0, known - at.Capacity, 0)
            .At(bucketTerms, clock.ElapsedUs(Volatile.Read(ref _heardTimestamp)));
        return (Math.Max(0, bucket.Level), bucket.WaitUs(bucketTerms, at.Capacity));
    }

    private bool IsUseful() => clock.Timestamp < Volatile.Read(ref _untilTimestamp) && Volatile.Read(ref _available) > 0;

    private bool HasNothingToTell()
    {
        lock (_counting)
        {
            return _count.Count == 0 && Volatile.Read(ref _grantId) == 0
                && Volatile.Read(ref _available) == 0 && Volatile.Read(ref _returned) == 0;
        }
    }

    private async ValueTask<long> ExchangeAsync(long need)
    {
        // From here on nothing can be taken from the old grant: who still tries finds nothing there.
        Volatile.Write(ref _untilTimestamp, 0);
        var left = Interlocked.Exchange(ref _available, 0) + Interlocked.Exchange(ref _returned, 0);
        WindowCount counted;
        lock (_counting)
        {
            counted = _count;
            _count = counted with { Count = 0 };
        }

        var used = Math.Max(0, _granted - left);
        var sent = clock.Timestamp;
        RateGrant reply;
        try
        {
            reply = await authority.TakeAsync(
                id, Terms, new RateTake(holder, _grantId, left, counted.Window, counted.Count, need, Math.Max(need, 2 * used), _window));
        }
        catch
        {
            // Nobody knows whether it arrived. It is told again with the next message, which the authority recognises by the grant.
            Interlocked.Add(ref _available, left);
            Count(counted.Count, counted.Window * RateClock.MinuteMs);
            throw;
        }

        Adopt(reply, sent);
        return reply.Amount > 0 || need == 0 ? 0 : Math.Max(1, reply.RetryAfterUs);
    }

    private void Adopt(in RateGrant reply, long sent)
    {
        Volatile.Write(ref _grantId, reply.GrantId);
        _granted = reply.Amount;
        Volatile.Write(ref _window, reply.Window);
        Volatile.Write(ref _free, reply.Free);
        Volatile.Write(ref _heardTimestamp, sent);
        Interlocked.Add(ref _available, reply.Amount);
        Volatile.Write(ref _untilTimestamp, reply.Amount > 0 ? sent + clock.ToTimestamp(reply.ValidForUs) : 0);
    }
}
