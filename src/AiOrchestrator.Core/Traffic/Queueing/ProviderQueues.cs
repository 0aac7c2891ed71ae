using System.Collections.Concurrent;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Providers;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Traffic.Queueing;

/// <summary>
/// The lines of this instance: one for each organisation and provider, made when the first call waits. Instances do not know each other's lines; what they
/// wait for is shared between them as it is between calls.
/// </summary>
internal sealed class ProviderQueues
{
    private readonly ConcurrentDictionary<QueueId, ProviderQueue> _queues = new();

    // Until when providers asked to be left alone; a line that is made later must know.
    private readonly ConcurrentDictionary<string, long> _paused = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<UpstreamClient, bool> _watched = new(ReferenceEqualityComparer.Instance);
    private readonly QueueOptions _options;
    private readonly QueueBound _bound;
    private readonly TimeProvider _time;

    public ProviderQueues(IOptions<QueueOptions> options, RatePools pools, TimeProvider time)
    {
        (_options, _time) = (options.Value, time);
        _bound = new QueueBound(_options.MaxBytes);
        pools.WhenChanged(WakeAll);
    }

    /// <summary>Who may say that a call is of high priority.</summary>
    public PriorityRule HighPriority => _options.HighPriority;

    /// <summary>Whether any call waits anywhere. Costs one read: what every call asks first.</summary>
    public bool AnyWaits => _bound.Calls > 0;

    /// <summary>Bytes of all waiting calls' requests.</summary>
    public long Bytes => _bound.Bytes;

    /// <summary>The line of a provider; null where none was ever needed.</summary>
    public ProviderQueue? Find(string organisationId, string providerId) => _queues.GetValueOrDefault(new QueueId(organisationId, providerId));

    /// <summary>Whether a call of this priority that were sent to a provider now would pass somebody who waits for it.</summary>
    public bool StandsBefore(string organisationId, string providerId, CallPriority priority) =>
        AnyWaits && Find(organisationId, providerId)?.StandsBefore(priority) == true;

    /// <summary>The line of a provider, woken whenever one of its places is freed.</summary>
    public ProviderQueue For(string organisationId, string providerId, UpstreamClient client)
    {
        var queue = _queues.GetOrAdd(new QueueId(organisationId, providerId), static (id, self) => self.Make(id), this);
        if (_watched.TryAdd(client, true))
        {
            client.WhenFreed(() => Wake(providerId));
        }

        return queue;
    }

    /// <summary>Lines of an organisation in order of their providers.</summary>
    public IReadOnlyList<QueueLook> Look(string organisationId) =>
    [
        .. _queues.Values.Where(q => q.Id.OrganisationId == organisationId).OrderBy(static q => q.Id.ProviderId, StringComparer.Ordinal).Select(static q => q.Look()),
    ];

    /// <summary>Takes a waiting call of an organisation out of its line; false where none has this id.</summary>
    /// <param name="organisationId">Whose calls.</param>
    /// <param name="id">The exchange id.</param>
    /// <param name="keyId">Only where it is this key's; null for any.</param>
    public bool Cancel(string organisationId, string id, string? keyId) =>
        _queues.Values.Any(q => q.Id.OrganisationId == organisationId && q.Cancel(id, keyId));

    /// <summary>As <see cref="Pause"/>, from now on.</summary>
    /// <param name="providerId">The provider.</param>
    /// <param name="us">For how long; microseconds, 0 or more.</param>
    public void PauseFor(string providerId, long us) => Pause(providerId, _time.GetTimestamp() + (long)((Int128)us * _time.TimestampFrequency / 1_000_000));

    /// <summary>
    /// A provider says that it takes no calls until a time: those that wait for it wait until then, and those that may wait do not try before.
    /// </summary>
    /// <param name="providerId">The provider: whoever's call it answered so, it counts all.</param>
    /// <param name="untilTimestamp">Until when, on the monotonic clock; an earlier one than before changes nothing.</param>
    public void Pause(string providerId, long untilTimestamp)
    {
        _paused.AddOrUpdate(providerId, untilTimestamp, (_, before) => Math.Max(before, untilTimestamp));
        foreach (var queue in Of(providerId))
        {
            queue.Pause(untilTimestamp);
        }
    }

    /// <summary>For how long a provider asked to be left alone; microseconds, 0 where it did not.</summary>
    public long PausedUs(string providerId) => _paused.TryGetValue(providerId, out var until) && until - _time.GetTimestamp() is > 0 and var left
        ? (long)((Int128)left * 1_000_000 / _time.TimestampFrequency)
        : 0;

    private IEnumerable<ProviderQueue> Of(string providerId) => _queues.Values.Where(q => q.Id.ProviderId == providerId);

    private ProviderQueue Make(QueueId id)
    {
        var queue = new ProviderQueue(id, _options, _bound, _time);
        if (_paused.TryGetValue(id.ProviderId, out var until))
        {
            queue.Pause(until);
        }

        return queue;
    }

    private void Wake(string providerId)
    {
        if (!AnyWaits)
        {
            return;
        }

        foreach (var queue in Of(providerId))
        {
            queue.Wake();
        }
    }

    /// <summary>Limits have changed, or their counters: who waits may have nothing to wait for.</summary>
    private void WakeAll()
    {
        foreach (var queue in _queues.Values)
        {
            queue.Wake();
        }
    }
}
