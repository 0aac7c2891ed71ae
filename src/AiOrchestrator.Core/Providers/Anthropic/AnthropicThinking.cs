using System.Text.Json;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.Anthropic;

/// <summary>
/// How much one of Anthropic's models is to think, whoever serves it (https://docs.claude.com/en/docs/build-with-claude/extended-thinking).
/// </summary>
/// <param name="IsAdaptive">Whether the model decides by itself; then there is no budget.</param>
/// <param name="BudgetTokens">Tokens it may spend, part of its bound: 1024 or more.</param>
/// <param name="Effort">What a model that decides by itself is told, in <c>output_config</c>; null for nothing.</param>
internal readonly record struct AnthropicThinking(bool IsAdaptive, long BudgetTokens, string? Effort)
{
    /// <summary>The least a model may be given to think with.</summary>
    private const long LeastBudgetTokens = 1_024;

    /// <summary>What is to be said; null where it is not to think, or has no room for it.</summary>
    /// <param name="reasoning">What the caller asks.</param>
    /// <param name="terms">The model and its bound.</param>
    /// <param name="dropped">Takes the caller's member where there is no room.</param>
    public static AnthropicThinking? Of(ChatReasoning? reasoning, in UpstreamTerms terms, List<string> dropped)
    {
        if (reasoning is not { IsOff: false })
        {
            return null;
        }

        if (AnthropicModels.ThinksAdaptively(terms.Model.UpstreamId))
        {
            return new AnthropicThinking(true, 0, reasoning.Effort is "minimal" ? "low" : reasoning.Effort);
        }

        if (terms.MaxOutputTokens <= LeastBudgetTokens)
        {
            // The budget is part of the bound, and the caller's bound leaves no room for it.
            dropped.Add(reasoning.Path);
            return null;
        }

        return new AnthropicThinking(false, Math.Clamp(reasoning.BudgetOrEffortTokens, LeastBudgetTokens, terms.MaxOutputTokens - 1), null);
    }

    /// <summary>Writes the member <c>thinking</c>.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("thinking"u8);
        writer.WriteString("type"u8, IsAdaptive ? "adaptive"u8 : "enabled"u8);
        if (!IsAdaptive)
        {
            writer.WriteNumber("budget_tokens"u8, BudgetTokens);
        }

        writer.WriteEndObject();
    }
}
