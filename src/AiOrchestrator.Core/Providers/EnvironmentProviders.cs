namespace AiOrchestrator.Core.Providers;

/// <summary>
/// Provider rows taken from the environment: whoever has the variables that a provider's own SDK reads gets that provider without configuring
/// anything. The key is referred to, not copied.
/// </summary>
public sealed class EnvironmentProviders
{
    /// <summary>
    /// Ids are those of the price table. A base URL given the way the provider's own SDK wants it lacks the path of the OpenAI-compatible API,
    /// which the SDK appends itself; then it is appended here too.
    /// </summary>
    private static readonly Preset[] Presets =
    [
        new("openai", ["OPENAI_API_KEY"], "OPENAI_BASE_URL", "https://api.openai.com/v1", ""),
        new("anthropic", ["ANTHROPIC_API_KEY"], "ANTHROPIC_BASE_URL", "https://api.anthropic.com/v1", "/v1"),
        new("google", ["GEMINI_API_KEY", "GOOGLE_API_KEY"], "GOOGLE_GEMINI_BASE_URL", "https://generativelanguage.googleapis.com/v1beta/openai", "/v1beta/openai"),
        new("mistral", ["MISTRAL_API_KEY"], "MISTRAL_BASE_URL", "https://api.mistral.ai/v1", "/v1"),
        new("groq", ["GROQ_API_KEY"], "GROQ_BASE_URL", "https://api.groq.com/openai/v1", "/openai/v1"),
        new("together", ["TOGETHER_API_KEY"], "TOGETHER_BASE_URL", "https://api.together.xyz/v1", ""),
        new("cerebras", ["CEREBRAS_API_KEY"], "CEREBRAS_BASE_URL", "https://api.cerebras.ai/v1", "/v1"),
        new("deepseek", ["DEEPSEEK_API_KEY"], "DEEPSEEK_BASE_URL", "https://api.deepseek.com", ""),
        new("openrouter", ["OPENROUTER_API_KEY"], "OPENROUTER_BASE_URL", "https://openrouter.ai/api/v1", ""),
        new("fireworks", ["FIREWORKS_API_KEY"], "FIREWORKS_BASE_URL", "https://api.fireworks.ai/inference/v1", "/inference/v1"),
    ];

    private EnvironmentProviders(IReadOnlyList<ProviderConfig> rows, IReadOnlyList<string> errors)
    {
        Rows = rows;
        Errors = errors;
    }

    /// <summary>The rows.</summary>
    public IReadOnlyList<ProviderConfig> Rows { get; }

    /// <summary>What is wrong with the environment, one line each, naming the variable; the process should say so and not start.</summary>
    public IReadOnlyList<string> Errors { get; }

    /// <summary>Reads the environment's variables. One that is empty counts as absent.</summary>
    public static EnvironmentProviders Read(IReadOnlyDictionary<string, string> variables)
    {
        var rows = new List<ProviderConfig>();
        var errors = new List<string>();
        foreach (var preset in Presets)
        {
            if (preset.KeyVariables.FirstOrDefault(name => Given(variables, name) is not null) is not { } keyVariable)
            {
                continue;
            }

            var baseUrl = preset.DefaultBaseUrl;
            if (Given(variables, preset.BaseUrlVariable) is { } given)
            {
                if (ProviderConfigReader.CheckBaseUrl(given) is { } problem)
                {
                    // The value may hold credentials: it is not repeated.
                    errors.Add($"{preset.BaseUrlVariable} {problem}");
                    continue;
                }

                given = given.TrimEnd('/');
                baseUrl = given.EndsWith(preset.SdkPath, StringComparison.Ordinal) ? given : given + preset.SdkPath;
            }

            rows.Add(new ProviderConfig
            {
                Id = preset.Id,
                BaseUrl = baseUrl,
                ApiKeyRef = $"env:{keyVariable}",
                Models = ModelSelection.Catalogue,
            });
        }

        return new EnvironmentProviders(rows, errors);
    }

    private static string? Given(IReadOnlyDictionary<string, string> variables, string name) =>
        variables.TryGetValue(name, out var value) && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    /// <param name="Id">The row's id.</param>
    /// <param name="KeyVariables">Any one of them; the first that is set.</param>
    /// <param name="BaseUrlVariable">Where the base URL may stand.</param>
    /// <param name="DefaultBaseUrl">Where the OpenAI-compatible API is.</param>
    /// <param name="SdkPath">What is appended to a given base URL that does not end with it.</param>
    private sealed record Preset(string Id, string[] KeyVariables, string BaseUrlVariable, string DefaultBaseUrl, string SdkPath);
}
