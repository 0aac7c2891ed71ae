using AiOrchestrator.Core.Platform;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Providers.Health;

/// <summary>
/// Watches the providers in service, off the request path: probes each when it is due, lets those be tried again that nothing probes, tells what
/// changed. Every instance probes for itself, for what it reaches is what its calls reach; a probe that is billed is done by one for all.
/// </summary>
internal sealed partial class HealthMonitor(
    ProviderDirectory directory,
    HealthBook book,
    HealthLog healthLog,
    ProbeTurns turns,
    IOptions<HealthOptions> options,
    InstanceIdentity instance,
    TimeProvider time,
    ILogger<HealthMonitor> log) : IReadinessCheck, IDisposable
{
    /// <summary>How often what has no change is written, for a restart to begin with.</summary>
    private const long WriteEveryMs = 300_000;

    /// <summary>How long what failed and is not probed rests before a call is sent to it again.</summary>
    private const long RestMs = 60_000;

    private const int MostNamed = 10;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<string, WatchedProvider> _watched = new(StringComparer.Ordinal);
    private ProviderSnapshot? _seen;

    /// <inheritdoc/>
    public ReadinessReport Check()
    {
        var down = directory.Current.Providers.Where(p => book.StatusOf(p.Id) == HealthStatus.Unavailable).Select(static p => p.Id).Take(MostNamed).ToList();
        return down.Count == 0
            ? new ReadinessReport("provider_health", Readiness.Ready, null)
            : new ReadinessReport(
                "provider_health", Readiness.Degraded, $"UNAVAILABLE: {string.Join(", ", down)}; GET /control/v1/health/providers says more. Calls go elsewhere where they can.");
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    /// <summary>One turn: begins probes that are due, and tells what changed. Nothing before the providers are loaded.</summary>
    public Task TurnAsync(CancellationToken cancellation) => AloneAsync(
        async organisationId =>
        {
            await ReconcileAsync(organisationId, cancellation);
            var now = NowUnixMs;
            foreach (var watched in _watched.Values)
            {
                if (IntervalOf(watched.Config) is > 0 and var every && watched.Probing is null or { IsCompleted: true } && now >= watched.ProbeAtUnixMs)
                {
                    watched.ProbeAtUnixMs = now + every;
                    watched.Probing = ProbeAsync(organisationId, watched, every, cancellation);
                }

                Rest(watched, now);
                await TellSafelyAsync(organisationId, watched, now, cancellation);
            }

            return true;
        },
        cancellation);

    /// <summary>Probes a provider now, whoever else does. Null where it is not in service.</summary>
    public async Task<ProbeReport?> ProbeNowAsync(string providerId, CancellationToken cancellation)
    {
        var watched = await FindAsync(providerId, cancellation);
        if (watched is null)
        {
            return null;
        }

        await ProbeAsync(directory.OrganisationId!, watched, everyMs: 0, cancellation);
        await AloneAsync(
            async organisationId =>
            {
                await TellSafelyAsync(organisationId, watched, NowUnixMs, cancellation);
                return true;
            },
            cancellation);
        return watched.Probed;
    }

    /// <summary>What is remembered of a provider; null where it is not in service.</summary>
    public Task<WatchedProvider?> FindAsync(string providerId, CancellationToken cancellation) => AloneAsync(
        async organisationId =>
        {
            await ReconcileAsync(organisationId, cancellation);
            return _watched.GetValueOrDefault(providerId);
        },
        cancellation);

    /// <summary>Waits for the probes under way.</summary>
    internal Task ProbesAsync() => Task.WhenAll(_watched.Values.Select(static w => w.Probing).OfType<Task>());

    /// <summary>How often a provider is probed, milliseconds; 0 for never.</summary>
    public int IntervalOf(ProviderConfig config) => config.WireFormat == Echo.EchoHandler.WireFormat ? 0 : config.ProbeIntervalMs ?? options.Value.ProbeIntervalMs;

    private long NowUnixMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task<T?> AloneAsync<T>(Func<string, Task<T>> work, CancellationToken cancellation)
    {
        if (directory.OrganisationId is not { } organisationId)
        {
            return default;
        }

        await _turn.WaitAsync(cancellation);
        try
        {
            return await work(organisationId);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Takes in what rows there are now: a new one begins with what was told of it before, one that was changed begins anew.</summary>
    private async Task ReconcileAsync(string organisationId, CancellationToken cancellation)
    {
        var snapshot = directory.Current;
        if (ReferenceEquals(snapshot, _seen))
        {
            return;
        }

        var rows = directory.Rows.ToDictionary(static r => r.Config.Id, StringComparer.Ordinal);
        var served = snapshot.Providers.Where(p => rows.ContainsKey(p.Id)).ToDictionary(static p => p.Id, StringComparer.Ordinal);
        foreach (var gone in _watched.Keys.Where(id => !served.ContainsKey(id)).ToList())
        {
            _ = _watched.Remove(gone);
        }

        var isWhole = true;
        foreach (var (id, provider) in served)
        {
            // Addresses and tags, no secrets: what is stored holds none.
            var row = $"{rows[id].ETag}|{provider.BaseUrl}";
            if (!_watched.TryGetValue(id, out var watched))
            {
                isWhole &= await TryBeginAsync(organisationId, provider, rows[id].Config, row, cancellation);
                continue;
            }

            if (watched.Row != row || HasOtherSecrets(watched.Provider, provider))
            {
                Renew(watched);
            }

            (watched.Provider, watched.Config, watched.Row) = (provider, rows[id].Config, row);
        }

        book.Keep(served);
        _seen = isWhole ? snapshot : null;
    }

    /// <summary>An access token is another each hour, and says nothing of the account it is had for.</summary>
    private static bool HasOtherSecrets(Provider before, Provider now) =>
        !before.Headers.SequenceEqual(now.Headers) || (!now.HasAccessToken && before.Credential != now.Credential);

    private async Task<bool> TryBeginAsync(string organisationId, Provider provider, ProviderConfig config, string row, CancellationToken cancellation)
    {
        try
        {
            _watched.Add(provider.Id, await BeginAsync(organisationId, provider, config, row, cancellation));
            return true;
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            // Safe: the others are watched, and this one is begun with the next turn.
            LogBeginFailed(failure, provider.Id);
            return false;
        }
    }

    private async Task<WatchedProvider> BeginAsync(string organisationId, Provider provider, ProviderConfig config, string row, CancellationToken cancellation)
    {
        var now = NowUnixMs;
        var (stored, tag) = await healthLog.FindAsync(organisationId, provider.Id, cancellation);
        var health = book.For(provider.Id);
        if (stored is not null && stored.Row == row)
        {
            var isProbed = IntervalOf(config) > 0;
            Restore(health.Cell, stored.Provider, stored.SeenUnixMs, isProbed);
            foreach (var (model, told) in stored.Models.Where(m => provider.Models.Any(s => s.Id == m.Key)))
            {
                Restore(health.Models.GetOrAdd(model, static _ => new HealthCell()), told, told.SinceUnixMs, isProbed);
            }

            // Whoever wrote them may have been cut off before they were told.
            await healthLog.TellAsync(organisationId, provider.Id, stored.Changes, cancellation);
        }

        return new WatchedProvider(provider, config, row, health)
        {
            Told = stored ?? new StoredHealth(now, new ToldStatus(HealthStatus.Healthy, now, null), new Dictionary<string, ToldStatus>()),
            Tag = tag,
            WrittenUnixMs = stored is null ? 0 : now,
            ProbeAtUnixMs = health.Cell.Status == HealthStatus.Healthy ? now + IntervalOf(config) : now,
        };

        // What calls have told since the start counts for more.
        static void Restore(HealthCell cell, ToldStatus told, long seenUnixMs, bool isProbed)
        {
            if (cell.SeenUnixMs == 0)
            {
                cell.Begin(HealthState.Known(told.Status, told.SinceUnixMs / 1000), told.Error, seenUnixMs);
                if (!isProbed && told.Error?.Code == ProbeProvider.RefusedUs)
                {
                    // Its secret may have been mended while nothing ran, and nobody else would ask.
                    cell.Try();
                }
            }
        }
    }

    /// <summary>Another address or credential: what is known is not known of it. It is probed at once.</summary>
    private void Renew(WatchedProvider watched)
    {
        watched.Health.Cell.Begin(default, watched.Health.Cell.Error, watched.Health.Cell.SeenUnixMs);
        watched.Health.Models.Clear();
        watched.ProbeAtUnixMs = NowUnixMs;
    }

    private async Task ProbeAsync(string organisationId, WatchedProvider watched, int everyMs, CancellationToken cancellation)
    {
        try
        {
            if (await turns.ProbeAsync(organisationId, watched, everyMs, cancellation) is not { } report)
            {
                return;
            }

            watched.Probed = report;
            watched.Health.Cell.Note(report.Seen, isProbe: true, report.AtUnixMs);
            LogProbed(watched.Provider.Id, report.IsPaid, report.Seen.Signal, report.Seen.UpstreamStatus, report.Seen.LatencyUs);
            if (report.Seen.Signal == HealthSignal.Ok)
            {
                TryModels(watched, report.AtUnixMs - (HealthState.CalmSeconds * 1000), evenRefused: true);
            }
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            // Safe: nothing is known by it, and the next probe is begun as ever.
            LogProbeFailed(failure, watched.Provider.Id);
        }
        catch (OperationCanceledException)
        {
            // The instance stops, or whoever asked has gone.
        }
    }

    /// <summary>A provider that answers may have got its models back: they are tried by calls, which alone can tell.</summary>
    private static void TryModels(WatchedProvider watched, long failedBeforeUnixMs, bool evenRefused)
    {
        foreach (var (_, model) in watched.Health.Models)
        {
            if (model.Status == HealthStatus.Unavailable && model.SeenUnixMs <= failedBeforeUnixMs && (evenRefused || model.Error?.Code != ProbeProvider.RefusedUs))
            {
                model.Try();
            }
        }
    }

    /// <summary>What is not probed is tried again after a rest; a credential that was refused only once somebody has changed it.</summary>
    private void Rest(WatchedProvider watched, long nowUnixMs)
    {
        var cell = watched.Health.Cell;
        if (IntervalOf(watched.Config) > 0)
        {
            return;
        }

        if (cell.Status == HealthStatus.Unavailable && nowUnixMs - cell.SeenUnixMs >= RestMs && cell.Error?.Code != ProbeProvider.RefusedUs)
        {
            cell.Try();
        }

        TryModels(watched, nowUnixMs - RestMs, evenRefused: false);
    }

    private async Task TellSafelyAsync(string organisationId, WatchedProvider watched, long nowUnixMs, CancellationToken cancellation)
    {
        try
        {
            await TellUntoldAsync(organisationId, watched, cancellation);
            var changes = watched.Changes(nowUnixMs, options.Value.SettleMs, instance.Id);
            if (changes.Count > 0 || watched.Tag is null || nowUnixMs - watched.WrittenUnixMs >= WriteEveryMs)
            {
                await TellAsync(organisationId, watched, changes, nowUnixMs, cancellation);
            }
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            // Safe: what is not noted as told is told by the next turn; telling twice changes nothing.
            LogTellFailed(failure, watched.Provider.Id);
        }
    }

    private async Task TellAsync(string organisationId, WatchedProvider watched, List<HealthChange> changes, long nowUnixMs, CancellationToken cancellation)
    {
        var paid = Volatile.Read(ref watched.PaidProbes);
        var told = watched.After(changes, watched.Told) with { PaidProbes = watched.Told.PaidProbes + paid };
        var tag = await healthLog.WriteAsync(organisationId, watched.Provider.Id, told, watched.Tag, cancellation);
        if (tag is null)
        {
            // Another instance has written: what it has told already is not told twice. What is left is told in the next turn.
            var (stored, theirs) = await healthLog.FindAsync(organisationId, watched.Provider.Id, cancellation);
            (watched.Told, watched.Tag) = (stored ?? watched.Told, theirs);
            watched.WrittenUnixMs = changes.Count > 0 ? watched.WrittenUnixMs : nowUnixMs;
            return;
        }

        _ = Interlocked.Add(ref watched.PaidProbes, -paid);
        (watched.Told, watched.Tag, watched.WrittenUnixMs, watched.Untold) = (told, tag, nowUnixMs, changes);
        await TellUntoldAsync(organisationId, watched, cancellation);
        foreach (var change in changes)
        {
            LogChanged(watched.Provider.Id, change.Model, change.From, change.To, change.Error?.Code);
        }
    }

    private async Task TellUntoldAsync(string organisationId, WatchedProvider watched, CancellationToken cancellation)
    {
        if (watched.Untold.Count > 0)
        {
            await healthLog.TellAsync(organisationId, watched.Provider.Id, watched.Untold, cancellation);
            watched.Untold = [];
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Provider {Provider} (model {Model}): {From} became {To}; last error {Error}")]
    private partial void LogChanged(string provider, string? model, HealthStatus from, HealthStatus to, string? error);

    [LoggerMessage(2, LogLevel.Debug, "Provider {Provider} probed (billed by it: {IsPaid}): {Signal}, status {Status}, {LatencyUs} us")]
    private partial void LogProbed(string provider, bool isPaid, HealthSignal signal, int status, long latencyUs);

    [LoggerMessage(3, LogLevel.Error, "Provider {Provider} could not be probed")]
    private partial void LogProbeFailed(Exception failure, string provider);

    [LoggerMessage(4, LogLevel.Error, "The health of provider {Provider} could not be written down; the next turn tries again")]
    private partial void LogTellFailed(Exception failure, string provider);

    [LoggerMessage(5, LogLevel.Error, "What was known of the health of provider {Provider} could not be read; the next turn tries again")]
    private partial void LogBeginFailed(Exception failure, string provider);
}
