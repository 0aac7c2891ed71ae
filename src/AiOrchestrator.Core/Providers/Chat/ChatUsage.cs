using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Chat;

/// <summary>The usage a translated answer shows: what the provider reported, else what was counted.</summary>
internal static class ChatUsage
{
    /// <summary>Tokens to show; null where a stream has reported nothing yet.</summary>
    public static TokenUsage? Shown(AnswerFacts facts) => facts.Reported is { HasPrompt: true } reported ? reported.Tokens : null;
}
