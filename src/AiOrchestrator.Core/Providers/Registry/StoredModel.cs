using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Registry;

/// <summary>
/// What an organisation has said of a model, as it is stored. What is null or not given is as the registry has it.
/// </summary>
/// <param name="Model">The name callers use, or used.</param>
/// <param name="HasDates">Whether the two dates are the organisation's; nulls in them mean none then.</param>
/// <param name="DeprecatedUnixMs">From when it is dying.</param>
/// <param name="RetiredUnixMs">From when it is dead.</param>
/// <param name="HasReplacement">Whether the replacement is the organisation's; null means none then.</param>
/// <param name="Replacement">What takes its place.</param>
/// <param name="Aliases">Other names for it.</param>
/// <param name="Capabilities">What it can do, in words.</param>
/// <param name="Family">The line of models it belongs to.</param>
/// <param name="Tier">Where it stands in it.</param>
/// <param name="PriorityRank">Lower is preferred.</param>
/// <param name="Note">For people.</param>
internal sealed record StoredModel(
    string Model,
    bool HasDates,
    long? DeprecatedUnixMs,
    long? RetiredUnixMs,
    bool HasReplacement,
    string? Replacement,
    IReadOnlyList<string> Aliases,
    IReadOnlyList<string>? Capabilities,
    string? Family,
    ModelTier? Tier,
    int? PriorityRank,
    string? Note)
{
    /// <summary>Its dates, where <see cref="HasDates"/>.</summary>
    [JsonIgnore]
    public Lifecycle Lifecycle => Lifecycle.Of(DeprecatedUnixMs, RetiredUnixMs);

    /// <summary>The capabilities as a set; null where nothing is said.</summary>
    [JsonIgnore]
    public ModelCapabilities? CapabilitySet => Capabilities?.Aggregate(
        ModelCapabilities.None, static (set, word) => set | (CapabilityWords.Parse(word) ?? ModelCapabilities.None));
}

/// <summary>What becomes of calls to models that are dead and have no replacement, as it is stored.</summary>
/// <param name="DefaultModel">Who serves them; null: nobody.</param>
internal sealed record StoredModelPolicy(string? DefaultModel);

/// <summary>All that an organisation has said of models, with the tags of its documents. Immutable.</summary>
/// <param name="Models">By name.</param>
/// <param name="Policy">On those without a replacement; null: nothing.</param>
/// <param name="PolicyTag">Its document's tag.</param>
internal sealed record OrganisationModels(
    IReadOnlyDictionary<string, (StoredModel Stored, string ETag)> Models, StoredModelPolicy? Policy, string? PolicyTag)
{
    /// <summary>Nothing said yet.</summary>
    public static OrganisationModels Empty { get; } = new(new Dictionary<string, (StoredModel, string)>(StringComparer.Ordinal), null, null);

    /// <summary>What is said of a model; null for nothing.</summary>
    public StoredModel? Of(string model) => Models.TryGetValue(model, out var found) ? found.Stored : null;

    /// <summary>With a word put in its place.</summary>
    public OrganisationModels With(StoredModel stored, string etag) => this with
    {
        Models = new Dictionary<string, (StoredModel Stored, string ETag)>(Models, StringComparer.Ordinal) { [stored.Model] = (stored, etag) },
    };

    /// <summary>Without one.</summary>
    public OrganisationModels Without(string model) => this with
    {
        Models = Models.Where(m => m.Key != model).ToDictionary(StringComparer.Ordinal),
    };
}

/// <summary>Where documents about models lie.</summary>
internal static class StoredModels
{
    /// <summary>The id of the document of which there is one for each organisation.</summary>
    public const string Policy = "policy";

    private const string WordsPrefix = "models:";
    private const string TermsPrefix = "model-terms:";

    public static string Words(string organisationId) => WordsPrefix + organisationId;

    public static string Terms(string organisationId) => TermsPrefix + organisationId;

    /// <summary>Whether the models in memory rest on a partition.</summary>
    public static bool AreModels(string partition) =>
        partition.StartsWith(WordsPrefix, StringComparison.Ordinal) || partition.StartsWith(TermsPrefix, StringComparison.Ordinal);

    /// <summary>Reads what an organisation has said.</summary>
    public static async Task<OrganisationModels> ReadAsync(IDocumentStore documents, string organisationId, CancellationToken cancellation)
    {
        var models = new Dictionary<string, (StoredModel Stored, string ETag)>(StringComparer.Ordinal);
        await foreach (var (stored, etag) in documents.AllAsync(Words(organisationId), RegistryJson.Default.StoredModel, cancellation))
        {
            models[stored.Model] = (stored, etag);
        }

        var (policy, policyTag) = await documents.FindAsync(Terms(organisationId), Policy, RegistryJson.Default.StoredModelPolicy, cancellation);
        return new OrganisationModels(models, policy, policyTag);
    }
}

/// <summary>The written form of documents and answers about models.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredModel))]
[JsonSerializable(typeof(StoredModelPolicy))]
[JsonSerializable(typeof(ModelRequest))]
[JsonSerializable(typeof(ModelLifeView))]
[JsonSerializable(typeof(Page<ModelLifeView>))]
[JsonSerializable(typeof(ModelPolicyRequest))]
[JsonSerializable(typeof(ModelPolicyView))]
internal sealed partial class RegistryJson : JsonSerializerContext;
