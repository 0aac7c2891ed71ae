using System.Collections.Frozen;
using System.Text.Json.Serialization;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;

namespace AiOrchestrator.Core.Traffic.Regions;

/// <summary>Where an organisation's data may be processed.</summary>
/// <param name="Region">Where the organisation is.</param>
/// <param name="AllowedRegions">Where providers may process its data.</param>
public sealed record Residency(string Region, IReadOnlyList<string> AllowedRegions);

/// <summary>Where data may be processed that comes from somewhere.</summary>
/// <param name="Origin">Where from; <c>*</c> for any place that is known and has no entry.</param>
/// <param name="AllowedRegions">Where providers may process it.</param>
public sealed record OriginRule(string Origin, IReadOnlyList<string> AllowedRegions);

/// <summary>Addresses that are somewhere.</summary>
/// <param name="Region">Where.</param>
/// <param name="Ranges">In CIDR notation.</param>
public sealed record RegionAddresses(string Region, IReadOnlyList<string> Ranges);

/// <summary>What an organisation says of regions (RT-06), as it is stored.</summary>
/// <param name="Residency">Where its data may be processed; null where nothing is said.</param>
/// <param name="Origins">Where calls' data may be processed, by where they come from.</param>
/// <param name="UnknownOrigin"><c>allow</c>, <c>deny</c>, or the region that is taken for it.</param>
/// <param name="Addresses">Which addresses are where.</param>
/// <param name="TrustedProxies">Whose word on the caller's address is taken.</param>
/// <param name="AllowDeclared">Whether callers may say where they are.</param>
/// <param name="DeclaringKeys">Which keys may; null for all.</param>
internal sealed record StoredRegionPolicy(
    Residency? Residency,
    IReadOnlyList<OriginRule> Origins,
    string UnknownOrigin,
    IReadOnlyList<RegionAddresses> Addresses,
    IReadOnlyList<string> TrustedProxies,
    bool AllowDeclared,
    IReadOnlyList<string>? DeclaringKeys)
{
    /// <summary>The id of the one document.</summary>
    public const string Id = "policy";

    /// <summary>What holds where nobody has said anything: everything is allowed.</summary>
    public static StoredRegionPolicy None { get; } = new(null, [], RegionPolicy.Allow, [], [], false, null);
}

/// <summary>
/// Which providers may process what comes from where (RT-06). A provider may where everywhere it processes data is allowed, by the organisation's residency
/// and by the origin of the call; one that does not say where only where neither says anything. Immutable; asking allocates nothing.
/// </summary>
internal sealed class RegionPolicy
{
    /// <summary>An unknown origin changes nothing.</summary>
    public const string Allow = "allow";

    /// <summary>Calls of unknown origin are refused.</summary>
    public const string Deny = "deny";

    private readonly FrozenDictionary<string, string[]> _origins;
    private readonly string[]? _residency;

    /// <summary>Prepares a policy for calls.</summary>
    public RegionPolicy(StoredRegionPolicy stored)
    {
        Stored = stored;
        _residency = stored.Residency?.AllowedRegions.ToArray();
        _origins = stored.Origins.ToFrozenDictionary(static o => o.Origin, static o => o.AllowedRegions.ToArray(), StringComparer.Ordinal);
        Proxies = AddressRanges.Of(stored.TrustedProxies);
        Places = new AddressTable(stored.Addresses.SelectMany(static a => a.Ranges.Select(r => KeyValuePair.Create(r, a.Region))));
        Declaring = stored.DeclaringKeys?.ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>Of an organisation that has said nothing.</summary>
    public static RegionPolicy None { get; } = new(StoredRegionPolicy.None);

    /// <summary>As it is stored.</summary>
    public StoredRegionPolicy Stored { get; }

    /// <summary>Whether every provider may process everything.</summary>
    public bool IsOpen => _residency is null && _origins.Count == 0 && Stored.UnknownOrigin != Deny;

    /// <summary>Whose word on the caller's address is taken.</summary>
    internal AddressRanges Proxies { get; }

    /// <summary>Which addresses are where.</summary>
    internal AddressTable Places { get; }

    /// <summary>Which keys may say where their calls come from; null for all.</summary>
    internal FrozenSet<string>? Declaring { get; }

    /// <summary>Whether a provider may process what comes from a place.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="origin">The place; null where it is not known.</param>
    public bool Allows(Provider provider, string? origin)
    {
        if (IsDenied(origin))
        {
            return false;
        }

        var byOrigin = AllowedFrom(origin);
        return (_residency is null || Covers(_residency, provider.Regions)) && (byOrigin is null || Covers(byOrigin, provider.Regions));
    }

    /// <summary>What a call is refused with that no provider may serve.</summary>
    /// <param name="origin">Where it comes from; null where that is not known.</param>
    public ApiFailure Refusal(string? origin) =>
        new RegionNotAllowed(origin, IsDenied(origin) ? [] : Both(_residency, AllowedFrom(origin)), IsDenied(origin));

    /// <summary>Whether one region is another or lies in it: <c>eu-west-1</c> lies in <c>eu</c>, and everything in <c>*</c>.</summary>
    internal static bool LiesIn(string region, string wider) => wider == AnyRegion || region == wider
        || (region.Length > wider.Length && region[wider.Length] == '-' && region.StartsWith(wider, StringComparison.Ordinal));

    /// <summary>The word for everywhere.</summary>
    internal const string AnyRegion = "*";

    private bool IsDenied(string? origin) => origin is null && Stored.UnknownOrigin == Deny;

    /// <summary>What its origin allows a call: the entry of the origin, else of the next wider one, else of any; null for everything.</summary>
    private string[]? AllowedFrom(string? origin)
    {
        var place = origin ?? (Stored.UnknownOrigin is Allow or Deny ? null : Stored.UnknownOrigin);
        if (place is null || _origins.Count == 0)
        {
            return null;
        }

        var lookup = _origins.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var name = place.AsSpan(); !name.IsEmpty; name = name[..Math.Max(0, name.LastIndexOf('-'))])
        {
            if (lookup.TryGetValue(name, out var allowed))
            {
                return allowed;
            }
        }

        return _origins.GetValueOrDefault(AnyRegion);
    }

    /// <summary>What both lists allow: of two regions of which one lies in the other, the narrower.</summary>
    private static IReadOnlyList<string> Both(IReadOnlyList<string>? one, IReadOnlyList<string>? other) =>
        one is null ? other ?? [] : other is null ? one
        :
        [
            .. one.Where(region => other.Any(wider => LiesIn(region, wider)))
                .Concat(other.Where(region => one.Any(wider => LiesIn(region, wider)))).Distinct(StringComparer.Ordinal),
        ];

    /// <summary>Whether everywhere a provider processes data is allowed. One that does not say where is nowhere that is.</summary>
    private static bool Covers(string[] allowed, IReadOnlyList<string> regions)
    {
        for (var index = 0; index < regions.Count; index++)
        {
            var isCovered = false;
            foreach (var wider in allowed)
            {
                isCovered |= LiesIn(regions[index], wider);
            }

            if (!isCovered)
            {
                return false;
            }
        }

        return regions.Count > 0;
    }
}

/// <summary>The written form of the policy and of answers about it.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredRegionPolicy))]
[JsonSerializable(typeof(RegionPolicyRequest))]
[JsonSerializable(typeof(RegionPolicyView))]
internal sealed partial class RegionsJson : JsonSerializerContext;
