namespace AiOrchestrator.Core.Metering;

/// <summary>
/// Counts tokens where the provider has not: before a call, for the hold; and for a call that was cut before its usage arrived.
/// Stateless and safe for concurrent use.
/// </summary>
public interface ITokenEstimator
{
    /// <summary>Bounds and guesses the prompt tokens of a request.</summary>
    /// <param name="shape">What the request holds.</param>
    /// <param name="limits">The model's published bounds.</param>
    PromptEstimate Estimate(in PromptShape shape, ModelLimits limits);

    /// <summary>Completion tokens in one streamed delta that was received. Deltas are counted one by one and added up.</summary>
    /// <param name="deltaText">The delta's text in UTF-8; empty for a delta that carries none.</param>
    /// <returns>0 or more; 0 only for an empty delta.</returns>
    long CountReceivedTokens(ReadOnlySpan<byte> deltaText);

    /// <summary>Best guess for a whole text that came in one piece and without a report.</summary>
    /// <param name="textBytes">Its UTF-8 bytes; 0 or more.</param>
    /// <returns>0 or more; 0 only for an empty text.</returns>
    long CountTextTokens(long textBytes);
}

/// <summary>What a request holds, as far as its prompt tokens depend on it. Filled by whoever parses the request.</summary>
/// <param name="TextBytes">
/// UTF-8 bytes of message text as they stand in the request, JSON escapes included; for embeddings of all inputs (for inputs given as token
/// ids, their JSON text). Data URIs are not text: an image in one counts under <paramref name="Images"/>. 0 or more.
/// </param>
/// <param name="Messages">Messages, or inputs of an embeddings request; 0 or more.</param>
/// <param name="OtherBytes">Bytes of the raw JSON of what else the model is shown: tools, functions, response_format; 0 or more.</param>
/// <param name="Images">Image parts; 0 or more.</param>
/// <param name="HasUnboundedContent">True where the request names content we do not hold or cannot size: file ids, remote documents, audio.</param>
public readonly record struct PromptShape(long TextBytes, int Messages, long OtherBytes, int Images, bool HasUnboundedContent);

/// <summary>The prompt tokens of a request before a provider has counted them.</summary>
/// <param name="PromptTokensMax">
/// An upper bound of what the provider can report; 0 or more. Null where no bound is known (unbounded content and a model without a
/// published window): such a call cannot be held for and must be refused.
/// </param>
/// <param name="PromptTokensExpected">
/// The best guess, for a call that was cut and never reported; at most <paramref name="PromptTokensMax"/> where that is known.
/// </param>
public readonly record struct PromptEstimate(long? PromptTokensMax, long PromptTokensExpected);
