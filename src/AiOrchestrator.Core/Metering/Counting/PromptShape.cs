namespace AiOrchestrator.Core.Metering.Counting;

/// <summary>What a request shows a model, counted; filled by whoever reads its wire format. All counts are 0 or more.</summary>
public record struct PromptShape
{
    /// <summary>Tokens of text by the family's tokenizer, not scaled; token ids count one each.</summary>
    public long TextTokens { get; set; }

    /// <summary>The same text in bytes of UTF-8, escapes replaced.</summary>
    public long TextBytes { get; set; }

    /// <summary>Messages, or inputs of an embeddings request.</summary>
    public int Messages { get; set; }

    /// <summary>Tokens the format puts around texts, by the family's rule: names, calls of tools, less what roles save. May be below 0.</summary>
    public long FormatTokens { get; set; }

    /// <summary>Tokens of tools and schemas as the model is expected to be shown them, not scaled.</summary>
    public long SchemaTokens { get; set; }

    /// <summary>Tokens of the same as they stand in the request: more than any rendering takes.</summary>
    public long SchemaTokensMax { get; set; }

    /// <summary>Bytes of the same.</summary>
    public long SchemaBytes { get; set; }

    /// <summary>Tools offered.</summary>
    public int Tools { get; set; }

    /// <summary>Bytes of what else the model may be shown: members nobody here knows.</summary>
    public long OtherBytes { get; set; }

    /// <summary>Tokens images and audio are expected to cost.</summary>
    public long MediaTokens { get; set; }

    /// <summary>Tokens they can cost at most.</summary>
    public long MediaTokensMax { get; set; }

    /// <summary>Whether the request names content nobody here can size.</summary>
    public bool HasUnboundedContent { get; set; }

    /// <summary>Whether it is text alone: what the count says of it can be compared with what a provider reports.</summary>
    public readonly bool IsText => MediaTokens == 0 && !HasUnboundedContent;
}
