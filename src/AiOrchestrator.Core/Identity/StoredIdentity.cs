using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Identity;

/// <summary>An API key as it is stored: its secrets only as hashes. Members with a default were added later: older documents lack them.</summary>
internal sealed record StoredKey(
    string Id,
    string Name,
    string WalletId,
    string SecretSha256,
    long CreatedUnixMs,
    long? ExpiresUnixMs,
    long? RevokedUnixMs,
    Role Role = Role.Member,
    string? UserId = null,
    IReadOnlyList<string>? AllowedModels = null,
    IReadOnlyList<string>? IpRanges = null,
    string? PreviousSecretSha256 = null,
    long? PreviousUntilUnixMs = null);

/// <summary>An organisation as it is stored.</summary>
internal sealed record StoredOrganisation(string Id, string Name, long CreatedUnixMs);

/// <summary>Where identity's documents lie.</summary>
internal static class IdentityPartitions
{
    public const string Organisations = "organisations";

    private const string KeysPrefix = "keys:";

    public static string Keys(string organisationId) => KeysPrefix + organisationId;

    /// <summary>Whether the keys in memory rest on a partition.</summary>
    public static bool AreKeys(string partition) => partition == Organisations || partition.StartsWith(KeysPrefix, StringComparison.Ordinal);
}

/// <summary>The written form of identity's documents and answers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredKey))]
[JsonSerializable(typeof(StoredOrganisation))]
[JsonSerializable(typeof(KeyView))]
[JsonSerializable(typeof(CreatedKeyView))]
[JsonSerializable(typeof(Page<KeyView>))]
[JsonSerializable(typeof(CreateKeyRequest))]
[JsonSerializable(typeof(ChangeKeyRequest))]
[JsonSerializable(typeof(RotateKeyRequest))]
internal sealed partial class IdentityJson : JsonSerializerContext;
