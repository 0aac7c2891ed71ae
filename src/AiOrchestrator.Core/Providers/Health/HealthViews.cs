using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Health;

/// <summary>What went wrong last.</summary>
/// <param name="Code">A code of docs/operations/errors.md.</param>
/// <param name="UpstreamStatus">What the provider answered; null where it did not.</param>
/// <param name="At">When, RFC 3339.</param>
public sealed record HealthErrorView(string Code, int? UpstreamStatus, string At)
{
    internal static HealthErrorView? Of(HealthError? error) => error is null
        ? null
        : new HealthErrorView(error.Code, error.UpstreamStatus == 0 ? null : error.UpstreamStatus, Rfc3339.Format(error.AtUnixMs));
}

/// <summary>A model at a provider, as the instance that answers sees it.</summary>
/// <param name="Id">The name callers use.</param>
/// <param name="Status">HEALTHY, DEGRADED or UNAVAILABLE.</param>
/// <param name="LatencyMs">Mean from sending to the first byte of good answers of the last five minutes, milliseconds; null where there was none.</param>
/// <param name="ErrorRate">Failures and refusals for load among the signals of the last five minutes, 0 to 1; null where there was none.</param>
/// <param name="Signals">Signals of the last five minutes.</param>
/// <param name="LastCheckedAt">When it was last seen, by a call, RFC 3339.</param>
/// <param name="LastError">What went wrong last; null for nothing.</param>
public sealed record ModelHealthView(
    string Id, HealthStatus Status, double? LatencyMs, double? ErrorRate, long Signals, string? LastCheckedAt, HealthErrorView? LastError);

/// <summary>How a provider is probed, and what the last probe saw.</summary>
/// <param name="Kind"><c>models</c> or <c>chat</c>.</param>
/// <param name="IntervalMs">How often, milliseconds; 0 for never.</param>
/// <param name="Paid">Whether the provider bills it. No wallet is charged, whoever pays.</param>
/// <param name="PaidProbes">Probes the provider has billed since it is watched, all instances together; some of the last minutes may be missing.</param>
/// <param name="LastAt">When the last one ended, RFC 3339; null before the first of this instance.</param>
/// <param name="LastOk">Whether that was answered well.</param>
/// <param name="LastLatencyMs">How long that took, milliseconds; null where it failed.</param>
public sealed record ProbeView(string Kind, int IntervalMs, bool Paid, long PaidProbes, string? LastAt, bool? LastOk, double? LastLatencyMs);

/// <summary>A provider's health, as the instance that answers sees it.</summary>
/// <param name="Id">The provider.</param>
/// <param name="Status">HEALTHY, DEGRADED or UNAVAILABLE.</param>
/// <param name="Since">Since when that was told, RFC 3339; null while it is better than what was told last and is not told yet.</param>
/// <param name="UptimeDayPercent">Of the last 24 hours, or since the provider is watched, the part in which it was not UNAVAILABLE.</param>
/// <param name="UptimeMonthPercent">The same of the last 30 days.</param>
/// <param name="WatchedSince">Since when it is watched, RFC 3339.</param>
/// <param name="LatencyMs">Mean from sending to the first byte of good answers of the last five minutes, calls and probes, milliseconds; null where there was none.</param>
/// <param name="ErrorRate">Failures and refusals for load among the signals of the last five minutes, 0 to 1; null where there was none.</param>
/// <param name="Signals">Signals of the last five minutes: calls and probes that say something about the provider.</param>
/// <param name="LastCheckedAt">When it was last seen, by a call or a probe, RFC 3339; null for never.</param>
/// <param name="LastError">What went wrong last; null for nothing.</param>
/// <param name="Probe">How it is probed.</param>
/// <param name="Models">Its models that were called since the start of the instance, or are not HEALTHY, in order of id.</param>
public sealed record ProviderHealthView(
    string Id,
    HealthStatus Status,
    string? Since,
    double UptimeDayPercent,
    double UptimeMonthPercent,
    string WatchedSince,
    double? LatencyMs,
    double? ErrorRate,
    long Signals,
    string? LastCheckedAt,
    HealthErrorView? LastError,
    ProbeView Probe,
    IReadOnlyList<ModelHealthView> Models);

