using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Caching.Vectors;

namespace AiOrchestrator.Core.Tests.Caching.Vectors;

public sealed class SimdVectorIndexTests : VectorIndexConformance, IDisposable
{
    private readonly SimdVectorIndex _index = new(maxVectors: 10_000);

    protected override IVectorIndex Index => _index;

    public void Dispose() => _index.Dispose();
}
