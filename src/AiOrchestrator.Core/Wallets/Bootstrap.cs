using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Wallets;

/// <summary>What is given for a start instead of being generated.</summary>
/// <param name="AdminKey">The admin key (<c>AO_ADMIN_KEY</c>), 20 to 512 visible ASCII characters; wins at every start. Null: one is generated once.</param>
/// <param name="BootstrapKey">The first API key (<c>AO_BOOTSTRAP_KEY</c>), likewise; used at the first start only. Null: generated.</param>
/// <param name="LimitNanoUsd">The first wallet's limit (<c>AO_BOOTSTRAP_LIMIT_USD</c>), 0 or more; used at the first start only.</param>
public sealed record BootstrapSettings(string? AdminKey, string? BootstrapKey, long LimitNanoUsd)
{
    /// <summary>Everything that is wrong, one line each, naming the variable and never its value.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        Check("AO_ADMIN_KEY", AdminKey);
        Check("AO_BOOTSTRAP_KEY", BootstrapKey);
        if (AdminKey is not null && AdminKey == BootstrapKey)
        {
            errors.Add("AO_ADMIN_KEY and AO_BOOTSTRAP_KEY are the same: an API key must not administer");
        }

        if (LimitNanoUsd < 0)
        {
            errors.Add("AO_BOOTSTRAP_LIMIT_USD is negative: it must be 0 or more");
        }

        return errors;

        void Check(string name, string? value)
        {
            if (value is not null && !KeyHash.TryCompute(value, out _))
            {
                errors.Add($"{name} must be {KeyHash.MinSecretLength} to {KeyHash.MaxSecretLength} visible ASCII characters (no spaces); it has {value.Length} characters");
            }
        }
    }

    /// <summary>Leaves the secrets out: a record that is logged must not give them away.</summary>
    public override string ToString() => nameof(BootstrapSettings);
}

/// <summary>What a start found or made.</summary>
/// <param name="OrganisationId">The installation's organisation.</param>
/// <param name="WalletId">Its first wallet.</param>
/// <param name="KeyId">Its first API key.</param>
/// <param name="FirstKeyCreated">Whether this start created the first API key.</param>
/// <param name="GeneratedAdminKey">The admin key, when this start generated it; to be printed once.</param>
/// <param name="GeneratedApiKey">The first API key, when this start generated it; to be printed once.</param>
/// <param name="Warning">Something given that has no effect, for the log; or null.</param>
public sealed record BootstrapResult(
    string OrganisationId,
    string WalletId,
    string KeyId,
    bool FirstKeyCreated,
    string? GeneratedAdminKey,
    string? GeneratedApiKey,
    string? Warning)
{
    /// <summary>Leaves the secrets out: a record that is logged must not give them away.</summary>
    public override string ToString() => $"{nameof(BootstrapResult)} {OrganisationId} {WalletId} {KeyId}";
}

