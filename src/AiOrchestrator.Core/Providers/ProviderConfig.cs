using System.Text.Json;
using System.Text.Json.Serialization;
using AiOrchestrator.Core.Providers.Health;

namespace AiOrchestrator.Core.Providers;

/// <summary>One provider as its administrator describes it: what the control API takes and what is stored. Holds no secret.</summary>
public sealed record ProviderConfig
{
    /// <summary>1 to 40 of a-z, 0-9 and hyphen.</summary>
    public required string Id { get; init; }

    /// <summary>The wire format spoken; <c>openai</c>.</summary>
    public string WireFormat { get; init; } = "openai";

    /// <summary>Absolute http or https, without credentials, query or fragment; paths such as <c>chat/completions</c> are appended.</summary>
    public required string BaseUrl { get; init; }

    /// <summary>The region of a provider that signs for one and whose <see cref="BaseUrl"/> does not name it; null elsewhere.</summary>
    public string? Region { get; init; }

    /// <summary>Everywhere it processes data: regions such as <c>eu</c> or <c>eu-west-1</c>, <c>*</c> for anywhere; null where that is not known.</summary>
    public IReadOnlyList<string>? Regions { get; init; }

    /// <summary>Where the provider's key lies (<c>env:NAME</c>, <c>file:PATH</c>); null for a provider without one.</summary>
    public string? ApiKeyRef { get; init; }

    /// <summary>The price table's provider whose rows price the models; the id itself when absent.</summary>
    public string? PriceProvider { get; init; }

    /// <summary>
    /// An array of models, or <c>"catalogue"</c>: every model the price table has for <see cref="PriceProvider"/>; or <c>"listed"</c>: every model the
    /// provider lists itself, as it did when its list was last read.
    /// </summary>
    public required ModelSelection Models { get; init; }

    /// <summary>Until connected, TLS included. Default 5000, 100 to 60 000; milliseconds.</summary>
    public int ConnectTimeoutMs { get; init; } = 5_000;

    /// <summary>From sending to the first byte of the answer's body. Default 120 000, 1000 to 3 600 000; milliseconds.</summary>
    public int FirstByteTimeoutMs { get; init; } = 120_000;

    /// <summary>Between two pieces of the answer. Default 60 000, 1000 to 3 600 000; milliseconds.</summary>
    public int IdleTimeoutMs { get; init; } = 60_000;

    /// <summary>The whole call. Default 900 000, 1000 to 3 600 000; milliseconds.</summary>
    public int TotalTimeoutMs { get; init; } = 900_000;

    /// <summary>Most calls under way at once. Default 2048, 1 to 65 536.</summary>
    public int MaxConnections { get; init; } = 2_048;

    /// <summary>Lower is tried first where several providers serve a model. Default 100, 0 to 1 000 000.</summary>
    public int Priority { get; init; } = 100;

    /// <summary>What a vanished client means upstream: <c>cancel</c> (default) or <c>drain</c>.</summary>
    public ClientGoneAction OnClientGone { get; init; }

    /// <summary>How long after the client went away a drained answer is read on. Default 30 000, 0 to 600 000; milliseconds.</summary>
    public int DrainTimeoutMs { get; init; } = 30_000;

    /// <summary>How many tokens received since then end a drain. Default 20 000, 0 to 1 000 000 000.</summary>
    public long DrainMaxTokens { get; init; } = 20_000;

    /// <summary>
    /// Whether the provider serves OpenAI's responses beside its chat completions; null for what <see cref="ServesResponses()"/> says. Means nothing
    /// for rows of other wire formats.
    /// </summary>
    public bool? Responses { get; init; }

    /// <summary>The same decided: where nothing is said, OpenAI and Azure OpenAI do.</summary>
    public bool ServesResponses() => WireFormat == "openai"
        && (Responses ?? (Uri.TryCreate(BaseUrl, UriKind.Absolute, out var url) && (url.Host == "api.openai.com" || url.Host.EndsWith(".openai.azure.com", StringComparison.Ordinal))));

    /// <summary>
    /// Whether the provider serves OpenAI's legacy completions for all its models of conversations; default false. Models that have nothing else need no
    /// mention. Means nothing for rows of other wire formats.
    /// </summary>
    public bool Completions { get; init; }
    /// <summary>Whether it has OpenAI's files and batches. Default false.</summary>
    public bool Batches { get; init; }

    /// <summary>How the key is presented, of <see cref="ProviderAuth"/>; as the wire format has it when absent.</summary>
    public string? Auth { get; init; }

    /// <summary>Headers of every request to it: name to value, or to <c>secret:</c> and where the value lies.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>What the query of every URL holds.</summary>
    public IReadOnlyDictionary<string, string>? Query { get; init; }

    /// <summary>The path below <see cref="BaseUrl"/>, with <c>{path}</c> and perhaps <c>{model}</c>: for URLs that name a deployment.</summary>
    public string? PathTemplate { get; init; }

