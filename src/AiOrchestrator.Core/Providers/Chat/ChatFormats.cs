using System.Collections.Frozen;
using AiOrchestrator.Core.Providers.Anthropic;
using AiOrchestrator.Core.Providers.Bedrock;
using AiOrchestrator.Core.Providers.Cohere;
using AiOrchestrator.Core.Providers.Echo;
using AiOrchestrator.Core.Providers.ElevenLabs;
using AiOrchestrator.Core.Providers.Gemini;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Chat;

/// <summary>The wire formats there are, by the names rows give them.</summary>
internal static class ChatFormats
{
    private static readonly ChatFormat[] Table =
        [new OpenAiChatFormat(), new AnthropicFormat(), new OpenAiResponsesFormat(), new GeminiFormat(), new BedrockFormat(), new CohereFormat(), new ElevenLabsFormat()];

    private static readonly FrozenDictionary<string, ChatFormat> ByName = Table.ToFrozenDictionary(static f => f.Name, StringComparer.Ordinal);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ChatFormat> All => Table;

    /// <summary>The format of a name; null where there is none.</summary>
    public static ChatFormat? Named(string name) => ByName.GetValueOrDefault(name == EchoHandler.WireFormat ? OpenAiChatFormat.FormatName : name);

    /// <summary>How callers of an endpoint speak; null where nothing is ever translated.</summary>
    public static ChatDialect? DialectOf(ModelCall call) => call switch
    {
        ModelCall.ChatCompletions => OpenAiChatDialect.Instance,
        ModelCall.Responses => OpenAiResponsesDialect.Instance,
        ModelCall.Messages => AnthropicDialect.Instance,
        ModelCall.Completions => OpenAiCompletionsDialect.Instance,
        _ => null,
    };
}
