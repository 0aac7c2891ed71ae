using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.Echo;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Providers.Registry;

namespace AiOrchestrator.Core.Providers;

/// <summary>How long each part of an upstream call may take, in milliseconds.</summary>
/// <param name="ConnectMs">Until connected (TLS included).</param>
/// <param name="FirstByteMs">From sending to the first byte of the answer's body.</param>
/// <param name="IdleMs">Between two pieces of the answer.</param>
/// <param name="TotalMs">The whole call.</param>
public sealed record ProviderTimeouts(int ConnectMs, int FirstByteMs, int IdleMs, int TotalMs);

/// <summary>What happens upstream when the client is gone (MT-07).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ClientGoneAction>))]
public enum ClientGoneAction
{
    /// <summary>Cut the upstream call; what was received is counted and charged.</summary>
    [JsonStringEnumMemberName("cancel")] Cancel,

    /// <summary>Read on, within bounds, and charge what is reported: for providers that bill after a cancel.</summary>
    [JsonStringEnumMemberName("drain")] Drain,
}

/// <summary>What a vanished client means upstream, and how far an answer nobody waits for is read on.</summary>
/// <param name="Action">Cut, or read on.</param>
/// <param name="DrainTimeoutMs">For so long after the client went away; milliseconds.</param>
/// <param name="DrainMaxTokens">For so many tokens received since, as far as they show as they pass.</param>
public sealed record ClientGoneRule(ClientGoneAction Action, int DrainTimeoutMs, long DrainMaxTokens);

/// <summary>A model as one provider serves it.</summary>
/// <param name="Id">The name callers use.</param>
/// <param name="UpstreamId">The name the provider knows.</param>
/// <param name="Price">
/// What it is, and what its row or the catalogue says it costs. What a call costs the organisation's <see cref="PriceBook"/> says.
/// </param>
public sealed record ServedModel(string Id, string UpstreamId, PriceEntry Price)
{
    /// <summary>The model as price books know it.</summary>
    public PriceSubject Priced { get; init; } = new(Price.Provider, Id, UpstreamId, Price, isRowsOwn: false);

    /// <summary>Whose model it is, as the registry has it: the row's word, or else that of its price, which may be the row's own or another model's.</summary>
    public string Vendor { get; init; } = Price.Provider;

    /// <summary>The bounds that hold at this provider: the price row's, unless the provider's row says otherwise.</summary>
    public ModelLimits Limits { get; init; } = Price.Limits;

    /// <summary>How its tokens are counted. The price row's names decide: a deployment may be called anything.</summary>
    public ModelFamily Family { get; } = ModelFamilies.Of(Price.Provider, Price.Id);

    /// <summary>Whether it continues texts, in legacy completions, and knows no conversations.</summary>
    public bool Completes { get; } = Price.Capabilities.Contains("completion");

    /// <summary>The request member that bounds a completion here; null for embeddings.</summary>
    public string? OutputLimitMember { get; init; } = Price.OutputLimitMember;

    /// <summary><see cref="UpstreamId"/> as a JSON string, quotes included; made once.</summary>
    public ReadOnlyMemory<byte> UpstreamIdJson { get; } = JsonSerializer.SerializeToUtf8Bytes(UpstreamId, UpstreamJson.Default.String);
}

[JsonSerializable(typeof(string))]
internal sealed partial class UpstreamJson : JsonSerializerContext;

/// <summary>One provider as calls see it: immutable, secrets resolved. Built from a <c>ProviderConfig</c> row.</summary>
public sealed class Provider
{
    /// <summary>The row's id, part of usage events and headers.</summary>
    public required string Id { get; init; }

    /// <summary>The wire format spoken, by the name of its <see cref="ChatFormat"/>, or <c>echo</c> for the built-in provider.</summary>
    public required string WireFormat { get; init; }

    /// <summary>The same as what writes and reads it.</summary>
    internal ChatFormat Format => field ??= ChatFormats.Named(WireFormat) ?? throw new InvalidOperationException($"there is no wire format '{WireFormat}'");

    /// <summary>Whether it serves OpenAI's responses beside its chat completions.</summary>
    public bool HasResponses { get; init; }

    /// <summary>Whether it serves OpenAI's legacy completions for all its models of conversations.</summary>
    public bool HasCompletions { get; init; }

    /// <summary>Whether a legacy completion of a model goes to it as it is: by its row, or because the model has nothing else.</summary>
    internal bool Completes(ServedModel model) =>
        Format is OpenAiChatFormat && WireFormat != EchoHandler.WireFormat && (HasCompletions || model.Completes);