    /// <summary>Members of requests it refuses and that steer nothing about the answer: they are left out.</summary>
    public IReadOnlyList<string>? DropMembers { get; init; }

    /// <summary>Members of requests that have another name there.</summary>
    public IReadOnlyDictionary<string, string>? RenameMembers { get; init; }

    /// <summary>False where it refuses <c>stream_options</c>: streams are not asked for their usage. Default true.</summary>
    public bool StreamOptions { get; init; } = true;

    /// <summary>How it is probed: <c>models</c> (default, costs nothing) or <c>chat</c>, which the provider bills.</summary>
    public ProbeKind Probe { get; init; }

    /// <summary>How often it is probed; null for what the option says. 0 (never) to 3 600 000; milliseconds.</summary>
    public int? ProbeIntervalMs { get; init; }
    /// <summary>Names for its voices: a name callers use to an id the provider knows.</summary>
    public IReadOnlyDictionary<string, string>? Voices { get; init; }

    /// <summary>False keeps the row and takes it out of service. Default true.</summary>
    public bool Enabled { get; init; } = true;
}

/// <summary>A model in a provider's row.</summary>
public sealed record ModelConfig
{
    /// <summary>The name callers use: 1 to 200 visible ASCII characters.</summary>
    public required string Id { get; init; }

    /// <summary>The name the provider knows; the id when absent.</summary>
    public string? UpstreamId { get; init; }

    /// <summary>The price table's model it is priced as, <c>provider/model</c> or <c>model</c>; looked up by provider and upstream id when absent.</summary>
    public string? PriceAs { get; init; }

    /// <summary>A price of its own, instead of one from the table.</summary>
    public ModelPriceConfig? Price { get; init; }

    /// <summary>What a model is called for that nobody has a price of: a word of the price file, <c>chat</c> when absent. Else its price says it.</summary>
    public string? Kind { get; init; }

    /// <summary>Overrides the price table's; 1 to 1 000 000 000.</summary>
    public long? ContextWindowTokens { get; init; }

    /// <summary>Overrides the price table's; 1 to 1 000 000 000.</summary>
    public long? MaxOutputTokens { get; init; }

    /// <summary>Overrides the price table's: <c>max_tokens</c> or <c>max_completion_tokens</c>.</summary>
    public string? OutputLimitMember { get; init; }
}

/// <summary>A price of a model's own. Decimal strings of US dollars per million tokens; free must be said: "0".</summary>
public sealed record ModelPriceConfig
{
    /// <summary>A kind of the price file; <c>chat</c> when absent.</summary>
    public string Kind { get; init; } = "chat";

    /// <summary>Prompt tokens; required without <see cref="Period"/>.</summary>
    public string? InputUsdPerMillion { get; init; }

    /// <summary>Completion tokens; required for chat.</summary>
    public string? OutputUsdPerMillion { get; init; }

    /// <summary>Prompt tokens read from the provider's cache; the input price when absent.</summary>
    public string? CacheReadUsdPerMillion { get; init; }

    /// <summary>
    /// Instead of the three: a price period as the price file writes it, with every component, unit, tier, window and way of billing
    /// (docs/operations/price-file.md).
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Period { get; init; }
}

/// <summary>Which models a provider serves.</summary>
/// <param name="Listed">These; null: all that the price table has for the provider, or all that it lists itself.</param>
[JsonConverter(typeof(ModelSelectionConverter))]
public sealed record ModelSelection(IReadOnlyList<ModelConfig>? Listed)
{
    /// <summary>How "all that the price table has" is written.</summary>
    public const string CatalogueWord = "catalogue";

    /// <summary>How "all that the provider lists itself" is written.</summary>
    public const string OwnListWord = "listed";

    /// <summary>Whether it is what the provider's own list says, as it was when it was last read.</summary>
    public bool IsOwnList { get; private init; }

    /// <summary>All that the provider lists itself.</summary>
    public static ModelSelection OwnList { get; } = new((IReadOnlyList<ModelConfig>?)null) { IsOwnList = true };

    /// <summary>All that the price table has.</summary>
    public static ModelSelection Catalogue { get; } = new((IReadOnlyList<ModelConfig>?)null);
}

/// <summary>Writes a selection as a word or an array. Rows are read member by member, never through this.</summary>
internal sealed class ModelSelectionConverter : JsonConverter<ModelSelection>
{
    public override ModelSelection Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("provider rows are read by ProviderConfigValidator");

    public override void Write(Utf8JsonWriter writer, ModelSelection value, JsonSerializerOptions options)
    {
        if (value.Listed is null)
        {
            writer.WriteStringValue(value.IsOwnList ? ModelSelection.OwnListWord : ModelSelection.CatalogueWord);
            return;
        }

        writer.WriteStartArray();
        foreach (var model in value.Listed)
        {
            JsonSerializer.Serialize(writer, model, ProvidersJson.Default.ModelConfig);
        }

        writer.WriteEndArray();
    }
}
