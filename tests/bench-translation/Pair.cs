using AiOrchestrator.Core.Providers.Anthropic;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Bench.Translation;

/// <summary>A dialect of callers and a wire format of providers that differ.</summary>
/// <param name="Name">What the dialect is called.</param>
/// <param name="Dialect">How the caller speaks.</param>
/// <param name="Format">How the provider speaks.</param>
internal sealed record Pair(string Name, ChatDialect Dialect, ChatFormat Format)
{
    private static readonly (string Name, ChatDialect Dialect)[] Dialects =
        [("chat", OpenAiChatDialect.Instance), ("responses", OpenAiResponsesDialect.Instance), ("messages", AnthropicDialect.Instance), ("completions", OpenAiCompletionsDialect.Instance)];

    /// <summary>All there are.</summary>
    public static IReadOnlyList<Pair> All { get; } =
        [.. from d in Dialects from f in ChatFormats.All where f.HasChat && d.Dialect.Format != f.Name select new Pair(d.Name, d.Dialect, f)];
}