    /// <summary>Whether it has OpenAI's files and batches.</summary>
    public bool HasBatches { get; init; }

    /// <summary>What it is spoken to for a call: its wire format, or one of OpenAI's other APIs where it has them.</summary>
    internal ChatFormat FormatOf(ModelCall call) => call == ModelCall.Responses && HasResponses ? OpenAiResponsesFormat.Instance : Format;

    /// <summary>Where paths such as <c>chat/completions</c> are appended; ends with a slash.</summary>
    public required Uri BaseUrl { get; init; }

    /// <summary>The resolved credential, or null for a provider without one. Never written anywhere but into the upstream request.</summary>
    public required string? Credential { get; init; }

    /// <summary>Whether the credential is an access token that was had for the row's secret, which is not sent itself.</summary>
    public bool HasAccessToken { get; init; }

    /// <summary>The region requests are signed for; null where <see cref="BaseUrl"/> names it, or none is needed.</summary>
    public string? Region { get; init; }

    /// <summary>Everywhere it processes data, in small letters; empty where that is not known.</summary>
    public IReadOnlyList<string> Regions { get; init; } = [];

    /// <summary>The value of the upstream <c>Authorization</c> header, or null; made once.</summary>
    internal string? AuthorizationHeader => field ??= Credential is null ? null : $"Bearer {Credential}";

    /// <summary>How the credential is presented, of <see cref="ProviderAuth"/>; null: as the wire format has it.</summary>
    public string? Auth { get; init; }

    /// <summary>Headers of the row's own, secrets resolved.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>What every URL's query holds, encoded, without the question mark; null for nothing.</summary>
    public string? Query { get; init; }

    /// <summary>The path below <see cref="BaseUrl"/> with <c>{model}</c> and <c>{path}</c>; null: the path itself.</summary>
    public string? PathTemplate { get; init; }

    /// <summary>What it takes otherwise than its wire format says; null for nothing.</summary>
    internal ProviderQuirks? Quirks { get; init; }

    /// <summary>Its voices by names of the row's own; null where it names none.</summary>
    public IReadOnlyDictionary<string, string>? Voices { get; init; }

    /// <summary>What must not be repeated to anybody: the credential, and headers that are secret.</summary>
    internal IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>Where a call of OpenAI's format is sent.</summary>
    internal Uri UriOf(ModelCall call, ServedModel model) => PathTemplate is not { } template
        ? CallUris[(int)call]
        : new Uri(BaseUrl, template.Replace("{model}", Uri.EscapeDataString(model.UpstreamId), StringComparison.Ordinal)
            .Replace("{path}", call.Traits().Path, StringComparison.Ordinal));

    /// <summary>The same without a template, by <see cref="ModelCall"/>; made once.</summary>
    private IReadOnlyList<Uri> CallUris => field ??= [.. from call in ModelCalls.All.ToArray() select new Uri(BaseUrl, call.Path)];

    /// <summary>The timeouts.</summary>
    public required ProviderTimeouts Timeouts { get; init; }

    /// <summary>Most calls under way at once; more are refused with 503 <c>provider_at_capacity</c>.</summary>
    public required int MaxConnections { get; init; }

    /// <summary>What a vanished client means.</summary>
    public required ClientGoneRule OnClientGone { get; init; }

    /// <summary>Lower is tried first when several providers serve a model.</summary>
    public required int Priority { get; init; }

    /// <summary>Served models.</summary>
    public required IReadOnlyList<ServedModel> Models { get; init; }
}

/// <summary>A model and the provider that would serve it.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Model">The model as that provider serves it.</param>
public sealed record Route(Provider Provider, ServedModel Model)
{
    /// <summary>How long the model lives there. Whoever sends a call looks: a dead model is never named to a provider.</summary>
    public required Lifecycle Life { get; init; }

    /// <summary>The line of models it belongs to; null where nobody has said.</summary>
    public string? Family { get; init; }

    /// <summary>Other names its model has, as far as the map that made the route knows them.</summary>
    public IReadOnlyList<string> Aliases { get; internal set; } = [];
}

/// <summary>All providers at one moment; an exchange pins one.</summary>
/// <param name="Version">Grows with every change.</param>
/// <param name="Providers">In order of priority, then id.</param>
/// <param name="RoutesByModel">For each model id that rows have, its routes in order of priority, dead ones included: to show and to price. Calls find theirs by <paramref name="Models"/>.</param>
/// <param name="Models">What every name leads to.</param>
public sealed record ProviderSnapshot(
    long Version, IReadOnlyList<Provider> Providers, FrozenDictionary<string, IReadOnlyList<Route>> RoutesByModel, ModelMap Models);
