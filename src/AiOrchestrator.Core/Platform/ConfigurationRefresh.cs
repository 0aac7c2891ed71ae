using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Platform;

/// <summary>
/// Where several instances share one store: asks it again and again what changed, and reads anew what did. What is written through one instance
/// holds on the others after two of these turns at most. While the store does not answer, the last good configuration goes on (a key that is
/// revoked meanwhile stays live) and readiness says so.
/// </summary>
public sealed class ConfigurationRefresh : BackgroundService, IReadinessCheck
{
    /// <summary>A mark that is older may have lost deletions: then everything is read anew.</summary>
    private static readonly TimeSpan MarkIsGood = TimeSpan.FromHours(12);

    /// <summary>So many turns may fail before anybody is told.</summary>
    private const int LateTurns = 3;

    private readonly IDocumentStore _documents;
    private readonly Part[] _parts;
    private readonly TimeSpan _every;
    private readonly TimeProvider _time;
    private readonly ILogger<ConfigurationRefresh> _log;
    private string? _mark;
    private long _heardTimestamp;
    private string? _failure;
    private volatile ReadinessReport _report = Ready;

    /// <summary>Begins when it is started.</summary>
    /// <param name="documents">Where the configuration is.</param>
    /// <param name="parts">What is to be kept up.</param>
    /// <param name="every">Between two turns.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Failures, once each.</param>
    public ConfigurationRefresh(
        IDocumentStore documents, IEnumerable<ConfigurationPart> parts, TimeSpan every, TimeProvider time, ILogger<ConfigurationRefresh> log)
    {
        _documents = documents;
        _parts = [.. parts.Select(static p => new Part(p))];
        _every = every;
        _time = time;
        _log = log;
        _heardTimestamp = time.GetTimestamp();
    }

    /// <summary>What is written through one instance holds on the others after so long at most, while the store answers.</summary>
    public TimeSpan HoldsWithin => _every * 2;

    private static ReadinessReport Ready { get; } = new("configuration", Readiness.Ready, null);

    /// <inheritdoc/>
    public ReadinessReport Check()
    {
        var silent = _time.GetElapsedTime(Volatile.Read(ref _heardTimestamp));
        return silent <= _every * LateTurns
            ? _report
            : new ReadinessReport(
                "configuration",
                Readiness.Degraded,
                string.Create(CultureInfo.InvariantCulture, $"the store has not answered for {(long)silent.TotalSeconds} s: keys, limits and providers are as they were then"));
    }

    /// <summary>One turn: asks what changed, and reads it anew. What could not be read is tried again in the next turn.</summary>
    internal async Task TurnAsync(CancellationToken cancellation)
    {
        try
        {
            await AskAsync(cancellation);
            Volatile.Write(ref _heardTimestamp, _time.GetTimestamp());
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            // The configuration stays as it is; the next turn asks since the same mark.
            Tell(e, "cannot ask the store what changed");
            return;
        }

        var failed = new List<string>();
        foreach (var part in _parts.Where(p => p.IsDue(_time)))
        {
            try
            {
                await part.ReloadAsync(_time, cancellation);
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested)
            {
                // As it was, and still due.
                failed.Add(part.Name);
                Tell(e, $"cannot read {part.Name} anew");
            }
        }

        _report = failed.Count == 0
            ? Ready
            : Ready with { Readiness = Readiness.Degraded, Detail = $"not read anew, still as they were: {string.Join(", ", failed)}; the log says why" };
        _failure = failed.Count == 0 ? null : _failure;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(_every, _time);
        try
        {
            do
            {
                await TurnAsync(stoppingToken);
            }
            while (await tick.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The instance stops.
        }
    }

    private async Task AskAsync(CancellationToken cancellation)
    {
        if (_mark is not null && _time.GetElapsedTime(Volatile.Read(ref _heardTimestamp)) > MarkIsGood)
        {
            _mark = null;
        }

        var changes = await _documents.ChangesAsync(_mark, cancellation);
        foreach (var part in _parts)
        {
            // What changed between an earlier read and a first mark nobody tells: once is read anew after it.
            part.Due |= _mark is null || changes.Partitions.Any(part.Covers);
        }

        _mark = changes.Mark;
    }

    /// <summary>Logs a failure when it is another than the last.</summary>
    private void Tell(Exception failure, string what)
    {
        var text = $"{what}: {failure.Message}";
        if (_failure != text)
        {
            _failure = text;
            _log.LogError(failure, "Keeping up the configuration failed: {What}", what);
        }
    }

    private sealed class Part(ConfigurationPart part)
    {
        private long? _readTimestamp;

        public string Name => part.Name;

        public bool Due { get; set; }

        public bool Covers(string partition) => part.Covers(partition);

        public bool IsDue(TimeProvider time) =>
            Due || (part.Every is { } every && _readTimestamp is { } read && time.GetElapsedTime(read) >= every);

        public async Task ReloadAsync(TimeProvider time, CancellationToken cancellation)
        {
            await part.ReloadAsync(cancellation);
            Due = false;
            _readTimestamp = time.GetTimestamp();
        }
    }
}
