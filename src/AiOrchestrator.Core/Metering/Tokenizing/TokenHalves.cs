namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>The two tokens whose merge makes a token. A token that is a single byte is its own two halves.</summary>
/// <param name="Left">The id of the first half.</param>
/// <param name="Right">The id of the second half.</param>
internal readonly record struct TokenHalves(int Left, int Right);
