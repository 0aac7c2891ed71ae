namespace AiOrchestrator.Core.Limits;

/// <summary>What subjects have used of a limit, as of now.</summary>
internal sealed class ReadCounters(IRateAuthority authority, RatePools pools, RateClock clock)
{
    /// <summary>In order of subject. A limit on each shows those who have used it; one on a named subject always shows that one.</summary>
    public async Task<IReadOnlyList<CountersView>> ExecuteAsync(Limit limit)
    {
        await pools.ReportAllAsync(limit.Id);
        var readings = await authority.ReadAsync(limit.Id);
        var subjects = readings.Select(static r => r.Gauge.Subject);
        return
        [
            .. (limit.Subject is Limit.Each ? subjects : subjects.Append(limit.Subject))
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal)
                .Select(subject => new CountersView(
                    subject,
                    Counter(RateKind.RequestsPerMinute, subject),
                    Counter(RateKind.RequestsPerDay, subject),
                    Counter(RateKind.TokensPerMinute, subject),
                    Counter(RateKind.TokensPerDay, subject),
                    Counter(RateKind.CostPerDay, subject) is { } cost ? CostCounterView.Of(cost) : null)),
        ];

        CounterView? Counter(RateKind kind, string subject)
        {
            if (limit.Terms(kind) is not { } terms)
            {
                return null;
            }

            foreach (var reading in readings)
            {
                if (reading.Gauge.Kind == kind && reading.Gauge.Subject == subject)
                {
                    return CounterView.Of(reading);
                }
            }

            var resetMs = kind.CountsDays() ? RateClock.DayMs - clock.UnixMs % RateClock.DayMs : 0;
            return new CounterView(terms.Limit, 0, terms.Capacity, resetMs);
        }
    }
}
