namespace AiOrchestrator.Core.Providers.Health;

/// <summary>What the monitor remembers of a provider between two turns. Only its turns touch it, one at a time.</summary>
internal sealed class WatchedProvider(Provider provider, ProviderConfig config, string row, ProviderHealth health)
{
    private readonly Dictionary<string, long> _betterSince = new(StringComparer.Ordinal);

    /// <summary>As calls see it.</summary>
    public Provider Provider { get; set; } = provider;

    /// <summary>Its row.</summary>
    public ProviderConfig Config { get; set; } = config;

    /// <summary>Tells this row from another with the same id.</summary>
    public string Row { get; set; } = row;

    /// <summary>How it is.</summary>
    public ProviderHealth Health => health;

    /// <summary>What was last told.</summary>
    public required StoredHealth Told { get; set; }

    /// <summary>What is written down of that and not in the history and the alerts yet.</summary>
    public IReadOnlyList<HealthChange> Untold { get; set; } = [];

    /// <summary>The document's tag; null where there is none yet.</summary>
    public required string? Tag { get; set; }

    /// <summary>When <see cref="Told"/> was last written, milliseconds since 1970.</summary>
    public long WrittenUnixMs { get; set; }

    /// <summary>When it is probed next, milliseconds since 1970.</summary>
    public long ProbeAtUnixMs { get; set; }

    /// <summary>The probe under way, or the last one; null before the first.</summary>
    public Task? Probing { get; set; }

    /// <summary>What the last probe saw.</summary>
    public ProbeReport? Probed { get; set; }

    /// <summary>Probes of this instance that the provider billed and that are not written down yet.</summary>
    public int PaidProbes;

    /// <summary>What is to be told now: what got worse at once, what got better once it has been so for a time.</summary>
    /// <param name="nowUnixMs">Now, milliseconds since 1970.</param>
    /// <param name="settleMs">The time.</param>
    /// <param name="instanceId">Who tells.</param>
    public List<HealthChange> Changes(long nowUnixMs, int settleMs, string instanceId)
    {
        var changes = new List<HealthChange>();
        Look(null, health.Cell);
        foreach (var (model, cell) in health.Models)
        {
            Look(model, cell);
        }

        return changes;

        void Look(string? model, HealthCell cell)
        {
            var (told, now) = (Told.StatusOf(model), cell.Status);
            if (now >= told)
            {
                _ = _betterSince.Remove(model ?? "");
            }
            else if (!_betterSince.TryGetValue(model ?? "", out var since))
            {
                _betterSince[model ?? ""] = since = nowUnixMs;
            }

            if (now > told || (now < told && nowUnixMs - _betterSince[model ?? ""] >= settleMs))
            {
                changes.Add(new HealthChange(model, told, now, nowUnixMs, cell.Error, instanceId));
            }
        }
    }

    /// <summary>What is told after changes.</summary>
    public StoredHealth After(IReadOnlyList<HealthChange> changes, StoredHealth told)
    {
        var models = told.Models.Where(m => health.Models.ContainsKey(m.Key)).ToDictionary(StringComparer.Ordinal);
        var whole = told.Provider with { Error = health.Cell.Error ?? told.Provider.Error };
        foreach (var change in changes)
        {
            var status = new ToldStatus(change.To, change.AtUnixMs, change.Error);
            if (change.Model is null)
            {
                whole = status;
            }
            else if (change.To == HealthStatus.Healthy)
            {
                _ = models.Remove(change.Model);
            }
            else
            {
                models[change.Model] = status;
            }
        }

        return told with
        {
            Provider = whole,
            Models = models,
            Row = Row,
            SeenUnixMs = Math.Max(told.SeenUnixMs, health.Cell.SeenUnixMs),
            Changes = changes.Count > 0 ? changes : told.Changes,
        };
    }
}

/// <summary>What a probe saw.</summary>
/// <param name="AtUnixMs">When it ended, milliseconds since 1970.</param>
/// <param name="IsPaid">Whether the provider billed it.</param>
/// <param name="Seen">What it saw.</param>
internal sealed record ProbeReport(long AtUnixMs, bool IsPaid, Sighting Seen);
