using AiOrchestrator.Core.Caching.Policies;
using AiOrchestrator.Core.Caching.Storage;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Wallets;

namespace AiOrchestrator.Core.Caching;

/// <summary>Whose answers a call is given (CA-03): those of its team, of its whole organisation, or its user's own; never another organisation's.</summary>
internal sealed class CacheNamespaces(WalletDirectory wallets)
{
    /// <summary>The name of the namespace that is a whole organisation's.</summary>
    public const string Company = "company";

    private const string UserPrefix = "user:";

    /// <summary>The namespace of a call.</summary>
    /// <param name="caller">Whose it is; with a key.</param>
    /// <param name="walletIds">Its path, leaf to root.</param>
    /// <param name="policy">What is said of it.</param>
    public string Of(Caller caller, IReadOnlyList<string> walletIds, EffectiveCachePolicy policy) => policy.Share switch
    {
        CacheShare.Company => caller.OrganisationId,
        CacheShare.User => Of(caller.OrganisationId, UserPrefix + caller.PrincipalId),
        _ => Of(caller.OrganisationId, policy.ShareSubject ?? TeamOf(caller.OrganisationId, walletIds)),
    };

    /// <summary>A namespace by the name it has in its organisation.</summary>
    public static string Of(string organisationId, string name) => name == Company ? organisationId : organisationId + EntryName.Separator + name;

    /// <summary>The name a namespace has in its organisation.</summary>
    public static string NameOf(string @namespace) => @namespace.IndexOf(EntryName.Separator, StringComparison.Ordinal) is >= 0 and var at ? @namespace[(at + 1)..] : Company;

    /// <summary>The nearest wallet above a key that is no single key's, user's or project's; the last of the path where all are.</summary>
    private string TeamOf(string organisationId, IReadOnlyList<string> walletIds)
    {
        for (var at = 0; at < walletIds.Count - 1; at++)
        {
            if (wallets.Get(organisationId, walletIds[at])?.Kind is not ("key" or "user" or "project"))
            {
                return walletIds[at];
            }
        }

        return walletIds[^1];
    }
}
