using AiOrchestrator.Core.Identity;

namespace AiOrchestrator.Core.Traffic;

/// <summary>Section <c>Traffic</c>.</summary>
public sealed class TrafficOptions
{
    private const int MaxEntries = 200;

    /// <summary>Providers nobody's calls go to, by id, separated by commas; <c>*</c> stands for any characters. Default none.</summary>
    public string BlockedProviders { get; set; } = "";

    /// <summary>Models nobody may call, likewise, by the callers' or the provider's name. Default none.</summary>
    public string BlockedModels { get; set; } = "";

    /// <summary>Families of models nobody may call, likewise. Default none.</summary>
    public string BlockedFamilies { get; set; } = "";

    /// <summary>The entries of a list.</summary>
    internal static IReadOnlyList<string> Entries(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Everything that is out of bounds, one line each.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        Check(nameof(BlockedProviders), BlockedProviders);
        Check(nameof(BlockedModels), BlockedModels);
        Check(nameof(BlockedFamilies), BlockedFamilies);
        return errors;

        void Check(string name, string list)
        {
            var entries = Entries(list);
            if (entries.Count > MaxEntries || entries.Any(static e => e.Length > ModelPatterns.MaxLength || e.AsSpan().ContainsAnyExceptInRange('!', '~')))
            {
                errors.Add($"Traffic:{name} must be at most {MaxEntries} names or patterns, separated by commas, each of 1 to {ModelPatterns.MaxLength} visible ASCII characters without spaces");
            }
        }
    }
}
