namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>A batch that is to be begun.</summary>
/// <param name="File">The calls.</param>
/// <param name="Input">What was found in it.</param>
/// <param name="Body">What the provider is sent.</param>
internal sealed record BatchOrder(StoredFile File, BatchInput Input, ReadOnlyMemory<byte> Body);
