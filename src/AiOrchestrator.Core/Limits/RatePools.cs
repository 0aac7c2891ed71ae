using System.Collections.Concurrent;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Limits;

/// <summary>This instance's shares of all gauges. They outlive changes of the limits' terms, so that what was used stays used.</summary>
internal sealed class RatePools(IRateAuthority authority, InstanceIdentity instance, RateClock clock)
{
    private readonly ConcurrentDictionary<GaugeId, RateShare> _shares = new();
    private readonly Lock _telling = new();
    private Action? _changed;

    /// <summary>How many messages are out at once: where each takes a while, none may come so late that its grant counts as lost.</summary>
    private const int AtOnce = 32;

    public RateClock Clock => clock;

    /// <summary>From now on this is told when limits have changed, or their counters were made as new: there may be more than there was.</summary>
    public void WhenChanged(Action told)
    {
        lock (_telling)
        {
            _changed += told;
        }
    }

    /// <summary>The share of a gauge, under the limit's terms; null when the limit does not count this.</summary>
    public RateShare? Share(Limit limit, string subject, RateKind kind)
    {
        if (limit.Terms(kind) is not { } terms)
        {
            return null;
        }

        var share = _shares.GetOrAdd(
            new GaugeId(limit.Id, subject, kind),
            static (id, made) => new RateShare(id, made.terms, made.authority, made.Id, made.clock),
            (terms, authority, instance.Id, clock));
        if (share.Terms.Version < terms.Version)
        {
            share.Terms = terms;
        }

        return share;
    }

    /// <summary>Takes a limit's new terms into the shares there are; the authority learns them with their next message.</summary>
    public void Adopt(Limit limit)
    {
        foreach (var id in _shares.Keys.Where(id => id.LimitId == limit.Id))
        {
            _ = Share(limit, id.Subject, id.Kind);
        }
    }

    /// <summary>Tells whoever waits for a limit that it has changed; once what calls see is the change, or they would look at what was.</summary>
    public void TellChanged() => Volatile.Read(ref _changed)?.Invoke();

    /// <summary>Ends grants that are over or spent, and tells what was settled since: until it knows, the authority lets nothing come in for them.</summary>
    public Task ReportDueAsync() => ReportAsync(_shares.Values.Where(static s => s.IsDue), evenIfUseful: false);

    /// <summary>Tells the authority everything about a limit (null: about all), so that its figures are as of now.</summary>
    public Task ReportAllAsync(string? limitId) =>
        ReportAsync(_shares.Values.Where(s => limitId is null || s.Id.LimitId == limitId), evenIfUseful: true);

    /// <summary>Forgets a limit. Calls under way settle into shares that nobody asks any more.</summary>
    public void Forget(string limitId)
    {
        foreach (var id in _shares.Keys.Where(id => id.LimitId == limitId))
        {
            _shares.TryRemove(id, out _);
        }
    }

    /// <summary>Tells all, then fails as the first that failed did.</summary>
    private static async Task ReportAsync(IEnumerable<RateShare> shares, bool evenIfUseful)
    {
        Exception? failed = null;
        await Parallel.ForEachAsync(
            shares,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (share, _) =>
            {
                try
                {
                    await share.ReportAsync(evenIfUseful);
                }
                catch (Exception e)
                {
                    // The others are told all the same; what was not told is told with the next message.
                    Interlocked.CompareExchange(ref failed, e, null);
                }
            });
        if (failed is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failed);
        }
    }
}
