using System.Globalization;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform.Alerts;
using AiOrchestrator.Core.Platform.Jobs;

namespace AiOrchestrator.Core.Insight.Quotas;

/// <summary>Warns once for each quota and window at 80 % and at 100 % of a free quota.</summary>
internal sealed class WatchPrices(ReadQuotas read, PriceBooks books, AlertBook alerts, TimeProvider time)
{
    private const long WarnPercent = 80;
    private const long FullPercent = 100;

    /// <summary>The job that does it, in whichever head.</summary>
    public static Job AsJob(WatchPrices watch) => new("watch-prices", TimeSpan.FromMinutes(1), (_, cancellation) => watch.RunAsync(cancellation));

    /// <summary>Looks at every organisation once. Doing it again raises nothing twice.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (var book in books.All)
        {
            if (book.Plan.FreeQuotas.Count > 0)
            {
                await WarnOfQuotasAsync(book.OrganisationId, cancellation);
            }
        }
    }

    private async Task WarnOfQuotasAsync(string organisationId, CancellationToken cancellation)
    {
        foreach (var status in await read.ExecuteAsync(organisationId, cancellation))
        {
            if (status.Percent >= WarnPercent)
            {
                await alerts.RaiseAsync(Alert(organisationId, status, WarnPercent), cancellation);
            }

            if (status.Percent >= FullPercent)
            {
                await alerts.RaiseAsync(Alert(organisationId, status, FullPercent), cancellation);
            }
        }
    }

    private Alert Alert(string organisationId, QuotaStatus status, long percent)
    {
        var quota = status.Quota;
        var what = quota.Model is null ? $"'{quota.Provider}'" : $"'{quota.Model}' at '{quota.Provider}'";
        var start = Day(status.StartUnixMs);

        // Its figures are part of it: who raises a quota is warned of the new one.
        var id = AlertBook.IdOf($"{quota.Provider}\n{quota.Model}\n{quota.Window}\n{quota.Requests}\n{quota.Tokens}");
        return new Alert(
            $"quota:{id}:{start}:{percent}",
            organisationId,
            AlertKinds.QuotaThreshold,
            percent >= FullPercent ? AlertSeverity.Critical : AlertSeverity.Warning,
            $"{percent} % of the free quota of {what} is used",
            $"Of what {what} gives for nothing in the {(quota.Window == QuotaWindow.Day ? "day" : "month")} that began {start} (UTC), "
            + string.Create(CultureInfo.InvariantCulture, $"{status.Requests} calls with {status.Tokens} tokens are used, {status.Percent} %. ")
            + "What is beyond it the provider bills; what wallets are charged does not change by it. GET /control/v1/plan/quotas shows all quotas.",
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["provider"] = quota.Provider,
                ["model"] = quota.Model ?? "",
                ["window_start"] = start,
                ["requests"] = status.Requests.ToString(CultureInfo.InvariantCulture),
                ["tokens"] = status.Tokens.ToString(CultureInfo.InvariantCulture),
                ["percent"] = percent.ToString(CultureInfo.InvariantCulture),
            },
            time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    private static string Day(long unixMs) => DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
