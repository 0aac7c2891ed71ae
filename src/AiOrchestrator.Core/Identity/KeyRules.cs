using System.Globalization;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Identity;

/// <summary>What creating and changing a key check alike.</summary>
internal static class KeyRules
{
    public const int MaxNameLength = 200;

    public const int MaxIdLength = 64;

    /// <summary>Most entries of a list of models or of address ranges.</summary>
    public const int MaxEntries = 100;

    public static long? Expiry(MemberReader body, long nowUnixMs)
    {
        var expires = body.Moment("expires_at");
        if (expires <= nowUnixMs)
        {
            body.Problem("expires_at", "must lie in the future; to end a key now, DELETE it");
        }

        return expires;
    }

    /// <summary>A member that may be left as it is, but not taken away.</summary>
    public static void RequireUnlessAbsent(MemberReader body, string member)
    {
        if (body.IsNull(member))
        {
            body.Problem(member, "cannot be removed");
        }
    }

    /// <summary>Notes a wallet that cannot pay; returns why nobody can tell.</summary>
    public static async ValueTask<ApiFailure?> CheckWalletAsync(
        MemberReader body, string organisationId, string? walletId, FindWalletStanding wallets, CancellationToken cancellation)
    {
        var (standing, failure) = walletId is null
            ? (WalletStanding.Open, null)
            : await wallets(organisationId, walletId, cancellation);
        if (failure is null && standing != WalletStanding.Open)
        {
            body.Problem("wallet_id", standing == WalletStanding.Closed ? "names a wallet that is closed" : "names no wallet of this organisation");
        }

        return failure;
    }

    /// <summary>
    /// Nobody gives a role above the own one, nor changes a key that has one: an administrator who could rotate an owner's key would be
    /// an owner.
    /// </summary>
    public static PermissionDenied? CheckRole(Caller caller, Role role) => role > caller.Role ? PermissionDenied.RoleAbove : null;
}

/// <summary>What a request says of who a key is for and what it may do; what it leaves out stays as it is.</summary>
internal sealed class KeyTerms
{
    private readonly bool _userGiven;
    private readonly bool _modelsGiven;
    private readonly bool _rangesGiven;
    private readonly string? _userId;
    private readonly IReadOnlyList<string>? _models;
    private readonly IReadOnlyList<string>? _ranges;

    private KeyTerms(MemberReader body)
    {
        Role = ReadRole(body);
        _userGiven = body.Has("user_id");
        _userId = ReadUser(body);
        _modelsGiven = body.Has("allowed_models");
        _models = body.Texts("allowed_models", KeyRules.MaxEntries, ModelPatterns.MaxLength);
        _rangesGiven = body.Has("ip_ranges");
        _ranges = ReadRanges(body);
    }

    /// <summary>The role given, or null.</summary>
    public Role? Role { get; }

    /// <summary>Reads the members, and notes what is wrong with them.</summary>
    public static KeyTerms Read(MemberReader body) => new(body);

    public StoredKey On(StoredKey key) => key with
    {
        Role = Role ?? key.Role,
        UserId = _userGiven ? _userId : key.UserId,
        AllowedModels = _modelsGiven ? OrNull(_models) : key.AllowedModels,
        IpRanges = _rangesGiven ? OrNull(_ranges) : key.IpRanges,
    };

    private static IReadOnlyList<string>? OrNull(IReadOnlyList<string>? list) => list is { Count: > 0 } ? list : null;

    private static Role? ReadRole(MemberReader body)
    {
        KeyRules.RequireUnlessAbsent(body, "role");
        if (body.Text("role", KeyRules.MaxIdLength) is not { } word)
        {
            return null;
        }

        var role = Roles.Parse(word);
        if (role is null)
        {
            body.Problem("role", $"must be {Roles.Words}");
        }

        return role;
    }

    private static string? ReadUser(MemberReader body)
    {
        var user = body.Text("user_id", KeyRules.MaxIdLength);
        if (user is null)
        {
            return null;
        }

        if (user.Any(static c => char.IsWhiteSpace(c) || char.IsSurrogate(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format))
        {
            body.Problem("user_id", "must be visible characters, without spaces");
        }

        // Who decided something is known by this name: it may not be taken for the admin key, another key, or everybody.
        if (user is Caller.AdminPrincipalId or "*" || user.StartsWith("key_", StringComparison.Ordinal))
        {
            body.Problem("user_id", "must not be 'admin' or '*', nor begin with 'key_'");
        }

        return user;
    }

    private static List<string>? ReadRanges(MemberReader body)
    {
        if (body.Texts("ip_ranges", KeyRules.MaxEntries, KeyRules.MaxIdLength) is not { } given)
        {
            return null;
        }

        var ranges = new List<string>(given.Count);
        for (var i = 0; i < given.Count; i++)
        {
            if (AddressRanges.TryNormalise(given[i], out var range, out var problem))
            {
                ranges.Add(range);
            }
            else
            {
                body.Problem(string.Create(CultureInfo.InvariantCulture, $"ip_ranges[{i}]"), problem);
            }
        }

        return ranges;
    }
}
