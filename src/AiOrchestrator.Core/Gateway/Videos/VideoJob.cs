using System.Text.Json;
using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Gateway.Videos;

/// <summary>
/// A job that films at a provider, as it is stored. Its name, <c>video_</c> and the 32 digits of the exchange that began it, is the caller's; the provider's
/// own never leaves the house.
/// </summary>
/// <param name="Id">The caller's name for it.</param>
/// <param name="OrganisationId">Whose it is.</param>
/// <param name="KeyId">The key it was begun with: nobody else sees it.</param>
/// <param name="Provider">The row it lies at.</param>
/// <param name="Model">The model, by the name callers use.</param>
/// <param name="UpstreamId">The provider's name for it.</param>
internal sealed record VideoJob(string Id, string OrganisationId, string KeyId, string Provider, string Model, string UpstreamId) : IKeysOwn
{
    private const string Prefix = "video_";
    private const int ExchangePrefixLength = 3;

    /// <summary>How large it is made; what a remix of it costs goes by that.</summary>
    public required string Size { get; init; }

    /// <summary>How long, in milliseconds.</summary>
    public required long LengthMs { get; init; }

    /// <summary>When it was begun, milliseconds since 1970.</summary>
    public required long CreatedUnixMs { get; init; }

    /// <summary>The job it was made from; null where there is none.</summary>
    public string? RemixedFrom { get; init; }

    /// <summary>What the provider said of it last: <c>queued</c>, <c>in_progress</c>, <c>completed</c>, <c>failed</c>.</summary>
    public string? Status { get; init; }

    /// <summary>All it said, with the caller's names.</summary>
    public JsonElement Answer { get; init; }

    /// <summary>Of a failed one: whether the wallets have their money back.</summary>
    public bool IsRefunded { get; init; }

    /// <summary>Whether the provider is to be asked no more.</summary>
    [JsonIgnore]
    public bool HasEnded => HasFailed || Status == "completed";

    /// <summary>Whether nothing came of it.</summary>
    [JsonIgnore]
    public bool HasFailed => Status == "failed";

    /// <summary>Whether nothing is left to be done about it.</summary>
    [JsonIgnore]
    public bool IsClosed => HasEnded && (!HasFailed || IsRefunded);

    /// <summary>The call that began it.</summary>
    [JsonIgnore]
    public ExchangeId Exchange => ExchangeId.TryParse("ex_" + Id[Prefix.Length..], out var id) ? id : throw new InvalidDataException($"'{Id}' names no exchange");

    /// <summary>The name of the job a call begins.</summary>
    public static string IdOf(ExchangeId exchange) => Prefix + exchange.ToString()[ExchangePrefixLength..];

    /// <summary>The first name that could be given at a time; for ranges.</summary>
    public static string FirstAt(long unixMs) => IdOf(ExchangeId.FirstAt(unixMs));

    /// <summary>Its path at its provider.</summary>
    public string Path(string suffix) => $"videos/{UpstreamId}{suffix}";

    /// <summary>What its provider is asked about it.</summary>
    public UpstreamQuestion Ask(HttpMethod method, string suffix = "") => new(Provider, method, Path(suffix), new VideoNotFound(), new VideoProviderGone(Provider));

    /// <summary>Whether it may be one: what is not is not looked for.</summary>
    public static bool IsId(string text) => text.StartsWith(Prefix, StringComparison.Ordinal) && ExchangeId.TryParse("ex_" + text[Prefix.Length..], out _);

    /// <summary>As it stands after an answer of the provider.</summary>
    public VideoJob Seen(JsonElement answer) => this with
    {
        Status = answer.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.String ? status.GetString() : Status,
        Answer = Named(answer),
    };

    /// <summary>The provider's answer with the caller's names in place of its own.</summary>
    private JsonElement Named(JsonElement answer) =>
        Renaming.Of(answer, new Dictionary<string, string?>(StringComparer.Ordinal) { ["id"] = Id, ["remixed_from_video_id"] = RemixedFrom });
}

/// <summary>A page of jobs, in OpenAI's shape.</summary>
internal sealed record VideoList(string Object, IReadOnlyList<JsonElement> Data, string? FirstId, string? LastId, bool HasMore);

/// <summary>What is left of a deleted job, likewise.</summary>
internal sealed record VideoDeleted(string Id, string Object, bool Deleted);

/// <summary>The written form of jobs.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(VideoJob))]
[JsonSerializable(typeof(VideoList))]
[JsonSerializable(typeof(VideoDeleted))]
[JsonSerializable(typeof(VideoRequest))]
[JsonSerializable(typeof(VideoRemixRequest))]
[JsonSerializable(typeof(Video))]
internal sealed partial class VideosJson : JsonSerializerContext;
