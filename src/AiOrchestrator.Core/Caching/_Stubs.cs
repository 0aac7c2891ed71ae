#pragma warning disable
using System.Collections.Concurrent;
using AiOrchestrator.Core.Platform;
namespace AiOrchestrator.Core.Caching { 
internal sealed class CacheBook(TimeProvider time, Flushes.FlushBook flushes) {
  readonly ConcurrentDictionary<(string,string), CacheEntry> _d = new();
  public ValueTask<CacheEntry?> FindAsync(string ns, string key, CancellationToken c) => new(FindInMemory(ns,key));
  public CacheEntry? FindInMemory(string ns, string key) => _d.TryGetValue((ns,key), out var e) && e.ExpiresUnixMs > time.GetUtcNow().ToUnixTimeMilliseconds() && !flushes.IsFlushed(e) ? e : null;
  public void Put(CacheEntry e) => _d[(e.Namespace, e.Key)] = e;
  public Task RemoveAsync(CacheEntry e, CancellationToken c) { _d.TryRemove((e.Namespace, e.Key), out _); return Task.CompletedTask; }
}
public sealed class CachingOptions { public int FlightWaitMs {get;set;} = 30000; public int MaxEntryBytes {get;set;} = 1<<20; public int EmbeddingTimeoutMs {get;set;} = 1000; }
}
namespace AiOrchestrator.Core.Caching.Flushes {
internal sealed record FlushScope(string? Namespace, string? Model, string? Key);
internal sealed class FlushBook { 
  long _n; public long CurrentNumber(string o) => _n; public bool IsFlushed(CacheEntry e) => e.FlushNumber < _n;
  public async Task<Result<FlushMark>> FlushAsync(string o, FlushScope s, string by, CancellationToken c) => new FlushMark(++_n); } internal sealed record FlushMark(long Number);
}
namespace AiOrchestrator.Core.Caching.Vectors { internal sealed class NoIndex : IVectorIndex { public string Name => "none"; public Task PutAsync(VectorPartition p, string id, ReadOnlyMemory<float> v, CancellationToken c) => Task.CompletedTask; public ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorPartition p, ReadOnlyMemory<float> v, int l, float m, CancellationToken c) => new((IReadOnlyList<VectorHit>)[]); public Task DeleteAsync(VectorPartition p, string id, CancellationToken c) => Task.CompletedTask; public Task DropAsync(string n, CancellationToken c) => Task.CompletedTask; } }
