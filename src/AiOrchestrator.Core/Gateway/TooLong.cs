using System.Text;
using AiOrchestrator.Core.Gateway.Stages;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Gateway;

/// <summary>Whether a provider refused a request because its prompt is longer than the model reads. Each says so in words of its own; few have a code for it.</summary>
internal static class TooLong
{
    private const int MaxBytes = 4096;

    /// <summary>
    /// As seen at OpenAI, Groq, Cerebras (<c>context_length_exceeded</c>), vLLM and others made like it, Anthropic, Google, Cohere, Bedrock and Mistral.
    /// </summary>
    private static readonly string[] Words =
    [
        "context_length_exceeded", "maximum context length", "context window", "prompt is too long", "input is too long", "input token count", "too many tokens",
        "too large for model", "maximum number of tokens allowed",
    ];

    /// <summary>Whether it did.</summary>
    public static bool Says(ApiFailure failure) => failure switch
    {
        UpstreamWorded { UpstreamStatus: 400 or 413 or 422 } worded => Names(Encoding.UTF8.GetString(worded.Body.Span[..Math.Min(worded.Body.Length, MaxBytes)])),
        UpstreamExplained { Status: 400 or 413 or 422 } => Names(failure.Message),
        _ => false,
    };

    private static bool Names(string said) => Array.Exists(Words, w => said.Contains(w, StringComparison.OrdinalIgnoreCase));
}
