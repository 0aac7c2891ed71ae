using AiOrchestrator.Core.Metering.Extraction;

namespace AiOrchestrator.Core.Caching;

/// <summary>An answer that is kept to be given again. Immutable.</summary>
public sealed record CacheEntry
{
    /// <summary>Whose answer it is: nobody outside of it is ever given it. <c>{organisation}</c>, or <c>{organisation}/{wallet}</c> for a team of its own.</summary>
    public required string Namespace { get; init; }

    /// <summary>What was asked: 64 lower-case hexadecimal digits, unique in the namespace.</summary>
    public required string Key { get; init; }

    /// <summary>The model that answered, as the route names it.</summary>
    public required string Model { get; init; }

    /// <summary>The provider that answered.</summary>
    public required string Provider { get; init; }

    /// <summary>The exchange that paid for it.</summary>
    public required string ExchangeId { get; init; }

    /// <summary>When the call came that it answers; milliseconds since 1970.</summary>
    public required long CreatedUnixMs { get; init; }

    /// <summary>From when on it is not given any more; milliseconds since 1970.</summary>
    public required long ExpiresUnixMs { get; init; }

    /// <summary>The last flush the instance knew of when the call came: any later one that names the entry ends it.</summary>
    public required long FlushNumber { get; init; }

    /// <summary>What the call was charged; nano-dollars. What each hit saves.</summary>
    public required long CostNanoUsd { get; init; }

    /// <summary>Tokens of its prompt as they were charged.</summary>
    public long PromptTokens { get; init; }

    /// <summary>Tokens of the answer as they were charged.</summary>
    public long CompletionTokens { get; init; }

    /// <summary>The wire format the body is in, or the name of the call where that is no conversation.</summary>
    public required string Format { get; init; }

    /// <summary>How usage is written down in the body; packed as its number.</summary>
    public UsageFormat UsageFormat { get; init; }

    /// <summary>What was asked last, as text: what others that mean the same are compared with. Null where only the same question finds it.</summary>
    public string? Question { get; init; }

    /// <summary>Where its vector lies (<see cref="Vectors.IVectorIndex"/>); null where it has none.</summary>
    public string? Partition { get; init; }

    /// <summary>The answer: a whole one, as JSON.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }
}
