using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Tests.Providers.Registry;
using AiOrchestrator.Core.Traffic.Regions;

namespace AiOrchestrator.Core.Tests.Traffic.Regions;

public sealed class RegionPolicyTests
{
    private const string Table =
        """{"addresses":[{"region":"eu-de","ranges":["203.0.113.0/24","2001:db8:1::/48"]},{"region":"us","ranges":["198.51.100.0/24"]},{"region":"eu-fr","ranges":["203.0.113.128/25"]},{"region":"office","ranges":["10.0.0.0/8"]}],"trusted_proxies":["10.9.0.0/16","192.0.2.1"]}""";

    [Theory]
    [InlineData("203.0.113.5", null, "eu-de")]
    [InlineData("203.0.113.200", null, "eu-fr")]
    [InlineData("::ffff:203.0.113.5", null, "eu-de")]
    [InlineData("2001:db8:1::7", null, "eu-de")]
    [InlineData("2001:db8:2::7", null, null)]
    [InlineData("192.0.2.77", null, null)]

    // Nobody but a proxy we trust says for whom it calls.
    [InlineData("198.51.100.7", "203.0.113.5", "us")]
    [InlineData("192.0.2.1", "203.0.113.5", "eu-de")]
    [InlineData("::ffff:192.0.2.1", "203.0.113.5", "eu-de")]
    [InlineData("192.0.2.1", "203.0.113.5:4711", "eu-de")]
    [InlineData("192.0.2.1", "[2001:db8:1::7]:443", "eu-de")]

    // What stands before the right-most address that is no proxy of ours is the caller's word.
    [InlineData("192.0.2.1", "203.0.113.5, 198.51.100.7", "us")]
    [InlineData("192.0.2.1", "203.0.113.5, 198.51.100.7, 10.9.1.1", "us")]
    [InlineData("192.0.2.1", "198.51.100.7,203.0.113.5,10.9.1.1,10.9.1.2", "eu-de")]
    [InlineData("192.0.2.1", "203.0.113.5, unknown", null)]
    [InlineData("192.0.2.1", "203.0.113.5, ", null)]
    [InlineData("192.0.2.1", "10.9.3.3, 10.9.1.1", "office")]
    [InlineData("192.0.2.1", "", null)]
    [InlineData(null, "203.0.113.5", null)]
    public void An_origin_is_where_the_address_is_that_proxies_we_trust_were_called_from(string? connection, string? forwarded, string? origin)
    {
        var policy = Read(Table);

        Assert.Equal(origin, OriginFinder.Find(policy, "key_1", connection is null ? null : IPAddress.Parse(connection), forwarded, "eu"));
    }

    [Fact]
    public void No_header_however_long_is_followed_for_ever() =>
        Assert.Null(OriginFinder.Find(Read(Table), "key_1", IPAddress.Parse("192.0.2.1"), string.Join(',', Enumerable.Repeat("10.9.1.1", 5000)), null));

    [Theory]
    [InlineData("""{}""", "eu-de", null)]
    [InlineData("""{"allow_declared":true}""", "EU-de", "eu-de")]
    [InlineData("""{"allow_declared":true}""", "*", null)]
    [InlineData("""{"allow_declared":true}""", "no region", null)]
    [InlineData("""{"allow_declared":true,"declaring_keys":["key_1"]}""", "us", "us")]
    [InlineData("""{"allow_declared":true,"declaring_keys":["key_2"]}""", "us", null)]
    public void A_declared_region_counts_where_the_policy_takes_the_keys_word(string policy, string declared, string? origin) =>
        Assert.Equal(origin, OriginFinder.Find(Read(policy), "key_1", IPAddress.Loopback, null, declared));

    [Theory]

    // Nothing is said: everything is allowed.
    [InlineData("""{}""", "us", null, true)]
    [InlineData("""{}""", "", null, true)]

    // Residency: everywhere a provider processes data must be allowed; one that does not say where is not.
    [InlineData("""{"residency":{"region":"eu"}}""", "eu", null, true)]
    [InlineData("""{"residency":{"region":"eu"}}""", "eu-west-1", null, true)]
    [InlineData("""{"residency":{"region":"eu"}}""", "europe", null, false)]
    [InlineData("""{"residency":{"region":"eu-west-1"}}""", "eu", null, false)]
    [InlineData("""{"residency":{"region":"eu"}}""", "eu,us", null, false)]
    [InlineData("""{"residency":{"region":"eu","allowed_regions":["eu","us"]}}""", "eu,us", null, true)]
    [InlineData("""{"residency":{"region":"eu"}}""", "", null, false)]
    [InlineData("""{"residency":{"region":"eu"}}""", "*", null, false)]
    [InlineData("""{"residency":{"region":"eu","allowed_regions":["*"]}}""", "*", null, true)]
    [InlineData("""{"residency":{"region":"eu","allowed_regions":["*"]}}""", "", null, false)]

