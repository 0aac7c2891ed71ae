using System.Text.Json.Serialization;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Wallets;

/// <summary>A wallet's name and place as they are stored; amounts and limits are known to the wallet authority only.</summary>
internal sealed record StoredWallet(
    string Id, string Name, long CreatedUnixMs, string? ParentId = null, string? Kind = null, string? CostCentre = null);

/// <summary>What the first start decided, before it did it: a start that is cut off goes on with the same ids.</summary>
/// <param name="OrganisationId">The first organisation.</param>
/// <param name="WalletId">Its first wallet.</param>
/// <param name="KeyId">Its first API key.</param>
/// <param name="CreatedUnixMs">When the first start began.</param>
/// <param name="AdminKeySha256">The generated admin key's hash; null while none was generated.</param>
internal sealed record StoredInstallation(
    string OrganisationId, string WalletId, string KeyId, long CreatedUnixMs, string? AdminKeySha256);

/// <summary>Where wallets' documents lie.</summary>
internal static class WalletPartitions
{
    public const string Installation = "installation";

    private const string WalletsPrefix = "wallets:";

    public static string Wallets(string organisationId) => WalletsPrefix + organisationId;

    /// <summary>Whether the wallets in memory rest on a partition.</summary>
    public static bool AreWallets(string partition) =>
        partition == IdentityPartitions.Organisations || partition.StartsWith(WalletsPrefix, StringComparison.Ordinal);
}

/// <summary>The written form of the wallets' documents and answers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredWallet))]
[JsonSerializable(typeof(StoredInstallation))]
[JsonSerializable(typeof(WalletView))]
[JsonSerializable(typeof(Page<WalletView>))]
[JsonSerializable(typeof(WalletTreeView))]
[JsonSerializable(typeof(BalanceView))]
[JsonSerializable(typeof(OutstandingView))]
[JsonSerializable(typeof(MovementView))]
[JsonSerializable(typeof(SimulationView))]
[JsonSerializable(typeof(CreateWalletRequest))]
[JsonSerializable(typeof(ChangeWalletRequest))]
[JsonSerializable(typeof(TopUpRequest))]
[JsonSerializable(typeof(AdjustmentRequest))]
[JsonSerializable(typeof(FreezeRequest))]
[JsonSerializable(typeof(SimulateRequest))]
internal sealed partial class WalletsJson : JsonSerializerContext;