/// <summary>A status that became another.</summary>
/// <param name="Event"><c>providerDown</c>, <c>providerRecovered</c> or <c>statusChange</c>.</param>
/// <param name="Model">The model; null for the provider as a whole.</param>
/// <param name="From">What it was.</param>
/// <param name="To">What it became.</param>
/// <param name="At">When that was told, RFC 3339.</param>
/// <param name="LastError">What went wrong last by then; null for nothing.</param>
/// <param name="InstanceId">The instance that saw it.</param>
public sealed record HealthChangeView(
    HealthEvent Event, string? Model, HealthStatus From, HealthStatus To, string At, HealthErrorView? LastError, string InstanceId)
{
    internal static HealthChangeView Of(HealthChange change) =>
        new(change.Event, change.Model, change.From, change.To, Rfc3339.Format(change.AtUnixMs), HealthErrorView.Of(change.Error), change.InstanceId);
}

/// <summary>The body of <c>POST /control/v1/providers/{id}/probe</c>: nothing; may be left out.</summary>
public sealed record ProbeRequest;

/// <summary>Puts together what is known of a provider's health.</summary>
internal sealed class ShowHealth(HealthMonitor monitor, ProbeProvider probe, HealthLog log, TimeProvider time)
{
    private static readonly TimeSpan[] Windows = [TimeSpan.FromDays(1), TimeSpan.FromDays(30)];

    /// <summary>A provider's health; null where it is not in service.</summary>
    public async Task<ProviderHealthView?> ExecuteAsync(string organisationId, string providerId, CancellationToken cancellation)
    {
        if (await monitor.FindAsync(providerId, cancellation) is not { } watched)
        {
            return null;
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var told = watched.Told;
        var cell = watched.Health.Cell;
        var uptime = await log.UptimePercentAsync(organisationId, providerId, told, Windows, cancellation);
        var figures = cell.Figures(now);
        return new ProviderHealthView(
            providerId,
            cell.Status,
            cell.Status == told.Provider.Status ? Rfc3339.Format(told.Provider.SinceUnixMs) : null,
            uptime[0],
            uptime[1],
            Rfc3339.Format(told.FirstUnixMs),
            LatencyMs(figures),
            ErrorRate(figures),
            figures.Signals,
            Seen(cell),
            HealthErrorView.Of(cell.Error),
            Probe(watched),
            [.. watched.Health.Models.OrderBy(static m => m.Key, StringComparer.Ordinal).Select(m => Model(m.Key, m.Value, now))]);
    }

    private static ModelHealthView Model(string id, HealthCell cell, long nowUnixMs)
    {
        var figures = cell.Figures(nowUnixMs);
        return new ModelHealthView(id, cell.Status, LatencyMs(figures), ErrorRate(figures), figures.Signals, Seen(cell), HealthErrorView.Of(cell.Error));
    }

    private ProbeView Probe(WatchedProvider watched)
    {
        var isPaid = probe.IsPaid(watched.Provider, watched.Config.Probe);
        var last = watched.Probed;
        return new ProbeView(
            isPaid ? "chat" : "models",
            monitor.IntervalOf(watched.Config),
            isPaid,
            watched.Told.PaidProbes + Volatile.Read(ref watched.PaidProbes),
            Rfc3339.Format(last?.AtUnixMs),
            last is null ? null : last.Seen.Signal == HealthSignal.Ok,
            last is { Seen.Signal: HealthSignal.Ok } ? Ms(last.Seen.LatencyUs) : null);
    }

    private static string? Seen(HealthCell cell) => cell.SeenUnixMs == 0 ? null : Rfc3339.Format(cell.SeenUnixMs);

    private static double? LatencyMs(in HealthFigures figures) => figures.LatencyUs == 0 ? null : Ms(figures.LatencyUs);

    private static double? ErrorRate(in HealthFigures figures) => figures.Signals == 0 ? null : Math.Round((double)figures.Bad / figures.Signals, 4);

    private static double Ms(long us) => Math.Round(us / 1000.0, 1);
}
