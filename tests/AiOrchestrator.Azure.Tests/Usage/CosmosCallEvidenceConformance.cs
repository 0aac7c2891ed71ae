using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Insight;

namespace AiOrchestrator.Azure.Tests;

public sealed class CosmosCallEvidenceConformance : CallEvidenceConformance, IAsyncLifetime
{
    private UsageDatabase _database = null!;

    protected override ICallEvidence Evidence => field ??= _database.NewEvidence();

    protected override IUsageStore Store => field ??= _database.NewStore();

    public async ValueTask InitializeAsync() => _database = await UsageDatabase.StartAsync();

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();
}
