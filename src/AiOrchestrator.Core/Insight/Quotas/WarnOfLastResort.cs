using System.Collections.Concurrent;
using System.Globalization;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform.Alerts;

namespace AiOrchestrator.Core.Insight.Quotas;

/// <summary>
/// Raises an alert for each provider, model and day (UTC) of calls that were charged at the price of last resort. It is told of a call before the call
/// counts as read, so none is missed; a call it was told of before changes nothing.
/// </summary>
internal sealed class WarnOfLastResort(AlertBook alerts, TimeProvider time)
{
    /// <summary>So many alerts are remembered as raised; whoever forgets asks the book once more.</summary>
    private const int MostRemembered = 10_000;

    /// <summary>Alerts are kept longer: a stream that is read anew raises none twice.</summary>
    private const long ForgetMs = 60L * 24 * 3_600_000;

    private readonly ConcurrentDictionary<(string Organisation, string Provider, string Model, DateOnly Day), bool> _raised = new();

    /// <summary>Takes a run of the stream in.</summary>
    /// <exception cref="IOException">The store does not answer: tell it of the run again.</exception>
    public async ValueTask ExecuteAsync(IEnumerable<StreamEntry> entries, CancellationToken cancellation)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var entry in entries)
        {
            if (entry.Usage is not { PriceId: PinnedPrice.LastResortId, OrganisationId: { } organisation, Provider: { } provider, Model: { } model } usage
                || usage.CreatedUnixMs < now - ForgetMs)
            {
                continue;
            }

            var day = DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeMilliseconds(usage.CreatedUnixMs).UtcDateTime);
            if (_raised.ContainsKey((organisation, provider, model, day)))
            {
                continue;
            }

            await alerts.RaiseAsync(AlertOf(organisation, provider, model, day, now), cancellation);
            if (_raised.Count >= MostRemembered)
            {
                _raised.Clear();
            }

            _raised[(organisation, provider, model, day)] = true;
        }
    }

    private static Alert AlertOf(string organisationId, string provider, string model, DateOnly day, long nowUnixMs) => new(
        $"last-resort:{AlertBook.IdOf($"{provider}\n{model}")}:{day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}",
        organisationId,
        AlertKinds.LastResortPrice,
        AlertSeverity.Warning,
        $"Calls to '{model}' are charged at the price of last resort",
        $"Nobody has a price of '{model}' at '{provider}': its calls are charged at the organisation's price of last resort. Give it a price "
        + "(POST /control/v1/prices); what was charged until then is changed by re-rating.",
        new Dictionary<string, string>(StringComparer.Ordinal) { ["provider"] = provider, ["model"] = model },
        nowUnixMs);
}
