using System.Text.Json;

namespace AiOrchestrator.MockUpstream;

public enum CallState
{
    /// <summary>Being answered.</summary>
    Open,

    /// <summary>All of the answer was written.</summary>
    Finished,

    /// <summary>The peer dropped the connection before all was written.</summary>
    Aborted,

    /// <summary>Answered with an error, an in-band error or garbage, as told.</summary>
    Failed,

    /// <summary>The mock dropped the connection, as told.</summary>
    Died,
}

/// <summary>One call as the mock served it. A retry that carries the same id is an entry of its own.</summary>
public sealed class LedgerEntry
{
    private int _completionTokens;
    private int _state;
    private long _abortedUnixMs;

    internal LedgerEntry(string id, string model, bool stream, int promptTokens, long receivedUnixMs)
    {
        Id = id;
        Model = model;
        Stream = stream;
        PromptTokens = promptTokens;
        ReceivedUnixMs = receivedUnixMs;
    }

    public string Id { get; }

    public string Model { get; }

    public bool Stream { get; }

    public int PromptTokens { get; }

    public long ReceivedUnixMs { get; }

    /// <summary>
    /// Tokens handed to the socket. Counted just before the write, so it is never less than what the peer can have received.
    /// </summary>
    public int CompletionTokens => Volatile.Read(ref _completionTokens);

    public CallState State => (CallState)Volatile.Read(ref _state);

    /// <summary>When the mock saw the peer gone, or null.</summary>
    public long? AbortedUnixMs => Interlocked.Read(ref _abortedUnixMs) is var at and not 0 ? at : null;

    /// <summary>The <c>usage</c> written, as JSON; null when none was (yet).</summary>
    public string? ReportedUsage { get; internal set; }

    // Only the one handler of the call writes; readers may look at any time.
    internal void AddTokens(int count) => Volatile.Write(ref _completionTokens, _completionTokens + count);

    internal void Close(CallState state, long abortedUnixMs = 0)
    {
        Interlocked.Exchange(ref _abortedUnixMs, abortedUnixMs);
        Volatile.Write(ref _state, (int)state);
    }
}

public sealed record LedgerTotals(int Calls, int Finished, int Aborted, long PromptTokens, long CompletionTokens);

/// <summary>The mock's own account of tokens served, to hold a gateway's account against.</summary>
public sealed class MockLedger
{
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly List<LedgerEntry> _entries = [];

    internal MockLedger(TimeProvider time, bool enabled)
    {
        _time = time;
        Enabled = enabled;
    }

    public bool Enabled { get; }

    /// <summary>All entries so far, in order of arrival. The entries are live: an open one may still move.</summary>
    public IReadOnlyList<LedgerEntry> Snapshot()
    {
        lock (_lock) return [.. _entries];
    }

    public IReadOnlyList<LedgerEntry> Find(string id) =>
        [.. Snapshot().Where(e => string.Equals(e.Id, id, StringComparison.Ordinal))];

    public LedgerTotals Totals() => Sum(Snapshot());

    /// <summary>Forgets all entries. Calls still open go on unseen.</summary>
    public void Clear()
    {
        lock (_lock) _entries.Clear();
    }

    internal LedgerEntry? Begin(string id, string model, bool stream, int promptTokens)
    {
        if (!Enabled) return null;
        var entry = new LedgerEntry(id, model, stream, promptTokens, UnixMs());
        lock (_lock) _entries.Add(entry);
        return entry;
    }

    internal void Aborted(LedgerEntry? entry) => entry?.Close(CallState.Aborted, UnixMs());

    internal byte[] ToJson()
    {
        var entries = Snapshot();
        var totals = Sum(entries);
        return JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                calls = totals.Calls,
                finished = totals.Finished,
                aborted = totals.Aborted,
                prompt_tokens = totals.PromptTokens,
                completion_tokens = totals.CompletionTokens,
                entries = entries.Select(e => new
                {
                    id = e.Id,
                    model = e.Model,
                    stream = e.Stream,
                    prompt_tokens = e.PromptTokens,
                    completion_tokens = e.CompletionTokens,
                    state = e.State.ToString().ToLowerInvariant(),
                    received_unix_ms = e.ReceivedUnixMs,
                    aborted_unix_ms = e.AbortedUnixMs,
                    reported_usage = e.ReportedUsage is { } usage ? JsonDocument.Parse(usage).RootElement : (JsonElement?)null,
                }),
            },
            MockBehaviour.PageJson);
    }

    private static LedgerTotals Sum(IReadOnlyList<LedgerEntry> entries) => new(
        entries.Count,
        entries.Count(e => e.State == CallState.Finished),
        entries.Count(e => e.State == CallState.Aborted),
        entries.Sum(e => (long)e.PromptTokens),
        entries.Sum(e => (long)e.CompletionTokens));

    private long UnixMs() => _time.GetUtcNow().ToUnixTimeMilliseconds();
}
