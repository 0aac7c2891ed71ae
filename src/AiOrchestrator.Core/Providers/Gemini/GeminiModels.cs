using System.Globalization;

namespace AiOrchestrator.Core.Providers.Gemini;

/// <summary>How a model is told how much to think.</summary>
internal enum GeminiThinking
{
    /// <summary>It does not think.</summary>
    None,

    /// <summary>By a budget of tokens, from 2.5 on.</summary>
    Budget,

    /// <summary>By a level, from 3 on.</summary>
    Level,
}

/// <summary>What differs between Gemini's models and shows in requests (https://ai.google.dev/gemini-api/docs/thinking).</summary>
/// <param name="Thinking">How it is told how much to think.</param>
/// <param name="IsPro">Whether it is one of the large ones, whose thinking cannot be switched off.</param>
/// <param name="LeastBudgetTokens">The least it may think with, unless it does not think; tokens.</param>
/// <param name="MostBudgetTokens">The most, likewise.</param>
internal readonly record struct GeminiModels(GeminiThinking Thinking, bool IsPro, long LeastBudgetTokens, long MostBudgetTokens)
{
    /// <summary>Whether it is of the third generation or later: its function calls need the seals it gave them.</summary>
    public bool SealsCalls => Thinking == GeminiThinking.Level;

    /// <summary>What is known of a model. Names that say no generation (<c>gemini-flash-latest</c>) are of the newest.</summary>
    /// <param name="model">As the provider knows it.</param>
    public static GeminiModels Of(string model)
    {
        var at = model.IndexOf("gemini-", StringComparison.Ordinal);
        if (at < 0)
        {
            return default;
        }

        var words = model[(at + "gemini-".Length)..].Split('-');
        var isPro = words.Contains("pro", StringComparer.Ordinal);
        var generation = words.Select(static w => decimal.TryParse(w, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var n) ? n : (decimal?)null)
            .FirstOrDefault(static n => n is not null) ?? (words.Contains("latest", StringComparer.Ordinal) ? 3m : 1m);
        return generation switch
        {
            >= 3 => new GeminiModels(GeminiThinking.Level, isPro, 0, 0),
            >= 2.5m when isPro => new GeminiModels(GeminiThinking.Budget, true, 128, 32_768),
            >= 2.5m => new GeminiModels(GeminiThinking.Budget, false, words.Contains("lite", StringComparer.Ordinal) ? 512 : 1, 24_576),
            _ => default,
        };
    }
}
