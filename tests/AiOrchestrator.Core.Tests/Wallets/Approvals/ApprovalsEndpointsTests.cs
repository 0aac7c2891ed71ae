using System.Net;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Wallets.Transfers;

namespace AiOrchestrator.Core.Tests.Wallets.Approvals;

public sealed class ApprovalsEndpointsTests
{
    private const string Path = "/control/v1/approvals";
    private const string Transfers = "/v1/wallet/transfers";

    [Fact]
    public async Task Who_has_no_policy_has_the_default_one()
    {
        await using var host = await CoreHost.StartAsync();
        var answer = await Http.GetAsync(host.Admin, Path);
        Assert.Equal(
            """{"levels":[{"up_to_usd":"100.00","roles":["team_lead","finops","admin","owner"],"approvals":1},{"up_to_usd":null,"roles":["finops","admin","owner"],"approvals":1}]}""",
            answer.Text);
        Assert.Equal(HttpStatusCode.Forbidden, (await Http.GetAsync(host.Caller, Path)).Status);
    }

    [Fact]
    public async Task A_policy_is_replaced_under_its_tag()
    {
        await using var host = await CoreHost.StartAsync();
        var before = (await Http.GetAsync(host.Admin, Path)).Message.Headers.ETag!.ToString();
        var first = await host.Admin.SendAsync(HttpMethod.Put, Path, """{"levels":[{"roles":["owner"],"approvals":2}]}""", before);
        var stale = await host.Admin.SendAsync(HttpMethod.Put, Path, """{"levels":[{"roles":["finops"]}]}""", before);
        var second = await host.Admin.SendAsync(
            HttpMethod.Put, Path, """{"levels":[{"up_to_usd":"5","roles":["finops"]},{"roles":["admin"],"approvals":3}]}""", first.Message.Headers.ETag!.ToString());

        Assert.Equal((HttpStatusCode.OK, """{"levels":[{"up_to_usd":null,"roles":["owner"],"approvals":2}]}"""), (first.Status, first.Text));
        Assert.Equal((HttpStatusCode.PreconditionFailed, "precondition_failed"), (stale.Status, stale.Code));
        Assert.Equal(second.Text, (await Http.GetAsync(host.Admin, Path)).Text);
    }

    [Theory]
    [InlineData("""{}""", "levels")]
    [InlineData("""{"levels":[]}""", "levels")]
    [InlineData("""{"levels":[{"up_to_usd":"5","roles":["finops"]}]}""", "levels")]
    [InlineData("""{"levels":[{"roles":["finops"]},{"roles":["finops"]}]}""", "levels")]
    [InlineData("""{"levels":[{"up_to_usd":"5","roles":["finops"]},{"up_to_usd":"5","roles":["finops"]},{"roles":["finops"]}]}""", "levels")]
    [InlineData("""{"levels":[{"roles":[]}]}""", "levels[0].roles")]
    [InlineData("""{"levels":[{"approvals":1}]}""", "levels[0].roles")]
    [InlineData("""{"levels":[{"roles":["member"]}]}""", "levels[0].roles")]
    [InlineData("""{"levels":[{"roles":["finops","finops"]}]}""", "levels[0].roles")]
    [InlineData("""{"levels":[{"roles":["finops"],"approvals":0}]}""", "levels[0].approvals")]
    [InlineData("""{"levels":[{"roles":["finops"],"approvals":4}]}""", "levels[0].approvals")]
    [InlineData("""{"levels":[{"roles":["finops"],"x":4}]}""", "levels[0].x")]
    public async Task Bad_policies_are_400(string body, string param)
    {
        await using var host = await CoreHost.StartAsync();
        var answer = await host.Admin.SendAsync(HttpMethod.Put, Path, body);
        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
    }

    [Fact]
    public async Task What_was_asked_for_before_needs_what_it_needed_then()
    {
        await using var host = await Teams.StartAsync();
        var before = await host.RequestAsync(host.Alice);
        await host.Admin.SendAsync(HttpMethod.Put, Path, """{"levels":[{"roles":["finops","admin","owner"],"approvals":2}]}""");
        var after = await host.RequestAsync(host.Alice);

        Assert.Equal("applied", (await DecideAsync(host.Finops, before, "approve")).Json.Text("state"));
        Assert.Equal("requested", (await DecideAsync(host.Finops, after, "approve")).Json.Text("state"));
        Assert.Equal("requested", (await DecideAsync(host.Finops, after, "approve")).Json.Text("state"));
        var both = await DecideAsync(host.Admin, after, "approve");
        Assert.Equal("applied", both.Json.Text("state"));
        Assert.Equal(["finops", "admin"], both.Json.GetProperty("approvals").EnumerateArray().Select(static a => a.Text("by")));
    }

    [Fact]
    public async Task One_refusal_is_enough()
    {
        await using var host = await Teams.StartAsync();
        await host.Admin.SendAsync(HttpMethod.Put, Path, """{"levels":[{"roles":["finops","owner"],"approvals":3}]}""");
        var id = await host.RequestAsync(host.Alice);
        await DecideAsync(host.Finops, id, "approve");
        Assert.Equal("rejected", (await DecideAsync(host.Admin, id, "reject")).Json.Text("state"));
    }

    private static Task<Answer> DecideAsync(HttpClient caller, string id, string action) =>
        caller.SendAsync(HttpMethod.Post, $"{Transfers}/{id}/{action}", null);
}
