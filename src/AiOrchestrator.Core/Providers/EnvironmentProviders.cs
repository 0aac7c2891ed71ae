namespace AiOrchestrator.Core.Providers;

/// <summary>
/// Provider rows taken from the environment: whoever has the variables that a provider's own SDK reads gets that provider without configuring
/// anything, as its preset has it. The key is referred to, not copied.
/// </summary>
public sealed class EnvironmentProviders
{
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
        foreach (var preset in ProviderPresets.All)
        {
            if (preset.Environment is not { } environment || environment.Keys.FirstOrDefault(name => Given(variables, name) is not null) is not { } keyVariable)
            {
                continue;
            }

            var baseUrl = preset.BaseUrl!;
            if (Given(variables, environment.BaseUrl) is { } given)
            {
                if (ProviderConfigReader.CheckBaseUrl(given) is { } problem)
                {
                    // The value may hold credentials: it is not repeated.
                    errors.Add($"{environment.BaseUrl} {problem}");
                    continue;
                }

                given = given.TrimEnd('/');
                baseUrl = given.EndsWith(environment.Append, StringComparison.Ordinal) ? given : given + environment.Append;
            }

            rows.Add(Row(preset, environment.Id, baseUrl, $"env:{keyVariable}"));
        }

        return new EnvironmentProviders(rows, errors);
    }

    private static ProviderConfig Row(ProviderPreset preset, string id, string baseUrl, string keyRef) => new()
    {
        Id = id,
        WireFormat = preset.WireFormat,
        BaseUrl = baseUrl,
        ApiKeyRef = keyRef,
        PriceProvider = preset.PriceProvider,
        Models = ModelSelection.Catalogue,
        Auth = preset.Auth,
        Headers = preset.Headers,
        Query = preset.Query,
        PathTemplate = preset.PathTemplate,
        DropMembers = preset.DropMembers,
        RenameMembers = preset.RenameMembers,
        StreamOptions = preset.StreamOptions ?? true,
        Completions = preset.Completions ?? false,
        Batches = preset.Batches ?? false,
    };

    private static string? Given(IReadOnlyDictionary<string, string> variables, string name) =>
        variables.TryGetValue(name, out var value) && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;
}