    // Origin: the entry of the place, else of the one it lies in, else of any.
    [InlineData("""{"origins":[{"origin":"eu","allowed_regions":["eu"]}]}""", "us", "eu", false)]
    [InlineData("""{"origins":[{"origin":"eu","allowed_regions":["eu"]}]}""", "us", "eu-de", false)]
    [InlineData("""{"origins":[{"origin":"eu","allowed_regions":["eu"]}]}""", "us", "us", true)]
    [InlineData("""{"origins":[{"origin":"eu","allowed_regions":["eu"]},{"origin":"eu-de","allowed_regions":["eu","us"]}]}""", "us", "eu-de", true)]
    [InlineData("""{"origins":[{"origin":"*","allowed_regions":["us"]},{"origin":"eu","allowed_regions":["eu"]}]}""", "us", "jp", true)]
    [InlineData("""{"origins":[{"origin":"*","allowed_regions":["us"]},{"origin":"eu","allowed_regions":["eu"]}]}""", "eu", "jp", false)]
    [InlineData("""{"origins":[{"origin":"eu","allowed_regions":["eu"]}]}""", "", "eu", false)]

    // Unknown origins: allowed where nothing is said, refused, or taken for a region.
    [InlineData("""{"origins":[{"origin":"eu","allowed_regions":["eu"]}]}""", "us", null, true)]
    [InlineData("""{"origins":[{"origin":"*","allowed_regions":["eu"]}]}""", "us", null, true)]
    [InlineData("""{"unknown_origin":"deny"}""", "us", null, false)]
    [InlineData("""{"unknown_origin":"deny"}""", "us", "us", true)]
    [InlineData("""{"unknown_origin":"eu","origins":[{"origin":"eu","allowed_regions":["eu"]}]}""", "us", null, false)]
    [InlineData("""{"unknown_origin":"eu","origins":[{"origin":"eu","allowed_regions":["eu"]}]}""", "eu", null, true)]

    // Both must allow it.
    [InlineData("""{"residency":{"region":"eu"},"origins":[{"origin":"us","allowed_regions":["us"]}]}""", "us", "us", false)]
    [InlineData("""{"residency":{"region":"eu"},"origins":[{"origin":"us","allowed_regions":["us"]}]}""", "eu", "us", false)]
    [InlineData("""{"residency":{"region":"eu"},"origins":[{"origin":"us","allowed_regions":["us"]}]}""", "eu", "jp", true)]
    public void A_provider_may_serve_where_all_it_says_of_itself_is_allowed(string policy, string regions, string? origin, bool isAllowed)
    {
        Provider provider = Elsewhere(regions);

        Assert.Equal(isAllowed, Read(policy).Allows(provider, origin));
    }

    [Theory]
    [InlineData("""{"residency":{"region":"eu","allowed_regions":["eu","ch"]}}""", null, """{"origin":null,"allowed_regions":["eu","ch"]}""", "allowed: eu, ch.")]
    [InlineData("""{"residency":{"region":"eu"},"origins":[{"origin":"us","allowed_regions":["us","eu-west-1"]}]}""", "us", """{"origin":"us","allowed_regions":["eu-west-1"]}""", "from 'us' processes data only where that is allowed: eu-west-1.")]
    [InlineData("""{"residency":{"region":"eu"},"origins":[{"origin":"us","allowed_regions":["us"]}]}""", "us", """{"origin":"us","allowed_regions":[]}""", "no region that both")]
    [InlineData("""{"unknown_origin":"deny"}""", null, """{"origin":null,"allowed_regions":[]}""", "not known where this call comes from")]
    public void The_refusal_says_which_regions_are_allowed(string policy, string? origin, string metadata, string text)
    {
        var refusal = Read(policy).Refusal(origin);

        Assert.Equal((403, "region_not_allowed", false), (refusal.Status, refusal.Code, refusal.MayRetry));
        Assert.Contains(text, refusal.Message, StringComparison.Ordinal);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            refusal.WriteMetadata(writer);
            writer.WriteEndObject();
        }

        Assert.Equal(metadata, System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }

    [Fact]
    public void Looking_allocates_nothing()
    {
        var policy = Read(Table.Replace("{\"addresses\"", """{"residency":{"region":"eu"},"origins":[{"origin":"eu","allowed_regions":["eu"]}],"addresses" """, StringComparison.Ordinal));
        var (provider, address) = (Elsewhere("eu-west-1,eu"), IPAddress.Parse("203.0.113.5"));
        Assert.True(policy.Allows(provider, OriginFinder.Find(policy, "key_1", address, "10.1.2.3", "us")));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            _ = policy.Allows(provider, OriginFinder.Find(policy, "key_1", address, "10.1.2.3", "us"));
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static Provider Elsewhere(string regions)
    {
        var plain = ModelScene.Provider("p", []);
        return new Provider
        {
            Id = plain.Id,
            WireFormat = plain.WireFormat,
            BaseUrl = plain.BaseUrl,
            Credential = null,
            Timeouts = plain.Timeouts,
            MaxConnections = 1,
            OnClientGone = plain.OnClientGone,
            Priority = 1,
            Models = [],
            Regions = regions.Split(',', StringSplitOptions.RemoveEmptyEntries),
        };
    }

    private static RegionPolicy Read(string json)
    {
        var body = RequestBody.Parse(System.Text.Encoding.UTF8.GetBytes(json)).Value!;
        var policy = RegionPolicyReader.Read(body, static _ => true);
        Assert.Null(body.Finish());
        return new RegionPolicy(policy);
    }
}
