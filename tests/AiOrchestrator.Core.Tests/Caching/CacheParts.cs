using System.Text;
using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Caching.Flushes;
using AiOrchestrator.Core.Caching.Storage;
using AiOrchestrator.Core.Caching.Vectors;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Alerts;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Traffic.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Tests.Caching;

/// <summary>The cache of one instance, put together as the product does, on stores that others may share.</summary>
internal sealed class CacheParts : IDisposable
{
    public CacheParts(ManualTime time, MemoryDocumentStore? documents = null, MemoryCacheStore? store = null, CachingOptions? options = null, ISecretStore? secrets = null)
    {
        Time = time;
        Documents = documents ?? new MemoryDocumentStore();
        Store = store ?? new MemoryCacheStore(time);
        var bound = Options.Create(options ?? new CachingOptions { StoreTimeoutMs = 10_000 });
        var ids = new IdSource(time);
        Alerts = new AlertBook(Documents, time, NullLogger<AlertBook>.Instance);
        Memory = new MemoryTier(bound.Value.MemoryBytes);
        Directory = new PartDirectory<StoredFlushes, FlushMarks>(Documents, FlushBook.Kind);
        Flushes = new FlushBook(Directory, time);
        Seals = new EntrySeals(Documents, secrets ?? new MemorySecretStore(), ids, time, bound, NullLogger<EntrySeals>.Instance);
        Sizes = new CacheSizes(Store, time);
        var drop = new DropEntry(Store, [Vectors], NullLogger<DropEntry>.Instance);
        Prune = new PruneCache(Store, Flushes, drop, Sizes, time, bound);
        Book = new CacheBook(Memory, Store, Seals, Flushes, Queue, time, bound, NullLogger<CacheBook>.Instance);
        Worker = new CacheWorker(Queue, Memory, Store, Seals, Flushes, drop, Prune, Alerts, time, NullLogger<CacheWorker>.Instance);
        Flush = new FlushCache(Flushes, Memory, Queue, time);
    }

    public static Caller Admin { get; } = new("org_1", null);

    public ManualTime Time { get; }

    public MemoryDocumentStore Documents { get; }

    public MemoryCacheStore Store { get; }

    public AlertBook Alerts { get; }

    public MemoryTier Memory { get; }

    public PartDirectory<StoredFlushes, FlushMarks> Directory { get; }

    public FlushBook Flushes { get; }

    public FlushCache Flush { get; }

    public EntrySeals Seals { get; }

    public CacheQueue Queue { get; } = new();

    public CacheSizes Sizes { get; }

    public PruneCache Prune { get; }

    public CacheBook Book { get; }

    public CacheWorker Worker { get; }

    public DeletedVectors Vectors { get; } = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Those of an instance that has started.</summary>
    public static async Task<CacheParts> StartAsync(
        ManualTime time, MemoryDocumentStore? documents = null, MemoryCacheStore? store = null, CachingOptions? options = null, ISecretStore? secrets = null)
    {
        var parts = new CacheParts(time, documents, store, options, secrets);
        await parts.Directory.LoadAsync(Cancel);
        await parts.Seals.LoadAsync(Cancel);
        return parts;
    }

    /// <summary>An organisation must be there for its flushes to be read.</summary>
    public static Task AddOrganisationAsync(MemoryDocumentStore documents, string id) => documents.CreateAsync(
        IdentityPartitions.Organisations, id, StoredDocuments.Bytes(new StoredOrganisation(id, id, 0), IdentityJson.Default.StoredOrganisation), Cancel);

    /// <summary>An entry that lives an hour.</summary>
    public CacheEntry Entry(string @namespace = "org_1", string key = "k", string body = "{\"answer\":42}", long costNanoUsd = 1_000_000) => new()
    {
        Namespace = @namespace,
        Key = key,
        Model = "openai/gpt-4o",
        Provider = "openai",
        ExchangeId = "exg_1",
        CreatedUnixMs = Time.UnixMs,
        ExpiresUnixMs = Time.UnixMs + 3_600_000,
        FlushNumber = Flushes.CurrentNumber(EntryName.OrganisationOf(@namespace).ToString()),
        CostNanoUsd = costNanoUsd,
        PromptTokens = 11,
        CompletionTokens = 22,
        Format = "openai",
        UsageFormat = UsageFormat.Anthropic,
        Question = "What is six times seven?",
        Partition = "p1",
        Body = Encoding.UTF8.GetBytes(body),
    };

    /// <summary>Puts an entry and waits until the store has it.</summary>
    public async Task PutAsync(CacheEntry entry)
    {
        Book.Put(entry);
        await Worker.DrainAsync(Cancel);
    }

    public Task<CacheEntry?> FindAsync(string @namespace = "org_1", string key = "k") => Book.FindAsync(@namespace, key, Cancel).AsTask();

    public void Dispose()
    {
        Worker.Dispose();
        Sizes.Dispose();
        Directory.Dispose();
    }

    /// <summary>An index that remembers what was deleted.</summary>
    internal sealed class DeletedVectors : IVectorIndex
    {
        public string Name => "deleted";

        public bool IsBroken { get; set; }

        public List<(VectorPartition Partition, string Id)> All { get; } = [];

        public Task PutAsync(VectorPartition partition, string id, ReadOnlyMemory<float> vector, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<VectorHit>> SearchAsync(
            VectorPartition partition, ReadOnlyMemory<float> vector, int limit, float minSimilarity, CancellationToken cancellation) => throw new NotSupportedException();

        public Task DeleteAsync(VectorPartition partition, string id, CancellationToken cancellation)
        {
            All.Add((partition, id));
            return IsBroken ? throw new IOException("the index does not answer") : Task.CompletedTask;
        }

        public Task DropAsync(string @namespace, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
