using System.Text.Json;
using System.Text.Json.Serialization;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>
/// Many calls that a provider works through in its own time, as it is stored. Its name, <c>batch_</c> and the 32 digits of the exchange that began it, is the
/// caller's; the provider's own never leaves the house.
/// </summary>
/// <param name="Id">The caller's name for it.</param>
/// <param name="OrganisationId">Whose it is.</param>
/// <param name="KeyId">The key it was begun with: nobody else sees it.</param>
/// <param name="Provider">The row it lies at.</param>
/// <param name="UpstreamId">The provider's name for it.</param>
/// <param name="InputFile">The caller's name for its file.</param>
/// <param name="Input">What was found in that.</param>
internal sealed record BatchJob(string Id, string OrganisationId, string KeyId, string Provider, string UpstreamId, string InputFile, BatchInput Input) : IKeysOwn
{
    private const string Prefix = "batch_";
    private const int ExchangePrefixLength = 3;

    /// <summary>What was charged when it was begun: the most all its calls may cost; nano-dollars.</summary>
    public required long ReservedNanoUsd { get; init; }

    /// <summary>The wallets that paid that, leaf to root.</summary>
    public required IReadOnlyList<BatchWallet> Wallets { get; init; }

    /// <summary>Whom it is charged to in the books of the enterprise; or null.</summary>
    public string? CostCentre { get; init; }

    /// <summary>When it was begun, milliseconds since 1970: its prices are those of then.</summary>
    public required long CreatedUnixMs { get; init; }

    /// <summary>All the provider said of it last.</summary>
    public JsonElement Answer { get; init; }

    /// <summary>What came of it; null until its results were read. Once written it stays.</summary>
    public BatchOutcome? Outcome { get; init; }

    /// <summary>Whether the usage of that is on its way to the books.</summary>
    public bool IsTold { get; init; }

    /// <summary>Whether the wallets have back what it did not come to.</summary>
    public bool IsSettled { get; init; }

    /// <summary>Whether its results could not be had for so long that the reserve is its price.</summary>
    public bool IsGivenUp { get; init; }

    /// <summary>Whether nothing is left to be done about it.</summary>
    [JsonIgnore]
    public bool IsClosed => IsSettled || IsGivenUp;

    /// <summary>The call that began it.</summary>
    [JsonIgnore]
    public ExchangeId Exchange => ExchangeId.TryParse("ex_" + Id[Prefix.Length..], out var id) ? id : throw new InvalidDataException($"'{Id}' names no exchange");

    /// <summary>The wallets as shares of a settlement.</summary>
    [JsonIgnore]
    public IReadOnlyList<WalletShare> Shares => [.. Wallets.Select(static w => new WalletShare(w.WalletId, w.Period))];

    /// <summary>The name of the batch a call begins.</summary>
    public static string IdOf(ExchangeId exchange) => Prefix + exchange.ToString()[ExchangePrefixLength..];

    /// <summary>The first name that could be given at a time; for ranges.</summary>
    public static string FirstAt(long unixMs) => IdOf(ExchangeId.FirstAt(unixMs));

    /// <summary>Whether it may be one: what is not is not looked for.</summary>
    public static bool IsId(string text) => text.StartsWith(Prefix, StringComparison.Ordinal) && ExchangeId.TryParse("ex_" + text[Prefix.Length..], out _);

    /// <summary>Whether an answer of the provider says that nothing more comes of it.</summary>
    public static bool HasEnded(JsonElement answer) => answer.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.String
        && status.GetString() is "completed" or "failed" or "expired" or "cancelled";

    /// <summary>What its provider is asked about it.</summary>
    public UpstreamQuestion Ask(HttpMethod method, string suffix = "") =>
        new(Provider, method, $"batches/{UpstreamId}{suffix}", new BatchNotFound(), new BatchProviderGone(Provider));

    /// <summary>The provider's answer with the caller's names in place of its own.</summary>
    public JsonElement View() => Renaming.Of(Answer, new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["id"] = Id,
        ["input_file_id"] = InputFile,
        ["output_file_id"] = Outcome?.Output?.Id,
        ["error_file_id"] = Outcome?.Errors?.Id,
    });
}

/// <summary>A wallet on the path of a batch.</summary>
/// <param name="WalletId">The wallet.</param>
/// <param name="Period">The number of the period the reserve was taken in.</param>
internal sealed record BatchWallet(string WalletId, int Period);
