using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers;

/// <summary>What is known of a provider before anybody configures it: fills what its row does not say.</summary>
public sealed record ProviderPreset
{
    /// <summary>What rows call it: <c>preset</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Its name, for people.</summary>
    public required string Name { get; init; }

    /// <summary>The wire format spoken.</summary>
    public required string WireFormat { get; init; }

    /// <summary>Where it is; null where that differs from customer to customer.</summary>
    public string? BaseUrl { get; init; }

    /// <summary>What a base URL looks like where there is no other; else null.</summary>
    public string? Example { get; init; }

    /// <summary>The price table's provider whose rows price its models; null where the table has none of them.</summary>
    public string? PriceProvider { get; init; }

    /// <summary>Whether a row that lists no models has all that the price table has.</summary>
    public bool HasCatalogue { get; init; }

    /// <summary>As in a row.</summary>
    public string? Auth { get; init; }

    /// <summary>As in a row.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>As in a row.</summary>
    public IReadOnlyDictionary<string, string>? Query { get; init; }

    /// <summary>As in a row.</summary>
    public string? PathTemplate { get; init; }

    /// <summary>As in a row.</summary>
    public IReadOnlyList<string>? DropMembers { get; init; }

    /// <summary>As in a row.</summary>
    public IReadOnlyDictionary<string, string>? RenameMembers { get; init; }

    /// <summary>As in a row; true when absent.</summary>
    public bool? StreamOptions { get; init; }

    /// <summary>As in a row; false when absent.</summary>
    public bool? Completions { get; init; }

    /// <summary>As in a row; false when absent.</summary>
    public bool? Batches { get; init; }

    /// <summary>Under which variables the environment has it; null where it is not picked up from there.</summary>
    public PresetEnvironment? Environment { get; init; }

    /// <summary>The page of its documentation that this was taken from.</summary>
    public required string Documentation { get; init; }
}

/// <summary>The variables that a provider's own SDK reads.</summary>
/// <param name="Id">The id of the row that comes about: the price table's provider.</param>
/// <param name="Keys">Any one of them holds the key; the first that is set.</param>
/// <param name="BaseUrl">Where the base URL may stand.</param>
/// <param name="Append">What is appended to a given base URL that does not end with it: the SDK does so itself.</param>
public sealed record PresetEnvironment(string Id, IReadOnlyList<string> Keys, string BaseUrl, string Append);

/// <summary>The presets there are: a data file, of which those are offered whose wire format is spoken here.</summary>
internal static class ProviderPresets
{
    private static readonly ProviderPreset[] File = Load();

    private static readonly FrozenDictionary<string, ProviderPreset> ById =
        File.Where(static p => ChatFormats.Named(p.WireFormat) is not null).ToFrozenDictionary(static p => p.Id, StringComparer.Ordinal);

    /// <summary>Those that are offered, in the file's order.</summary>
    public static IReadOnlyList<ProviderPreset> All { get; } = [.. File.Where(static p => ById.ContainsKey(p.Id))];

    /// <summary>The preset of an id; null where none is offered.</summary>
    public static ProviderPreset? Named(string id) => ById.GetValueOrDefault(id);

    private static ProviderPreset[] Load()
    {
        using var stream = typeof(ProviderPresets).Assembly.GetManifestResourceStream("AiOrchestrator.Core.Providers.presets.json")
            ?? throw new InvalidOperationException("the presets are not embedded");
        return JsonSerializer.Deserialize(stream, PresetsJson.Default.ProviderPresetArray)
            ?? throw new InvalidOperationException("the presets are empty");
    }
}

/// <summary>The written form of presets.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ProviderPreset[]))]
internal sealed partial class PresetsJson : JsonSerializerContext;

/// <summary>The answer of <c>GET /control/v1/provider-presets</c>.</summary>
/// <param name="Data">The presets.</param>
public sealed record PresetListView(IReadOnlyList<ProviderPreset> Data);
