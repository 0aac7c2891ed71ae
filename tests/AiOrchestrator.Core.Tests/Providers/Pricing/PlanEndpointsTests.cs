using System.Net;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Providers.Pricing;

public sealed class PlanEndpointsTests
{
    private const string Plan = "/control/v1/plan";
    private const string Policy = "/control/v1/price-policy";

    [Fact]
    public async Task Without_a_word_there_is_no_plan_and_unknown_models_are_refused()
    {
        await using var host = await CoreHost.StartAsync();

        var plan = (await Http.GetAsync(host.Admin, Plan)).Json;
        var policy = await Http.GetAsync(host.Admin, Policy);

        Assert.False(plan.GetProperty("enabled").GetBoolean());
        Assert.Equal("""{"unknown_model":"refuse","last_resort":null}""", policy.Text);
        Assert.Equal("none", plan.Text("table"));
        Assert.Empty(plan.GetProperty("entries").EnumerateArray());
        Assert.Contains("GitHub Copilot", plan.Text("shipped_source"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_table_says_where_each_entry_comes_from()
    {
        await using var host = await CoreHost.StartAsync();

        var put = await host.Admin.SendAsync(
            HttpMethod.Put,
            Plan,
            """{"name":"2027","table":"copilot","multipliers":{"gpt-4.1":"0.50","*":"2"},"default_multiplier":"1.5","free_quotas":[{"provider":"echo","window":"day","requests":1500}]}""");
        var table = put.Json.GetProperty("entries").EnumerateArray().Select(static e => $"{e.Text("model")} {e.Text("multiplier")} {e.Text("origin")}").ToList();

        Assert.Equal(HttpStatusCode.OK, put.Status);
        Assert.True(put.Json.GetProperty("enabled").GetBoolean());
        Assert.Equal("copilot", put.Json.Text("table"));
        Assert.Equal(["gpt-4.1 0.5 own", "* 2 own"], table[..2]);
        Assert.Contains("gpt-4o 0 shipped", table);
        Assert.DoesNotContain("gpt-4.1 0 shipped", table);
        Assert.Equal("""[{"provider":"echo","model":null,"window":"day","requests":1500,"tokens":null}]""", put.Json.GetProperty("free_quotas").GetRawText());
        Assert.Equal(put.Text, (await Http.GetAsync(host.Admin, Plan)).Text);
    }

    [Fact]
    public async Task A_quota_of_a_model_nobody_knows_is_taken_with_a_warning_and_one_of_a_provider_that_is_gone_stays()
    {
        await using var host = await CoreHost.StartAsync();
        await host.Admin.PostAsync(
            "/control/v1/providers",
            """{"id":"lab","base_url":"http://localhost:1/v1","models":[{"id":"m-9","context_window_tokens":1000,"max_output_tokens":100}]}""");
        const string quotas =
            """{"free_quotas":[{"provider":"lab","model":"m-9","window":"day","requests":5},{"provider":"lab","model":"m-8","window":"day","requests":5}]}""";

        var put = await host.Admin.SendAsync(HttpMethod.Put, Plan, quotas);
        await host.Admin.SendAsync(HttpMethod.Delete, "/control/v1/providers/lab", null);
        var again = await host.Admin.SendAsync(HttpMethod.Put, Plan, quotas);

        Assert.Contains("m-8", Assert.Single(put.Json.GetProperty("warnings").EnumerateArray()).GetString(), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.OK, 2), (again.Status, again.Json.GetProperty("warnings").GetArrayLength()));
    }

    /// <summary>Models that are free in the shipped table cost an organisation money that pays their provider.</summary>
    [Theory]
    [InlineData("{}")]
    [InlineData("""{"free_quotas":[{"provider":"echo","window":"day","requests":1500}]}""")]
    [InlineData("""{"table":"none"}""")]
    public async Task The_shipped_table_is_not_in_force_unless_it_is_chosen(string body)
    {
        await using var host = await CoreHost.StartAsync();
        await host.Admin.SendAsync(HttpMethod.Put, Plan, """{"table":"copilot"}""");

        var put = await host.Admin.SendAsync(HttpMethod.Put, Plan, body);

        Assert.Equal((HttpStatusCode.OK, "none"), (put.Status, put.Json.Text("table")));
        Assert.Empty(put.Json.GetProperty("entries").EnumerateArray());
        Assert.Equal(put.Text, (await Http.GetAsync(host.Admin, Plan)).Text);
    }

    [Theory]
    [InlineData(Plan, """{"name":"a"}""")]
    [InlineData(Policy, """{"unknown_model":"refuse"}""")]
    public async Task A_change_can_be_made_conditional(string path, string body)
    {
        await using var host = await CoreHost.StartAsync();

        var unknown = await host.Admin.SendAsync(HttpMethod.Put, path, body, "\"x\"");
        var first = await host.Admin.SendAsync(HttpMethod.Put, path, body);
        var tag = first.Message.Headers.ETag!.ToString();
        var second = await host.Admin.SendAsync(HttpMethod.Put, path, body, tag);
        var late = await host.Admin.SendAsync(HttpMethod.Put, path, body, tag);

        Assert.Equal(
            (HttpStatusCode.PreconditionFailed, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.PreconditionFailed),
            (unknown.Status, first.Status, second.Status, late.Status));
        Assert.Equal(second.Message.Headers.ETag!.ToString(), (await Http.GetAsync(host.Admin, path)).Message.Headers.ETag!.ToString());
    }

    /// <summary>A body, the member at fault, and a word of what is told about it.</summary>
    [Theory]
    [InlineData(Plan, """{"multipliers":{"m":"-1"}}""", "multipliers.m", "decimal")]
    [InlineData(Plan, """{"multipliers":{"m":"1001"}}""", "multipliers.m", "1000")]
    [InlineData(Plan, """{"multipliers":{"m":0}}""", "multipliers.m", "string")]
    [InlineData(Plan, """{"multipliers":{"m m":"1"}}""", "multipliers.m m", "visible")]
    [InlineData(Plan, """{"multipliers":{"m":"1","m":"0"}}""", "multipliers.m", "twice")]
    [InlineData(Plan, """{"multipliers":["m"]}""", "multipliers", "object")]
    [InlineData(Plan, """{"default_multiplier":"free"}""", "default_multiplier", "decimal")]
    [InlineData(Plan, """{"table":"shipped"}""", "table", "none or copilot")]
    [InlineData(Plan, """{"enabled":"yes"}""", "enabled", "true or false")]
    [InlineData(Plan, """{"free_quotas":[{"window":"day","requests":1}]}""", "free_quotas[0].provider", "required")]
    [InlineData(Plan, """{"free_quotas":[{"provider":"ecko","window":"day","requests":1}]}""", "free_quotas[0].provider", "echo")]
    [InlineData(Plan, """{"free_quotas":[{"provider":"echo","window":"week","requests":1}]}""", "free_quotas[0].window", "day or month")]
    [InlineData(Plan, """{"free_quotas":[{"provider":"echo","window":"day"}]}""", "free_quotas[0].requests", "tokens")]
    [InlineData(Plan, """{"free_quotas":[{"provider":"echo","window":"day","tokens":0}]}""", "free_quotas[0].tokens", "from 1")]
    [InlineData(Plan, """{"free_quotas":[{"provider":"echo","window":"day","tokens":1},{"provider":"echo","window":"day","requests":1}]}""", "free_quotas[1].provider", "already")]
    [InlineData(Plan, """{"price":1}""", "price", "not a member")]
    [InlineData(Policy, """{}""", "unknown_model", "required")]
    [InlineData(Policy, """{"unknown_model":"free"}""", "unknown_model", "refuse or last_resort")]
    [InlineData(Policy, """{"unknown_model":"last_resort"}""", "last_resort", "required")]
    [InlineData(Policy, """{"unknown_model":"last_resort","last_resort":{"usd_per_million":{"input":"1"}}}""", "last_resort.usd_per_million", "output")]
    [InlineData(Policy, """{"unknown_model":"refuse","last_resort":{"usd_per_million":{"input":"x","output":"1"}}}""", "last_resort.usd_per_million.input", "decimal")]
    public async Task Bad_bodies_are_400_naming_the_member(string path, string body, string param, string told)
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await host.Admin.SendAsync(HttpMethod.Put, path, body);

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
        Assert.Contains(told, answer.ErrorText, StringComparison.Ordinal);
    }
}
