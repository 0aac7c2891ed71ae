namespace AiOrchestrator.Core.Caching.Embedding;

/// <summary>Makes of a text a vector of length 1, so that texts of like meaning lie near each other. Safe for concurrent use.</summary>
internal interface IEmbedding
{
    /// <summary>Which one, with its version: vectors of two are never compared. Small letters, digits, <c>-</c>, <c>.</c> and <c>/</c>.</summary>
    string Id { get; }

    /// <summary>How many numbers a vector has.</summary>
    int Dimensions { get; }

    /// <summary>
    /// The text's vector; null where there is none: nothing in the text says anything, or a provider did not answer in time. The call goes on without the
    /// cache then.
    /// </summary>
    /// <param name="text">What a user said last.</param>
    /// <param name="cancellation">Gives up.</param>
    ValueTask<float[]?> EmbedAsync(string text, CancellationToken cancellation);
}
