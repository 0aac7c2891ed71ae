using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Traffic.Regions;

/// <summary>Reads what an organisation says of regions. What is wrong is noted on the reader.</summary>
internal static class RegionPolicyReader
{
    private const int MaxEntries = 300;
    private const int MaxRegions = 50;
    private const int MaxRanges = 1000;
    private const int MaxProxies = 200;
    private const int MaxKeys = 200;
    private const int MaxText = 100;

    /// <summary>The policy, as far as it can be read.</summary>
    /// <param name="body">The members.</param>
    /// <param name="isKey">Whether there is a key of an id.</param>
    public static StoredRegionPolicy Read(MemberReader body, Func<string, bool> isKey)
    {
        var declaring = body.Texts("declaring_keys", MaxKeys, MaxText);
        if (declaring?.FirstOrDefault(id => !isKey(id)) is { } unknown)
        {
            body.Problem("declaring_keys", $"names '{unknown}', which is no key of this organisation");
        }

        return new StoredRegionPolicy(
            ReadResidency(body),
            ReadOrigins(body),
            ReadUnknown(body),
            ReadAddresses(body),
            Ranges(body, "trusted_proxies", MaxProxies) ?? [],
            body.Flag("allow_declared") ?? false,
            declaring);
    }

    private static Residency? ReadResidency(MemberReader body)
    {
        if (body.Object("residency") is not { } residency)
        {
            return null;
        }

        var region = Region(residency, "region", required: true) ?? "";
        return new Residency(region, Regions(residency) ?? [region]);
    }

    private static List<OriginRule> ReadOrigins(MemberReader body)
    {
        var origins = new List<OriginRule>();
        foreach (var entry in body.Objects("origins", MaxEntries))
        {
            var origin = Region(entry, "origin", required: true) ?? "";
            if (entry.Raw("allowed_regions") is null)
            {
                entry.Problem("allowed_regions", "is required");
            }

            if (origins.Exists(o => o.Origin == origin))
            {
                entry.Problem("origin", "has an entry already");
            }

            origins.Add(new OriginRule(origin, Regions(entry) ?? []));
        }

        return origins;
    }

    private static string ReadUnknown(MemberReader body)
    {
        var word = Region(body, "unknown_origin", required: false) ?? RegionPolicy.Allow;
        if (word == RegionPolicy.AnyRegion)
        {
            body.Problem("unknown_origin", "must be allow, deny or a region");
        }

        return word;
    }

    private static List<RegionAddresses> ReadAddresses(MemberReader body)
    {
        var addresses = new List<RegionAddresses>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in body.Objects("addresses", MaxEntries))
        {
            var region = Region(entry, "region", required: true) ?? "";
            if (region == RegionPolicy.AnyRegion)
            {
                entry.Problem("region", "must be one region");
            }

            var ranges = Ranges(entry, "ranges", MaxRanges) ?? [];
            if (ranges.Count == 0 && !body.HasProblems)
            {
                entry.Problem("ranges", "must name at least one range of addresses");
            }

            if (ranges.FirstOrDefault(r => !seen.Add(r)) is { } twice)
            {
                entry.Problem("ranges", $"names {twice}, which stands in the table already");
            }

            addresses.Add(new RegionAddresses(region, ranges));
        }

        return addresses;
    }

    private static string? Region(MemberReader body, string member, bool required)
    {
        if (body.Text(member, RegionWords.MaxLength, required) is not { } word)
        {
            return null;
        }

        if (!RegionWords.IsRegion(word))
        {
            body.Problem(member, RegionWords.Problem);
        }

        return RegionWords.Small(word);
    }

    private static string[]? Regions(MemberReader body)
    {
        const string Member = "allowed_regions";
        if (body.Texts(Member, MaxRegions, RegionWords.MaxLength) is not { } words)
        {
            return null;
        }

        if (words.Any(static w => !RegionWords.IsRegion(w)))
        {
            body.Problem(Member, RegionWords.Problem);
        }

        if (words.Count == 0)
        {
            body.Problem(Member, "must name at least one region");
        }

        return [.. words.Select(static w => RegionWords.Small(w))];
    }

    private static List<string>? Ranges(MemberReader body, string member, int max)
    {
        if (body.Texts(member, max, MaxText) is not { } texts)
        {
            return null;
        }

        var ranges = new List<string>(texts.Count);
        foreach (var text in texts)
        {
            if (AddressRanges.TryNormalise(text, out var range, out var problem))
            {
                ranges.Add(range);
            }
            else
            {
                body.Problem(string.Create(null, $"{member}[{ranges.Count}]"), problem);
                return null;
            }
        }

        return ranges;
    }
}
