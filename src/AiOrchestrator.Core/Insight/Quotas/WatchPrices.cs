using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform.Alerts;
using AiOrchestrator.Core.Platform.Jobs;

namespace AiOrchestrator.Core.Insight.Quotas;

/// <summary>
/// Warns once for each quota and window at 80 % and at 100 % of a free quota, and once for each model and day of calls that were charged at the
/// price of last resort.
/// </summary>
internal sealed class WatchPrices(ReadQuotas read, IUsageStore store, PriceBooks books, AlertBook alerts, TimeProvider time)
{
    private const long WarnPercent = 80;
    private const long FullPercent = 100;

    /// <summary>So many of a model's newest calls are looked at: what it was charged by in the last minutes.</summary>
    private const int Newest = 20;

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

            if (book.Policy.UnknownModel == UnknownModelPolicy.LastResort)
            {
                await WarnOfLastResortAsync(book.OrganisationId, cancellation);
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

    private async Task WarnOfLastResortAsync(string organisationId, CancellationToken cancellation)
    {
        foreach (var row in await read.TodayAsync(organisationId, cancellation))
        {
            if (row.Keys is not [{ } provider, { } model])
            {
                continue;
            }

            var newest = await store.QueryAsync(
                new UsageQuery(organisationId) { Provider = provider, Model = model, Limit = Newest }, cancellation);
            if (newest.Any(static u => u.PriceId == PinnedPrice.LastResortId))
            {
                await alerts.RaiseAsync(LastResort(organisationId, provider, model), cancellation);
            }
        }
    }

    private Alert Alert(string organisationId, QuotaStatus status, long percent)
    {
        var quota = status.Quota;
        var what = quota.Model is null ? $"'{quota.Provider}'" : $"'{quota.Model}' at '{quota.Provider}'";
        var start = Day(status.StartUnixMs);

        // Its figures are part of it: who raises a quota is warned of the new one.
        var id = Id($"{quota.Provider}\n{quota.Model}\n{quota.Window}\n{quota.Requests}\n{quota.Tokens}");
        return new Alert(
            $"quota:{id}:{start}:{percent}",
            organisationId,
            "quota_threshold",
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

    private Alert LastResort(string organisationId, string provider, string model)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        return new Alert(
            $"last-resort:{Id($"{provider}\n{model}")}:{Day(now)}",
            organisationId,
            "last_resort_price",
            AlertSeverity.Warning,
            $"Calls to '{model}' are charged at the price of last resort",
            $"Nobody has a price of '{model}' at '{provider}': its calls are charged at the organisation's price of last resort. Give it a price "
            + "(POST /control/v1/prices); what was charged until then is changed by re-rating.",
            new Dictionary<string, string>(StringComparer.Ordinal) { ["provider"] = provider, ["model"] = model },
            now);
    }

    /// <summary>Ids of alerts hold few characters, and names hold all.</summary>
    private static string Id(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 10));

    private static string Day(long unixMs) => DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
