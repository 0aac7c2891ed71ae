using System.Net;

namespace AiOrchestrator.Functions.Http;

/// <summary>
/// Who really called, as the proxies in front say. Each of them appends the address it was called from to <c>x-forwarded-for</c>, so the
/// last entries are theirs and the ones before are the caller's word. Azure's own front end is one.
/// </summary>
internal static class ForwardedAddress
{
    /// <summary>The entry that the outermost of our proxies wrote.</summary>
    /// <param name="entries">The header's values, in order.</param>
    /// <param name="hops">How many proxies are ours; 0 trusts none of them.</param>
    /// <returns>Null when there are none, fewer entries than proxies (somebody came another way), or the entry is no address.</returns>
    public static IPAddress? Of(IEnumerable<string?> entries, int hops)
    {
        if (hops == 0)
        {
            return null;
        }

        var list = string.Join(',', entries).Split(',');
        return list.Length >= hops && IPEndPoint.TryParse(list[^hops].Trim(), out var address) ? address.Address : null;
    }
}
