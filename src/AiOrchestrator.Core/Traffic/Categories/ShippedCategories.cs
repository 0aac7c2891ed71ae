using AiOrchestrator.Core.Traffic.Chains;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Traffic.Categories;

/// <summary>
/// The chains that ship for the categories (RT-09). No provider is named, because a row may be called anything: the names are those of the vendors, and each leads
/// to whoever serves it. What nobody serves is passed over when a call is decided; what has ended leads to its replacement.
/// </summary>
internal static class ShippedCategories
{
    private static readonly IReadOnlyList<ChainEntry>[] InOrder =
    [
        // Simple.
        Chain(
            "llama-4-scout-17b-16e-instruct", "llama3.1-8b", "llama-3.1-8b-instant", "gemini-3.5-flash-lite", "gpt-4.1-nano", "ministral-8b-latest", "claude-haiku-4-5"),

        // Medium.
        Chain("llama-3.3-70b", "llama-3.3-70b-versatile", "gemini-2.5-flash", "gpt-5-mini", "mistral-medium-latest", "claude-haiku-4-5"),

        // Complex.
        Chain("gpt-oss-120b", "openai/gpt-oss-120b", "claude-sonnet-4-5", "gpt-5.2", "gemini-2.5-pro", "deepseek-chat", "mistral-large-latest"),

        // Coding.
        Chain("deepseek-v3", "qwen-3-coder-480b", "deepseek-chat", "claude-sonnet-4-5", "gpt-5.2-codex", "codestral-latest", "gpt-oss-120b"),

        // Reasoning.
        Chain("gpt-oss-120b", "deepseek-reasoner", "gpt-5.2", "claude-opus-4-5", "gemini-2.5-pro", "grok-4-fast-reasoning", "openai/gpt-oss-120b"),

        // Looks at images.
        Chain("gemini-3-pro-preview", "gpt-4o", "claude-sonnet-4-5", "gemini-2.5-flash", "pixtral-large-latest", "meta-llama/llama-4-scout-17b-16e-instruct"),

        // Draws.
        Chain("imagen-4.0-generate-001", "gpt-image-1.5", "gpt-image-1", "gpt-image-1-mini", "gemini-2.5-flash-image"),

        // Films.
        Chain("veo-3.1-generate-preview", "sora-2-pro", "sora-2"),

        // Multilingual.
        Chain("mistral-saba-24b", "command-a", "c4ai-aya-expanse-32b", "mistral-large-latest", "qwen/qwen3-32b", "gemini-2.5-flash", "gpt-4o"),

        // Agentic.
        Chain("gemini-3-pro-preview", "claude-opus-4-5", "gpt-5.2", "claude-sonnet-4-5", "moonshotai/kimi-k2-instruct", "openai/gpt-oss-120b"),

        // Long context.
        Chain("gemini-2.5-flash", "gemini-2.5-pro", "gpt-4.1", "gemini-3-flash-preview", "grok-4-fast-non-reasoning", "claude-sonnet-4-5"),
    ];

    /// <summary>The chain of a category: at least two models, each once.</summary>
    public static IReadOnlyList<ChainEntry> For(TaskCategory category) => InOrder[(int)category];

    private static ChainEntry[] Chain(params string[] models) => [.. models.Select(static m => new ChainEntry(m))];
}
