using System.Text;
using System.Text.Json;

namespace AiOrchestrator.MockUpstream;

/// <summary>One request as it arrived, byte for byte.</summary>
public sealed record RecordedRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>The body as text; bytes that are no UTF-8 read as U+FFFD.</summary>
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>Keeps the last 64 requests. Bodies above 4 MiB are kept by their first 4 MiB.</summary>
public sealed class RequestRecorder(bool enabled)
{
    public const int Capacity = 64;
    private const int MaxBody = 4 * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly Queue<RecordedRequest> _requests = new(Capacity);

    public bool Enabled => enabled;

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<RecordedRequest> Snapshot()
    {
        lock (_lock) return [.. _requests];
    }

    public void Clear()
    {
        lock (_lock) _requests.Clear();
    }

    internal void Add(string method, string path, IHeaderDictionary headers, ReadOnlySpan<byte> body)
    {
        var kept = body[..Math.Min(body.Length, MaxBody)].ToArray();
        var copy = headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var request = new RecordedRequest(method, path, copy, kept);
        lock (_lock)
        {
            if (_requests.Count == Capacity) _requests.Dequeue();
            _requests.Enqueue(request);
        }
    }

    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(
        new
        {
            requests = Snapshot().Select(r => new { method = r.Method, path = r.Path, headers = r.Headers, body = r.Text }),
        },
        MockBehaviour.PageJson);
}
