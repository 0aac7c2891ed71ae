namespace AiOrchestrator.Core.Metering;

/// <summary>What a model is called for. The price file knows more kinds than this version can charge (docs/operations/price-file.md).</summary>
public enum ModelKind
{
    /// <summary>Answers a conversation: prompt tokens and completion tokens.</summary>
    Chat,

    /// <summary>Turns inputs into vectors: prompt tokens only; the context window holds for each input, not for the request.</summary>
    Embedding,
}
