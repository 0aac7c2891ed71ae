using AiOrchestrator.Conformance;
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

public sealed class MemoryUsageStoreTests : UsageStoreConformance
{
    protected override IUsageStore Store { get; } = new MemoryUsageStore();
}

public sealed class MemoryUsageStreamTests : UsageStreamConformance
{
    protected override IUsageStream Stream { get; } = new MemoryUsageStream();
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
