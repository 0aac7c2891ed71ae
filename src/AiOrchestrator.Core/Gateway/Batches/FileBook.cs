using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>The files. Nothing is ever left to be done about one.</summary>
internal sealed class FileBook(IDocumentStore documents, TimeProvider time) : JobBook<StoredFile>(documents, time, "files", BatchesJson.Default.StoredFile)
{
    protected override bool IsId(string text) => StoredFile.IsId(text);

    protected override string FirstAt(long unixMs) => StoredFile.FirstAt(unixMs);
}
