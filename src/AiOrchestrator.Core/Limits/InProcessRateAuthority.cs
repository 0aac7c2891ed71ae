using System.Collections.Concurrent;

namespace AiOrchestrator.Core.Limits;

/// <summary>The authority of a head that is one process. Nothing is written; <see cref="DayCounters"/> keeps the days.</summary>
internal sealed class InProcessRateAuthority(RateClock clock) : IRateAuthority
{
    private readonly ConcurrentDictionary<GaugeId, RateGauge> _gauges = new();

    public ValueTask<RateGrant> TakeAsync(GaugeId gauge, RateTerms terms, RateTake take) =>
        new(Gauge(gauge, terms).Take(terms, take));

    public ValueTask<IReadOnlyList<GaugeReading>> ReadAsync(string limitId) =>
        new([.. _gauges.Where(g => g.Key.LimitId == limitId).Select(static g => g.Value.Read())]);

    public ValueTask ResetAsync(string limitId, string? subject)
    {
        foreach (var (id, gauge) in _gauges)
        {
            if (id.LimitId == limitId && (subject is null || id.Subject == subject))
            {
                gauge.Reset();
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask ForgetAsync(string limitId)
    {
        foreach (var id in _gauges.Keys.Where(id => id.LimitId == limitId))
        {
            _gauges.TryRemove(id, out _);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Goes on counting a day where an earlier process stopped.</summary>
    public void Restore(GaugeId gauge, RateTerms terms, long day, long used) => Gauge(gauge, terms).Restore(day, used);

    /// <summary>What was used of limits of one kind per day: by limit, by subject.</summary>
    public Dictionary<string, Dictionary<string, long>> UsedOn(RateKind kind, long day)
    {
        var used = new Dictionary<string, Dictionary<string, long>>(StringComparer.Ordinal);
        foreach (var (id, gauge) in _gauges)
        {
            if (id.Kind == kind && gauge.UsedOn(day) is > 0 and var count)
            {
                if (!used.TryGetValue(id.LimitId, out var subjects))
                {
                    used.Add(id.LimitId, subjects = new Dictionary<string, long>(StringComparer.Ordinal));
                }

                subjects.Add(id.Subject, count);
            }
        }

        return used;
    }

    private RateGauge Gauge(GaugeId id, RateTerms terms) => _gauges.TryGetValue(id, out var gauge)
        ? gauge
        : _gauges.GetOrAdd(id, static (id, made) => new RateGauge(id, made.terms, made.clock), (terms, clock));
}
