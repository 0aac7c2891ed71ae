using System.Net;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Traffic.Regions;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Traffic.Regions;

public sealed class RegionEndpointsTests
{
    private const string Policy = "/control/v1/region-policy";
    private const string Nothing =
        """{"residency":null,"origins":[],"unknown_origin":"allow","addresses":[],"trusted_proxies":[],"allow_declared":false,"declaring_keys":null}""";

    [Fact]
    public async Task The_policy_is_shown_set_replaced_and_taken_back()
    {
        await using var host = await CoreHost.StartAsync();
        Assert.Equal(Nothing, (await Http.GetAsync(host.Admin, Policy)).Text);
        Assert.Equal((HttpStatusCode.NotFound, "region_policy_not_found"), Of(await host.Admin.SendAsync(HttpMethod.Delete, Policy, null)));

        var set = await host.Admin.SendAsync(
            HttpMethod.Put,
            Policy,
            $$"""{"residency":{"region":"EU"},"origins":[{"origin":"us","allowed_regions":["us"]}],"unknown_origin":"eu","addresses":[{"region":"eu","ranges":["203.0.113.0/24","192.0.2.7"]}],"trusted_proxies":["10.0.0.0/8"],"allow_declared":true,"declaring_keys":["{{host.Installation.KeyId}}"]}""");
        Assert.Equal(HttpStatusCode.OK, set.Status);
        Assert.Equal(
            $$"""{"residency":{"region":"eu","allowed_regions":["eu"]},"origins":[{"origin":"us","allowed_regions":["us"]}],"unknown_origin":"eu","addresses":[{"region":"eu","ranges":["203.0.113.0/24","192.0.2.7/32"]}],"trusted_proxies":["10.0.0.0/8"],"allow_declared":true,"declaring_keys":["{{host.Installation.KeyId}}"]}""",
            set.Text);
        Assert.False(InForce(host).IsOpen);

        var tag = set.Message.Headers.ETag!.ToString();
        Assert.Equal(HttpStatusCode.OK, (await host.Admin.SendAsync(HttpMethod.Put, Policy, """{"residency":{"region":"us"}}""", tag)).Status);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await host.Admin.SendAsync(HttpMethod.Put, Policy, "{}", tag)).Status);
        await using var again = await CoreHost.StartAsync(on: host);
        Assert.Equal("us", (await Http.GetAsync(again.Admin, Policy)).Json.GetProperty("residency").Text("region"));
        Assert.False(InForce(again).IsOpen);

        Assert.Equal(HttpStatusCode.NoContent, (await host.Admin.SendAsync(HttpMethod.Delete, Policy, null)).Status);
        Assert.Equal(Nothing, (await Http.GetAsync(host.Admin, Policy)).Text);
        Assert.True(InForce(host).IsOpen);
    }

    [Theory]
    [InlineData("""{"residency":{}}""", "residency.region")]
    [InlineData("""{"residency":{"region":"e u"}}""", "residency.region")]
    [InlineData("""{"residency":{"region":"eu","allowed_regions":[]}}""", "residency.allowed_regions")]
    [InlineData("""{"residency":{"region":"eu","allowed_regions":["-"]}}""", "residency.allowed_regions")]
    [InlineData("""{"origins":[{"origin":"us"}]}""", "origins[0].allowed_regions")]
    [InlineData("""{"origins":[{"origin":"us","allowed_regions":["us"]},{"origin":"US","allowed_regions":["us"]}]}""", "origins[1].origin")]
    [InlineData("""{"unknown_origin":"*"}""", "unknown_origin")]
    [InlineData("""{"addresses":[{"region":"eu"}]}""", "addresses[0].ranges")]
    [InlineData("""{"addresses":[{"region":"*","ranges":["10.0.0.0/8"]}]}""", "addresses[0].region")]
    [InlineData("""{"addresses":[{"region":"eu","ranges":["10.0.0.0/8","10.0.0.1/8"]}]}""", "addresses[0].ranges[1]")]
    [InlineData("""{"addresses":[{"region":"eu","ranges":["10.0.0.0/8"]},{"region":"us","ranges":["10.0.0.0/8"]}]}""", "addresses[1].ranges")]
    [InlineData("""{"trusted_proxies":["proxy"]}""", "trusted_proxies[0]")]
    [InlineData("""{"declaring_keys":["key_nobody"]}""", "declaring_keys")]
    [InlineData("""{"allow":true}""", "allow")]
    public async Task Bad_input_is_400_naming_the_member(string json, string param)
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await host.Admin.SendAsync(HttpMethod.Put, Policy, json);

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
        Assert.Equal(Nothing, (await Http.GetAsync(host.Admin, Policy)).Text);
    }

    [Theory]
    [InlineData("""["EU"]""")]
    [InlineData("[]")]
    [InlineData("\"eu\"")]
    public async Task A_row_says_where_its_provider_processes_data(string wrong)
    {
        await using var host = await CoreHost.StartAsync();

        var row = await host.Admin.PostAsync("/control/v1/providers", """{"id":"p","base_url":"http://a/v1","regions":["eu-west-1","ch"],"models":[{"id":"m"}]}""");
        var refused = await host.Admin.PostAsync("/control/v1/providers", $$"""{"id":"q","base_url":"http://a/v1","regions":{{wrong}},"models":[{"id":"m"}]}""");

        Assert.Equal("""["eu-west-1","ch"]""", row.Json.GetProperty("regions").GetRawText());
        Assert.Equal((HttpStatusCode.BadRequest, "regions"), (refused.Status, refused.Param));
        await using var again = await CoreHost.StartAsync(on: host);
        Assert.Equal("""["eu-west-1","ch"]""", (await Http.GetAsync(again.Admin, "/control/v1/providers/p")).Json.GetProperty("regions").GetRawText());
    }

    private static RegionPolicy InForce(CoreHost host) =>
        host.Services.GetRequiredService<PartDirectory<StoredRegionPolicy, RegionPolicy>>().For(host.Installation.OrganisationId);

    private static (HttpStatusCode Status, string? Code) Of(Answer answer) => (answer.Status, answer.Code);
}
