using System.Net;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Insight;

public sealed class ChargebackTests
{
    private const string Path = "/control/v1/chargeback";

    [Fact]
    public async Task Calls_are_added_up_by_team_and_cost_centre()
    {
        await using var host = await CoreHost.StartAsync();
        var tree = await TreeAsync(host);

        var teams = await Http.GetAsync(host.Admin, $"{Path}?group_by=team");
        var both = await Http.GetAsync(host.Admin, $"/v1/chargeback?group_by=cost_centre,key&wallet={tree.Team}");
        var days = await Http.GetAsync(host.Admin, $"{Path}?group_by=day&from=2027-01-15&to=2027-01-15T09:00:00Z");

        // The second call has no team on its path: the wallet right below the top stands for it.
        Assert.Equal(
            new[] { (tree.Team, "=team, \"A\"", 2L, "0.0000064"), (tree.Other, "other", 1L, "0.0000032") }.Order(),
            teams.Json.GetProperty("data").EnumerateArray().Select(static r => (r.Text("team"), r.Text("team_name"), r.GetProperty("calls").GetInt64(), r.Text("cost_usd"))).Order());
        Assert.Equal(
            $$"""{"data":[{"cost_centre":"4711","key":"{{host.Installation.KeyId}}","calls":2,"prompt_tokens":24,"completion_tokens":10,"cost_usd":"0.0000064","adjustments_usd":"0.00","total_usd":"0.0000064"}]}""",
            both.Text);
        Assert.Equal("""{"data":[{"day":"2027-01-15","calls":3,"prompt_tokens":36,"completion_tokens":15,"cost_usd":"0.0000096","adjustments_usd":"0.00","total_usd":"0.0000096"}]}""", days.Text);
    }

