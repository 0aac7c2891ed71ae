using System.Globalization;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform.Alerts;
using AiOrchestrator.Core.Platform.Jobs;

namespace AiOrchestrator.Core.Insight.Legacy;

/// <summary>Warns once for each model and date that a model in use ends in 30 days or less, and once more when it has ended.</summary>
internal sealed class WatchModels(IUsageStore store, PriceBooks books, RetirementLookup retirements, AlertBook alerts, TimeProvider time)
{
    private const long DayMs = 86_400_000;

    /// <summary>How long ahead somebody is warned, and how long a model counts as in use after its last call.</summary>
    private const long WindowMs = 30 * DayMs;

    /// <summary>How long after its end somebody is still told, should nobody have looked.</summary>
    private const long LateMs = 7 * DayMs;

    private static readonly ChargebackGroup[] Groups = [ChargebackGroup.Model];

    /// <summary>The job that does it, in whichever head.</summary>
    public static Job AsJob(WatchModels watch) => new("watch-models", TimeSpan.FromHours(1), (_, cancellation) => watch.RunAsync(cancellation));

    /// <summary>Looks at every organisation once. Doing it again raises nothing twice.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var organisationId in books.All.Select(static b => b.OrganisationId))
        {
            var ending = retirements(organisationId, now - LateMs, now + WindowMs + 1);
            if (ending.Count == 0)
            {
                continue;
            }

            var used = await UsedAsync(organisationId, now - WindowMs - LateMs, cancellation);
            foreach (var model in ending)
            {
                if (used.TryGetValue(model.Model, out var calls))
                {
                    await alerts.RaiseAsync(AlertOf(organisationId, model, calls, now), cancellation);
                }
            }
        }
    }

    /// <summary>The calls to each model since a time.</summary>
    private async Task<Dictionary<string, long>> UsedAsync(string organisationId, long sinceUnixMs, CancellationToken cancellation)
    {
        var query = new ChargebackQuery(organisationId) { GroupBy = Groups, FromHour = ChargebackQuery.HourOf(sinceUnixMs) };
        var used = new Dictionary<string, long>(StringComparer.Ordinal);
        await foreach (var row in store.ChargebackAsync(query, cancellation))
        {
            used[row.Keys[0] ?? ""] = row.Calls;
        }

        return used;
    }

    private static Alert AlertOf(string organisationId, ModelRetirement model, long calls, long nowUnixMs)
    {
        var hasEnded = model.RetiredUnixMs <= nowUnixMs;
        var day = DateTimeOffset.FromUnixTimeMilliseconds(model.RetiredUnixMs).UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var daysLeft = Math.Max(0, (model.RetiredUnixMs - nowUnixMs + DayMs - 1) / DayMs);
        var then = model.Replacement is { } replacement ? $"are served by '{replacement}'" : "are refused: nothing takes its place";
        return new Alert(
            $"{(hasEnded ? "model-retired" : "model-retiring")}:{AlertBook.IdOf(model.Model)}:{day}",
            organisationId,
            hasEnded ? AlertKinds.ModelRetired : AlertKinds.ModelRetiring,
            hasEnded && model.Replacement is null ? AlertSeverity.Critical : AlertSeverity.Warning,
            hasEnded ? $"The model '{model.Model}' has ended" : $"The model '{model.Model}' ends on {day}",
            string.Create(CultureInfo.InvariantCulture, $"It is in use: {calls} calls in the last 37 days. From {day} (UTC) on, calls to it {then}. ")
            + "GET /control/v1/usage/legacy says who calls it; PUT /control/v1/models/{id} changes what takes its place.",
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["model"] = model.Model,
                ["retired_at"] = day,
                ["days_left"] = daysLeft.ToString(CultureInfo.InvariantCulture),
                ["replacement"] = model.Replacement ?? "",
                ["calls"] = calls.ToString(CultureInfo.InvariantCulture),
            },
            nowUnixMs);
    }
}