/// <summary>
/// Makes an empty store usable: an organisation, a wallet, an API key, an admin key. Runs at every start. Each step finds out for itself
/// whether it is done, so a start that was cut off anywhere is finished by the next one.
/// </summary>
public sealed class Bootstrap(
    IDocumentStore documents, IWalletAuthority authority, KeyDirectory keys, WalletDirectory wallets, IdSource ids, TimeProvider time)
{
    private const string InstallationId = "installation";

    /// <summary>Does what is missing, then loads keys and wallets.</summary>
    /// <param name="settings">Checked: <see cref="BootstrapSettings.Validate"/> gave no errors.</param>
    /// <param name="show">
    /// Shows generated secrets to a person. Called only if there are any, and before their hashes are stored: whoever is cut off in
    /// between is shown new ones at the next start, and never is a key stored that nobody has seen.
    /// </param>
    /// <param name="cancellation">Gives up; the next start goes on.</param>
    public async Task<BootstrapResult> RunAsync(BootstrapSettings settings, Action<BootstrapResult> show, CancellationToken cancellation)
    {
        if (settings.Validate() is [var error, ..])
        {
            throw new ArgumentException(error, nameof(settings));
        }

        var (plan, planTag) = await PlanAsync(cancellation);
        await CreateOrganisationAsync(plan, cancellation);
        await CreateWalletAsync(plan, settings.LimitNanoUsd, cancellation);

        var firstKeyMissing = await documents.GetAsync(IdentityPartitions.Keys(plan.OrganisationId), plan.KeyId, cancellation) is null;
        var result = new BootstrapResult(
            plan.OrganisationId,
            plan.WalletId,
            plan.KeyId,
            firstKeyMissing,
            settings.AdminKey is null && plan.AdminKeySha256 is null ? ids.NewSecret("ao-admin-") : null,
            settings.BootstrapKey is null && firstKeyMissing ? ids.NewSecret(CreateKey.SecretPrefix) : null,
            null);
        if (result.GeneratedAdminKey is not null || result.GeneratedApiKey is not null)
        {
            show(result);
        }

        if (firstKeyMissing)
        {
            await CreateFirstKeyAsync(plan, result.GeneratedApiKey ?? settings.BootstrapKey!, cancellation);
        }

        plan = await StoreAdminKeyAsync(plan, planTag, result.GeneratedAdminKey, cancellation);
        await keys.LoadAsync(cancellation);
        await wallets.LoadAsync(cancellation);
        keys.UseAdminKey(AdminHash(settings, plan), plan.OrganisationId);
        return result with { Warning = Warn(settings.BootstrapKey, firstKeyMissing) };
    }

    private static KeyHash AdminHash(BootstrapSettings settings, StoredInstallation plan)
    {
        if (settings.AdminKey is null)
        {
            return KeyHash.Parse(plan.AdminKeySha256!);
        }

        _ = KeyHash.TryCompute(settings.AdminKey, out var hash);
        return hash;
    }

    private async Task<(StoredInstallation Plan, string Tag)> PlanAsync(CancellationToken cancellation)
    {
        var type = WalletsJson.Default.StoredInstallation;
        var plan = new StoredInstallation(
            ids.NewId("org"), ids.NewId("wal"), ids.NewId("key"), time.GetUtcNow().ToUnixTimeMilliseconds(), null);
        var write = await documents.CreateAsync(WalletPartitions.Installation, InstallationId, StoredDocuments.Bytes(plan, type), cancellation);
        if (write.ETag is { } created)
        {
            return (plan, created);
        }

        var (stored, tag) = await documents.FindAsync(WalletPartitions.Installation, InstallationId, type, cancellation);
        return (stored ?? throw new InvalidOperationException("the installation document exists and cannot be found"), tag!);
    }

    private async Task CreateOrganisationAsync(StoredInstallation plan, CancellationToken cancellation)
    {
        var organisation = new StoredOrganisation(plan.OrganisationId, "Default", plan.CreatedUnixMs);
        await documents.CreateAsync(
            IdentityPartitions.Organisations,
            plan.OrganisationId,
            StoredDocuments.Bytes(organisation, IdentityJson.Default.StoredOrganisation),
            cancellation);
    }

    private async Task CreateWalletAsync(StoredInstallation plan, long limitNanoUsd, CancellationToken cancellation)
    {
        var partition = WalletPartitions.Wallets(plan.OrganisationId);
        if (await documents.GetAsync(partition, plan.WalletId, cancellation) is not null)
        {
            return;
        }

        // False: an earlier start opened it and was cut off before it wrote the name.
        _ = await authority.OpenAsync(plan.WalletId, limitNanoUsd, cancellation);
        var wallet = new StoredWallet(plan.WalletId, "Default", plan.CreatedUnixMs);
        await documents.CreateAsync(partition, plan.WalletId, StoredDocuments.Bytes(wallet, WalletsJson.Default.StoredWallet), cancellation);
    }

    private async Task CreateFirstKeyAsync(StoredInstallation plan, string secret, CancellationToken cancellation)
    {
        _ = KeyHash.TryCompute(secret, out var hash);
        var key = new StoredKey(plan.KeyId, "Default", plan.WalletId, hash.ToHex(), plan.CreatedUnixMs, null, null);
        await documents.CreateAsync(
            IdentityPartitions.Keys(plan.OrganisationId),
            plan.KeyId,
            StoredDocuments.Bytes(key, IdentityJson.Default.StoredKey),
            cancellation);
    }

    private async Task<StoredInstallation> StoreAdminKeyAsync(
        StoredInstallation plan, string tag, string? generated, CancellationToken cancellation)
    {
        if (generated is null)
        {
            return plan;
        }

        _ = KeyHash.TryCompute(generated, out var hash);
        var changed = plan with { AdminKeySha256 = hash.ToHex() };
        var write = await documents.ReplaceAsync(
            WalletPartitions.Installation,
            InstallationId,
            StoredDocuments.Bytes(changed, WalletsJson.Default.StoredInstallation),
            tag,
            cancellation);
        return write.Outcome == DocumentOutcome.Done
            ? changed
            : throw new InvalidOperationException("another process started on the same store at the same moment: start again");
    }

    private string? Warn(string? bootstrapKey, bool firstKeyCreated)
    {
        if (bootstrapKey is null || firstKeyCreated)
        {
            return null;
        }

        return keys.Find(bootstrapKey).Outcome switch
        {
            KeyOutcome.Live => null,
            KeyOutcome.Revoked => "AO_BOOTSTRAP_KEY is a key that was revoked: it opens nothing",
            KeyOutcome.Expired => "AO_BOOTSTRAP_KEY is a key that has expired: it opens nothing",
            _ => "AO_BOOTSTRAP_KEY has no effect: it only sets the first key of an empty data directory, and this one has keys already. "
                + "Create keys at /control/v1/keys",
        };
    }
}