    [Fact]
    public async Task The_team_is_the_nearest_team_or_department_and_else_the_wallet_below_the_top()
    {
        await using var host = await CoreHost.StartAsync();
        var root = await OpenAsync(host, """{"name":"root","limit_usd":null}""");
        var department = await OpenAsync(host, $$"""{"name":"department","limit_usd":null,"parent_id":"{{root}}","kind":"department"}""");
        var team = await OpenAsync(host, $$"""{"name":"team","limit_usd":null,"parent_id":"{{department}}","kind":"team"}""");
        var plain = await OpenAsync(host, $$"""{"name":"plain","limit_usd":null,"parent_id":"{{root}}"}""");
        var (desk, user, guest) = (
            await OpenAsync(host, $$"""{"name":"desk","limit_usd":null,"parent_id":"{{department}}"}"""),
            await OpenAsync(host, $$"""{"name":"user","limit_usd":null,"parent_id":"{{team}}"}"""),
            await OpenAsync(host, $$"""{"name":"guest","limit_usd":null,"parent_id":"{{plain}}"}"""));
        var below = await OpenAsync(host, $$"""{"name":"below","limit_usd":null,"parent_id":"{{desk}}"}""");
        Add(host, 1, null, UsageStatus.Ok, user, team, department, root);
        Add(host, 2, null, UsageStatus.Ok, below, desk, department, root);
        Add(host, 3, null, UsageStatus.Ok, await OpenAsync(host, $$"""{"name":"last","limit_usd":null,"parent_id":"{{guest}}"}"""), guest, plain, root);
        Add(host, 4, null, UsageStatus.Ok, root);

        var teams = await Http.GetAsync(host.Admin, $"{Path}?group_by=team");
        Assert.Equal(
            new[] { team, department, plain, root }.Order(StringComparer.Ordinal),
            teams.Json.GetProperty("data").EnumerateArray().Select(static r => r.Text("team")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Csv_is_quoted_and_no_formula()
    {
        await using var host = await CoreHost.StartAsync();
        var tree = await TreeAsync(host);

        var csv = await Http.GetAsync(host.Admin, $"{Path}?group_by=team,model&format=csv&wallet={tree.Team}");
        var accepted = await AcceptAsync(host, "text/csv");
        var json = await AcceptAsync(host, "application/json, */*");

        Assert.Equal(
            $"team,team_name,model,calls,prompt_tokens,completion_tokens,cost_usd,adjustments_usd,total_usd\r\n{tree.Team},\"'=team, \"\"A\"\"\",echo,2,24,10,0.0000064,0.00,0.0000064\r\n",
            csv.Text);
        Assert.Equal("text/csv", csv.Message.Content.Headers.ContentType!.MediaType);
        Assert.Equal("attachment", csv.Message.Content.Headers.ContentDisposition!.DispositionType);
        Assert.StartsWith("wallet,wallet_name,calls", accepted, StringComparison.Ordinal);
        Assert.StartsWith("{\"data\":", json, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("plain", "plain")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("a\"b", "\"a\"\"b\"")]
    [InlineData("a\r\nb", "\"a\r\nb\"")]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("\tx", "'\tx")]
    [InlineData("a=b", "a=b")]
    public void A_text_is_a_cell(string? text, string cell) => Assert.Equal(cell, ChargebackCsv.Text(text));

    [Theory]
    [InlineData("group_by=colour", "group_by")]
    [InlineData("group_by=team,team", "group_by")]
    [InlineData("from=2027-01-15T08:30:00Z", "from")]
    [InlineData("from=2027-01-16&to=2027-01-15", "to")]
    [InlineData("format=xml", "format")]
    [InlineData("year=2027", "year")]
    public async Task A_wrong_question_is_400(string query, string param)
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await Http.GetAsync(host.Admin, $"{Path}?{query}");

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
    }

    [Fact]
    public async Task Only_who_sees_all_gets_a_report()
    {
        await using var host = await CoreHost.StartAsync();
        var finops = host.ClientFor((await host.Admin.PostAsync(
            "/control/v1/keys", $$"""{"name":"f","wallet_id":"{{host.Installation.WalletId}}","role":"finops"}""")).Json.Text("key"));

        var member = await Http.GetAsync(host.Caller, "/v1/chargeback");
        var unknown = await Http.GetAsync(finops, "/v1/chargeback?wallet=wal_x");

        Assert.Equal((HttpStatusCode.Forbidden, "permission_denied"), (member.Status, member.Code));
        Assert.Equal((HttpStatusCode.NotFound, "wallet_not_found"), (unknown.Status, unknown.Code));
        Assert.Equal("""{"data":[]}""", (await Http.GetAsync(finops, "/v1/chargeback")).Text);
        Assert.Equal(HttpStatusCode.Forbidden, (await Http.GetAsync(finops, Path)).Status);
    }

    /// <summary>Rows are written by hand and documented by type: this keeps the two together.</summary>
    [Fact]
    public async Task A_row_has_the_documented_members()
    {
        await using var host = await CoreHost.StartAsync();
        await TreeAsync(host);

        var row = (await Http.GetAsync(host.Admin, $"{Path}?group_by=wallet,team,cost_centre,key,model,provider,day")).Json.GetProperty("data")[0];
        var schema = (await Http.GetAsync(host.Anonymous, "/openapi.json")).Json.GetProperty("components").GetProperty("schemas").GetProperty("ChargebackRowView");

        Assert.Equal(
            schema.GetProperty("properties").EnumerateObject().Select(static m => m.Name), row.EnumerateObject().Select(static m => m.Name));
    }

    [Fact]
    public async Task A_long_report_is_whole()
    {
        await using var host = await CoreHost.StartAsync();
        for (var i = 1; i <= 2000; i++)
        {
            var usage = TestUsage.Event(i, host.Installation.OrganisationId, $"key_{i:0000}");
            host.Usage.Add(usage);
        }

        var rows = (await Http.GetAsync(host.Admin, $"{Path}?group_by=key")).Json.GetProperty("data");

        Assert.Equal((2000, "key_2000"), (rows.GetArrayLength(), rows[1999].Text("key")));
    }

    private static async Task<string> AcceptAsync(CoreHost host, string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Path);
        request.Headers.TryAddWithoutValidation("accept", accept);
        var answer = await host.Admin.SendAsync(request, TestContext.Current.CancellationToken);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Two calls below a team with a cost centre, one below the top beside it, one that was refused.</summary>
    private static async Task<(string Team, string Other)> TreeAsync(CoreHost host)
    {
        var root = await OpenAsync(host, """{"name":"root","limit_usd":null}""");
        var team = await OpenAsync(host, $$"""{"name":"=team, \"A\"","limit_usd":null,"parent_id":"{{root}}","kind":"team"}""");
        var leaf = await OpenAsync(host, $$"""{"name":"leaf","limit_usd":null,"parent_id":"{{team}}"}""");
        var other = await OpenAsync(host, $$"""{"name":"other","limit_usd":null,"parent_id":"{{root}}"}""");
        Add(host, 1, "4711", UsageStatus.Ok, leaf, team, root);
        Add(host, 2, "4711", UsageStatus.Cut, team, root);
        Add(host, 3, null, UsageStatus.Ok, other, root);
        Add(host, 4, null, UsageStatus.Refused, other, root);
        return (team, other);
    }

    private static void Add(CoreHost host, int number, string? centre, UsageStatus status, params string[] path)
    {
        var usage = TestUsage.Event(number, host.Installation.OrganisationId, host.Installation.KeyId);
        (usage.WalletPath, usage.CostCentre, usage.Status) = (string.Join('/', path), centre, status);
        host.Usage.Add(usage);
    }

    private static async Task<string> OpenAsync(CoreHost host, string body) =>
        (await host.Admin.PostAsync("/control/v1/wallets", body)).Json.Text("id");
}
