using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>The batches. One whose money is open is never forgotten.</summary>
internal sealed class BatchBook(IDocumentStore documents, TimeProvider time) : JobBook<BatchJob>(documents, time, "batches", BatchesJson.Default.BatchJob)
{
    protected override bool IsId(string text) => BatchJob.IsId(text);

    protected override string FirstAt(long unixMs) => BatchJob.FirstAt(unixMs);

    protected override bool MayForget(BatchJob job) => job.IsClosed;
}
