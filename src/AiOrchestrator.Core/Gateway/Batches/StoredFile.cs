using System.Text.Json;
using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>A file that lies at a provider, as it is stored. Its name is the gateway's own, of the form <c>file-</c> and 32 digits; the provider's never leaves the house.</summary>
/// <param name="Id">The caller's name for it.</param>
/// <param name="OrganisationId">Whose it is.</param>
/// <param name="KeyId">The key it was uploaded with: nobody else sees it.</param>
/// <param name="Provider">The row it lies at.</param>
/// <param name="UpstreamId">The provider's name for it.</param>
/// <param name="Purpose">What it is for, in OpenAI's words.</param>
internal sealed record StoredFile(string Id, string OrganisationId, string KeyId, string Provider, string UpstreamId, string Purpose) : IKeysOwn
{
    /// <summary>What batches are made of.</summary>
    public const string BatchPurpose = "batch";

    /// <summary>What comes of batches.</summary>
    public const string OutputPurpose = "batch_output";

    private const string Prefix = "file-";
    private const int ExchangePrefixLength = 3;

    /// <summary>What was found in it; null where it is not the file of a batch.</summary>
    public BatchInput? Input { get; init; }

    /// <summary>All that is said of it, with the caller's names.</summary>
    public JsonElement Answer { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public bool IsClosed => true;

    /// <summary>Whether its provider has looked at it; until then it is asked how far it is.</summary>
    [JsonIgnore]
    public bool IsProcessed => !Answer.TryGetProperty("status", out var status) || status.ValueKind != JsonValueKind.String || status.GetString() is "processed" or "error";

    /// <summary>A name that nobody has.</summary>
    public static string NewId(IdSource ids) => IdOf(ids.NewExchangeId());

    /// <summary>The first name that could be given at a time; for ranges.</summary>
    public static string FirstAt(long unixMs) => IdOf(ExchangeId.FirstAt(unixMs));

    /// <summary>Whether it may be one: what is not is not looked for.</summary>
    public static bool IsId(string text) => text.StartsWith(Prefix, StringComparison.Ordinal) && ExchangeId.TryParse("ex_" + text[Prefix.Length..], out _);

    /// <summary>What its provider is asked about it.</summary>
    public UpstreamQuestion Ask(HttpMethod method, string suffix = "") => new(Provider, method, $"files/{UpstreamId}{suffix}", new FileNotFound(), new FileProviderGone(Provider));

    /// <summary>As it stands after an answer of the provider.</summary>
    /// <param name="answer">What it said.</param>
    /// <param name="bytes">How large the file is as the caller knows it; null where that is what the provider says.</param>
    public StoredFile Seen(JsonElement answer, long? bytes)
    {
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in answer.EnumerateObject())
        {
            members[member.Name] = member.Value;
        }

        members["id"] = JsonSerializer.SerializeToElement(Id, BatchesJson.Default.String);
        members["object"] = JsonSerializer.SerializeToElement("file", BatchesJson.Default.String);
        members["purpose"] = JsonSerializer.SerializeToElement(Purpose, BatchesJson.Default.String);
        if (bytes is { } size)
        {
            members["bytes"] = JsonSerializer.SerializeToElement(size, BatchesJson.Default.Int64);
        }

        return this with { Answer = JsonSerializer.SerializeToElement(members, BatchesJson.Default.DictionaryStringJsonElement) };
    }

    private static string IdOf(ExchangeId id) => Prefix + id.ToString()[ExchangePrefixLength..];
}
