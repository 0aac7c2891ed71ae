using System.Net;

namespace AiOrchestrator.Core.Traffic.Regions;

/// <summary>Finds where a call comes from. A function of what the connection and the headers say and of the policy.</summary>
internal static class OriginFinder
{
    /// <summary>What callers declare where they are in.</summary>
    public const string DeclaredHeader = "x-ao-region";

    /// <summary>Addresses as proxies append them.</summary>
    public const string ForwardedHeader = "x-forwarded-for";

    /// <summary>Longest chain of proxies that is followed.</summary>
    private const int MaxHops = 32;

    /// <summary>Finds it.</summary>
    /// <param name="policy">Whose word is taken, and which addresses are where.</param>
    /// <param name="keyId">The key of the call.</param>
    /// <param name="connection">The address the connection came from; null where there is none.</param>
    /// <param name="forwardedFor">All of <see cref="ForwardedHeader"/>, joined by commas; null or empty for none.</param>
    /// <param name="declared"><see cref="DeclaredHeader"/>; null or empty for none.</param>
    /// <returns>The region; null where it is not known.</returns>
    public static string? Find(RegionPolicy policy, string keyId, IPAddress? connection, string? forwardedFor, string? declared)
    {
        if (policy.Stored.AllowDeclared && policy.Declaring?.Contains(keyId) != false && Declared(declared) is { } said)
        {
            return said;
        }

        return Client(policy, connection, forwardedFor) is { } address ? policy.Places.Find(address) : null;
    }

    /// <summary>A region as it is written, in small letters; null where it is none.</summary>
    private static string? Declared(string? declared)
    {
        var word = declared.AsSpan().Trim();
        return word.IsEmpty || word.SequenceEqual(RegionPolicy.AnyRegion) || !RegionWords.IsRegion(word) ? null : RegionWords.Small(word);
    }

    /// <summary>
    /// The right-most address that is no proxy we trust; what stands before it is the caller's word. Where there are none but proxies, the first of them. Where
    /// a proxy wrote no address, nobody knows.
    /// </summary>
    private static IPAddress? Client(RegionPolicy policy, IPAddress? connection, string? forwardedFor)
    {
        var client = connection;
        var rest = forwardedFor.AsSpan().Trim();
        for (var hop = 0; !rest.IsEmpty && client is not null && policy.Proxies.Contain(client); hop++)
        {
            var comma = rest.LastIndexOf(',');
            client = hop < MaxHops && IPEndPoint.TryParse(rest[(comma + 1)..].Trim(), out var written) ? written.Address : null;
            rest = comma < 0 ? [] : rest[..comma];
        }

        return client;
    }
}

/// <summary>Words for regions.</summary>
internal static class RegionWords
{
    /// <summary>Longest word.</summary>
    public const int MaxLength = 40;

    /// <summary>What a region is, as the end of a sentence.</summary>
    public const string Problem = "must be a region such as \"eu\" or \"eu-west-1\", of letters, digits and hyphens, or \"*\"";

    /// <summary>Whether a word can be a region's.</summary>
    public static bool IsRegion(ReadOnlySpan<char> word) => word.Length is > 0 and <= MaxLength
        && (word.SequenceEqual(RegionPolicy.AnyRegion) || (word[0] != '-' && word[^1] != '-' && !HasOther(word)));

    /// <summary>The word in small letters; the same one where it is in them.</summary>
    public static string Small(ReadOnlySpan<char> word) => word.ToString().ToLowerInvariant();

    private static bool HasOther(ReadOnlySpan<char> word)
    {
        foreach (var c in word)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '-')
            {
                return true;
            }
        }

        return false;
    }
}
