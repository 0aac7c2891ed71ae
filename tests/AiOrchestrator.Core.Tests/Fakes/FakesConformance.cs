using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Caching.Storage;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;

namespace AiOrchestrator.Core.Tests.Fakes;

// A test on a fake proves something only as far as the fake keeps the port's contract.

public sealed class MemoryDocumentStoreTests : DocumentStoreConformance
{
    protected override IDocumentStore Store { get; } = new MemoryDocumentStore();
}

public sealed class MemoryCacheStoreTests : CacheStoreConformance
{
    private readonly ManualTime _time = new();

    public MemoryCacheStoreTests() => Store = new MemoryCacheStore(_time);

    protected override ICacheStore Store { get; }

    protected override long NowUnixMs => _time.UnixMs;

    protected override void Advance(TimeSpan by) => _time.Advance(by);
}

public sealed class MemoryUsageStoreTests : UsageStoreConformance
{
    protected override IUsageStore Store { get; } = new MemoryUsageStore();
}

public sealed class MemoryUsageStreamTests : UsageFeedConformance
{
    private readonly MemoryUsageStream _stream = new();

    protected override IUsageStream Stream => _stream;

    protected override IUsageFeed Feed => _stream;
}

public sealed class MemoryCallEvidenceTests : CallEvidenceConformance
{
    private readonly MemoryUsageStore _store = new();

    public MemoryCallEvidenceTests() => Evidence = new MemoryCallEvidence(_store);

    protected override ICallEvidence Evidence { get; }

    protected override IUsageStore Store => _store;
}

public sealed class MemoryWalletAuthorityTests : WalletAuthorityConformance
{
    private readonly ManualTime _time = new();
    private readonly MemoryWalletAuthority _authority;

    public MemoryWalletAuthorityTests() => _authority = new MemoryWalletAuthority(_time);

    protected override IWalletAuthority Authority => _authority;

    protected override long NowUnixMs => _time.UnixMs;
}

public sealed class MemorySecretStoreTests : SecretStoreConformance
{
    private readonly MemorySecretStore _store = new();

    protected override ISecretStore Store => _store;

    protected override string Nowhere => "env:NOWHERE";

    protected override Task<string> PlaceAsync(string secret)
    {
        _store.Variables["PLACED"] = secret;
        return Task.FromResult("env:PLACED");
    }
}

public sealed class MemoryBlobStoreTests : BlobStoreConformance
{
    protected override IBlobStore Store { get; } = new MemoryBlobStore(TimeProvider.System);
}
