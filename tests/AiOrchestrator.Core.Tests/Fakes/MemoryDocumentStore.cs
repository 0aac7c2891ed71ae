using System.Globalization;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Tests.Fakes;

/// <summary>A document store in memory. <see cref="BeforeWrite"/> lets a test cut a start off at any write.</summary>
internal sealed class MemoryDocumentStore : IDocumentStore
{
    private readonly Dictionary<string, SortedDictionary<string, Document>> _partitions = new(StringComparer.Ordinal);
    private readonly DocumentChangeLog _changes = new();
    private readonly Lock _lock = new();
    private long _tag;

    public Action? BeforeWrite { get; set; }

    public string AllText()
    {
        lock (_lock)
        {
            return string.Join('\n', _partitions.SelectMany(static p => p.Value.Values.Select(d => $"{p.Key} {d.Id} {System.Text.Encoding.UTF8.GetString(d.Json.Span)}")));
        }
    }

    public Task<Document?> GetAsync(string partition, string id, CancellationToken cancellation)
    {
        lock (_lock)
        {
            return Task.FromResult(_partitions.TryGetValue(partition, out var documents) ? documents.GetValueOrDefault(id) : null);
        }
    }

    public Task<IReadOnlyList<Document>> ListAsync(string partition, string? afterId, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1000);
        lock (_lock)
        {
            IReadOnlyList<Document> found = _partitions.TryGetValue(partition, out var documents)
                ? [.. documents.Values.Where(d => string.CompareOrdinal(d.Id, afterId) > 0).Take(limit)]
                : [];
            return Task.FromResult(found);
        }
    }

    public Task<DocumentWrite> CreateAsync(string partition, string id, ReadOnlyMemory<byte> json, CancellationToken cancellation)
    {
        BeforeWrite?.Invoke();
        lock (_lock)
        {
            if (!_partitions.TryGetValue(partition, out var documents))
            {
                _partitions.Add(partition, documents = new SortedDictionary<string, Document>(StringComparer.Ordinal));
            }

            return Task.FromResult(documents.ContainsKey(id) ? new DocumentWrite(DocumentOutcome.AlreadyExists, null) : Put(partition, documents, id, json));
        }
    }

    public Task<DocumentWrite> ReplaceAsync(string partition, string id, ReadOnlyMemory<byte> json, string? ifMatch, CancellationToken cancellation)
    {
        BeforeWrite?.Invoke();
        lock (_lock)
        {
            var outcome = Check(partition, id, ifMatch, out var documents);
            return Task.FromResult(outcome == DocumentOutcome.Done ? Put(partition, documents!, id, json) : new DocumentWrite(outcome, null));
        }
    }

    public Task<DocumentOutcome> DeleteAsync(string partition, string id, string? ifMatch, CancellationToken cancellation)
    {
        BeforeWrite?.Invoke();
        lock (_lock)
        {
            var outcome = Check(partition, id, ifMatch, out var documents);
            if (outcome == DocumentOutcome.Done)
            {
                documents!.Remove(id);
                _changes.Wrote(partition);
            }

            return Task.FromResult(outcome);
        }
    }

    public Task<DocumentChanges> ChangesAsync(string? sinceMark, CancellationToken cancellation)
    {
        lock (_lock)
        {
            return Task.FromResult(_changes.Since(sinceMark));
        }
    }

    private DocumentOutcome Check(string partition, string id, string? ifMatch, out SortedDictionary<string, Document>? documents) =>
        !_partitions.TryGetValue(partition, out documents) || !documents.TryGetValue(id, out var stored) ? DocumentOutcome.NotFound
        : ifMatch is not null && ifMatch != stored.ETag ? DocumentOutcome.Changed
        : DocumentOutcome.Done;

    private DocumentWrite Put(string partition, SortedDictionary<string, Document> documents, string id, ReadOnlyMemory<byte> json)
    {
        var tag = (++_tag).ToString(CultureInfo.InvariantCulture);
        _changes.Wrote(partition);
        documents[id] = new Document(id, tag, json.ToArray());
        return new DocumentWrite(DocumentOutcome.Done, tag);
    }
}
