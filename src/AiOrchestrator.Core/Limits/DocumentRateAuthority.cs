using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Limits;

/// <summary>
/// The authority of a head of which several instances run: each gauge is a document, changed by compare-and-swap. A message costs one write
/// where nobody else wrote meanwhile, since the state last written is remembered with its tag; who was not first reads and tries again.
/// A store that does not answer is an exception: nobody knows what is left, and callers refuse.
/// </summary>
/// <remarks>
/// Time is the wall clock, and instances' clocks differ. A gauge has a time of its own, the latest that any instance brought to it: a clock
/// that is behind stands still there until it catches up. So an instance whose clock is ahead by some seconds lets so much come in early, once,
/// and nothing twice; it may also end grants of others as lost that much too early (they are lost after three seconds), and what those admit
/// from a day's grant until it is over is then not counted: at most one grant of each, once, when clocks are more than two seconds apart. The
/// hosts' clocks are kept within milliseconds of each other.
/// </remarks>
internal sealed class DocumentRateAuthority(IDocumentStore documents, RateClock clock, IdSource ids, Func<TimeSpan, Task> pause) : IRateAuthority
{
    private const int MaxTries = 12;
    private const int FirstPauseMs = 5;
    private const int LongestPauseMs = 200;
    private const int MaxSubjectBytes = 300;

    private readonly ConcurrentDictionary<GaugeId, Known> _known = new();

    public async ValueTask<RateGrant> TakeAsync(GaugeId gauge, RateTerms terms, RateTake take)
    {
        RateGrant grant = default;
        await ChangeAsync(gauge, state =>
        {
            var now = Now(state);
            (state, grant) = (state ?? GaugeState.New(gauge.Kind, terms, now)).Take(terms, take, now);
            return state;
        });
        return grant;
    }

    public async ValueTask<IReadOnlyList<GaugeReading>> ReadAsync(string limitId)
    {
        var readings = new List<GaugeReading>();
        await foreach (var (stored, _) in AllAsync(limitId))
        {
            var now = Now(stored.State);
            readings.Add(stored.State.At(now).Read(stored.Id, now));
        }

        return readings;
    }

    public async ValueTask ResetAsync(string limitId, string? subject)
    {
        await foreach (var (stored, _) in AllAsync(limitId))
        {
            if (subject is null || stored.Subject == subject)
            {
                await ChangeAsync(stored.Id, state => state?.Reset(Now(state)));
            }
        }
    }

    public async ValueTask ForgetAsync(string limitId)
    {
        await foreach (var (stored, _) in AllAsync(limitId))
        {
            await documents.DeleteAsync(limitId, DocumentId(stored.Id), null, CancellationToken.None);
            _known.TryRemove(stored.Id, out _);
        }
    }

    /// <summary>A long subject would not be an id everywhere; which it is stands in the document.</summary>
    private static string DocumentId(in GaugeId id) => Encoding.UTF8.GetByteCount(id.Subject) <= MaxSubjectBytes
        ? $"{id.Kind}:{id.Subject}"
        : $"{id.Kind}:sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id.Subject)))}";

    private IAsyncEnumerable<(StoredGauge Value, string ETag)> AllAsync(string limitId) =>
        documents.AllAsync(limitId, LimitsJson.Default.StoredGauge, CancellationToken.None);

    /// <summary>The gauge's own time: it does not go back, whoever asks.</summary>
    private GaugeTime Now(GaugeState? state)
    {
        var us = Math.Max(clock.UnixMs * 1000, state?.Bucket.AtUs ?? 0);
        return new GaugeTime(us, us / 1000);
    }

    /// <summary>Puts a new state in the place of the one it was made from.</summary>
    /// <param name="id">Which gauge.</param>
    /// <param name="change">Makes the new state from the present one (null: none yet); null: nothing is to be done. May be called several times.</param>
    /// <exception cref="TimeoutException">Others were first all the time.</exception>
    private async Task ChangeAsync(GaugeId id, Func<GaugeState?, GaugeState?> change)
    {
        var documentId = DocumentId(id);
        if (!_known.TryRemove(id, out var known))
        {
            known = await FindAsync(id, documentId);
        }

        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (change(known?.State) is not { } state)
            {
                return;
            }

            var json = StoredDocuments.Bytes(StoredGauge.Of(id, state), LimitsJson.Default.StoredGauge);
            var write = known is null
                ? await documents.CreateAsync(id.LimitId, documentId, json, CancellationToken.None)
                : await documents.ReplaceAsync(id.LimitId, documentId, json, known.ETag, CancellationToken.None);
            if (write.Outcome == DocumentOutcome.Done)
            {
                _known[id] = new Known(state, write.ETag!);
                return;
            }

            if (tries > 0)
            {
                await pause(TimeSpan.FromMilliseconds(1 + ids.NextInt(Math.Min(FirstPauseMs << tries, LongestPauseMs))));
            }

            known = await FindAsync(id, documentId);
        }

        throw new TimeoutException($"the gauge of {id.Kind} of the limit '{id.LimitId}' is written to by others all the time");
    }

    private async Task<Known?> FindAsync(GaugeId id, string documentId) =>
        await documents.FindAsync(id.LimitId, documentId, LimitsJson.Default.StoredGauge, CancellationToken.None) is ({ } stored, { } etag)
            ? new Known(stored.State, etag)
            : null;

    /// <summary>A state as it was last seen, and its tag: out of date if anybody wrote since, which the tag finds out.</summary>
    private sealed record Known(GaugeState State, string ETag);
}
