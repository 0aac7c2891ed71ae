using AiOrchestrator.Core.Metering.Pricing;

namespace AiOrchestrator.Core.Insight.Quotas;

/// <summary>How far a free quota is used.</summary>
/// <param name="Quota">The quota.</param>
/// <param name="Requests">Calls in its window so far; without those the gateway refused.</param>
/// <param name="Tokens">Their prompt and completion tokens.</param>
/// <param name="StartUnixMs">When its window began, milliseconds since 1970.</param>
/// <param name="EndUnixMs">When the next one begins.</param>
internal sealed record QuotaStatus(FreeQuota Quota, long Requests, long Tokens, long StartUnixMs, long EndUnixMs)
{
    /// <summary>Of the two bounds the one that is nearer to its end, in whole percent rounded down; above 100 when it is exceeded.</summary>
    public long Percent => Math.Max(Of(Requests, Quota.Requests), Of(Tokens, Quota.Tokens));

    private static long Of(long used, long? bound) => bound is { } most ? (long)((Int128)used * 100 / most) : 0;
}

/// <summary>Counts what of an organisation's free quotas is used, from what calls are added up to by the hour: a little behind the calls.</summary>
internal sealed class ReadQuotas(IUsageStore store, PriceBooks books, TimeProvider time)
{
    private static readonly ChargebackGroup[] Groups = [ChargebackGroup.Provider, ChargebackGroup.Model];

    /// <summary>The quotas in the order of the plan.</summary>
    public async Task<IReadOnlyList<QuotaStatus>> ExecuteAsync(string organisationId, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var quotas = books.For(organisationId).Plan.FreeQuotas;
        var rows = new Dictionary<QuotaWindow, List<ChargebackRow>>();
        foreach (var window in quotas.Select(static q => q.Window).Distinct())
        {
            rows[window] = await RowsAsync(organisationId, Window(window, now), cancellation);
        }

        return [.. quotas.Select(q => Status(q, rows[q.Window], Window(q.Window, now)))];
    }

    private async Task<List<ChargebackRow>> RowsAsync(
        string organisationId, (DateTimeOffset Start, DateTimeOffset End) window, CancellationToken cancellation)
    {
        var query = new ChargebackQuery(organisationId)
        {
            GroupBy = Groups,
            FromHour = ChargebackQuery.HourOf(window.Start.ToUnixTimeMilliseconds()),
            UntilHour = ChargebackQuery.HourOf(window.End.ToUnixTimeMilliseconds()),
        };
        var rows = new List<ChargebackRow>();
        await foreach (var row in store.ChargebackAsync(query, cancellation))
        {
            rows.Add(row);
        }

        return rows;
    }

    private static QuotaStatus Status(FreeQuota quota, List<ChargebackRow> rows, (DateTimeOffset Start, DateTimeOffset End) window)
    {
        var counted = rows.Where(r => r.Keys[0] == quota.Provider && (quota.Model is null || r.Keys[1] == quota.Model)).ToList();
        return new QuotaStatus(
            quota,
            counted.Sum(static r => r.Calls),
            counted.Sum(static r => r.PromptTokens + r.CompletionTokens),
            window.Start.ToUnixTimeMilliseconds(),
            window.End.ToUnixTimeMilliseconds());
    }

    /// <summary>The day or month of UTC that a time is in.</summary>
    private static (DateTimeOffset Start, DateTimeOffset End) Window(QuotaWindow window, DateTimeOffset now)
    {
        var utc = now.UtcDateTime;
        var start = new DateTimeOffset(utc.Year, utc.Month, window == QuotaWindow.Month ? 1 : utc.Day, 0, 0, 0, TimeSpan.Zero);
        return (start, window == QuotaWindow.Month ? start.AddMonths(1) : start.AddDays(1));
    }
}
