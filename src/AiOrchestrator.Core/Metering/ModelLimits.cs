namespace AiOrchestrator.Core.Metering;

/// <summary>Published bounds of a model, in tokens. Null means that no source publishes it; nothing here is a guess.</summary>
/// <param name="ContextWindowTokens">The longest prompt and completion together; for embeddings the longest single input. At least 1.</param>
/// <param name="MaxOutputTokens">The longest completion, reasoning included. At least 1.</param>
/// <param name="MaxImageTokens">An upper bound of the prompt tokens one image part can cost. At least 1.</param>
/// <param name="WindowIsPerInput">True for embeddings and reranking: the window bounds each input of the request rather than the request.</param>
public sealed record ModelLimits(
    long? ContextWindowTokens,
    long? MaxOutputTokens,
    long? MaxImageTokens,
    bool WindowIsPerInput = false);
