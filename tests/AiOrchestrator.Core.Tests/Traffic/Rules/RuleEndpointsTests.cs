using System.Net;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Traffic.Rules;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Traffic.Rules;

public sealed class RuleEndpointsTests
{
    private const string Routes = "/control/v1/routes";

    private const string All = """{"name":"All","action":{"mark":["x"]}}""";

    [Fact]
    public async Task A_rule_is_made_shown_listed_replaced_and_deleted_and_holds_for_the_next_call()
    {
        await using var host = await CoreHost.StartAsync();

        var made = await host.Admin.PostAsync(Routes, """{"name":"Nights","description":"cheap at night","priority":70,"conditions":{"time":{"from":"22:00","to":"06:00"}},"action":{"mark":["Night"]}}""");
        var path = $"{Routes}/{made.Json.Text("id")}";

        Assert.Equal(HttpStatusCode.Created, made.Status);
        Assert.Equal(path, made.Message.Headers.Location?.ToString());
        Assert.StartsWith("""{"id":"rul_""", made.Text, StringComparison.Ordinal);
        Assert.EndsWith(
            ""","name":"Nights","description":"cheap at night","scope":"organisation","is_system":false,"is_overridden":false,"priority":70,"enabled":true,"conditions":{"time":{"days":null,"from":"22:00","to":"06:00","zone":null}},"action":{"mark":["night"],"replaces_explicit":false},"created_by":"admin","created_at":"2027-01-15T08:00:00.000Z","updated_at":"2027-01-15T08:00:00.000Z"}""",
            made.Text,
            StringComparison.Ordinal);
        Assert.Equal(made.Text, (await Http.GetAsync(host.Admin, path)).Text);
        Assert.Equal(9, (await Http.GetAsync(host.Admin, Routes)).Json.GetProperty("data").GetArrayLength());
        Assert.Null(Matched(host, new Sketch()));

        host.Time.Advance(TimeSpan.FromMinutes(1));
        var tag = made.Message.Headers.ETag!.ToString();
        var replaced = await host.Admin.SendAsync(HttpMethod.Put, path, All, tag);
        Assert.Equal(HttpStatusCode.OK, replaced.Status);
        Assert.Contains(
            "\"priority\":50,\"enabled\":true,\"conditions\":null,\"action\":{\"mark\":[\"x\"],\"replaces_explicit\":false},\"created_by\":\"admin\",\"created_at\":\"2027-01-15T08:00:00.000Z\",\"updated_at\":\"2027-01-15T08:01:00.000Z\"",
            replaced.Text,
            StringComparison.Ordinal);
        Assert.Equal(made.Json.Text("id"), Matched(host, new Sketch()));
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await host.Admin.SendAsync(HttpMethod.Put, path, All, tag)).Status);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await host.Admin.SendAsync(HttpMethod.Delete, path, null, tag)).Status);

        Assert.Equal(HttpStatusCode.NoContent, (await host.Admin.SendAsync(HttpMethod.Delete, path, null, replaced.Message.Headers.ETag!.ToString())).Status);
        Assert.Equal("rule_not_found", (await Http.GetAsync(host.Admin, path)).Code);
        Assert.Null(Matched(host, new Sketch()));
    }

    [Fact]
    public async Task A_rule_that_ships_is_disabled_and_overridden_but_not_deleted()
    {
        await using var host = await CoreHost.StartAsync();
        var path = $"{Routes}/sys_real_time";
        var call = new Sketch { Automatic = true, Said = "/fast please" };
        var shipped = await Http.GetAsync(host.Admin, path);
        Assert.Contains(
            "\"scope\":\"installation\",\"is_system\":true,\"is_overridden\":false,\"priority\":92,\"enabled\":true,", shipped.Text, StringComparison.Ordinal);
        Assert.EndsWith("\"created_by\":\"system\",\"created_at\":null,\"updated_at\":null}", shipped.Text, StringComparison.Ordinal);
        Assert.Equal("sys_real_time", Matched(host, call));

        var refused = await host.Admin.SendAsync(HttpMethod.Delete, path, null);
        Assert.Equal((HttpStatusCode.Conflict, "ships_with_product"), (refused.Status, refused.Code));

        var tag = shipped.Message.Headers.ETag!.ToString();
        var disabled = await host.Admin.SendAsync(HttpMethod.Put, path, """{"enabled":false}""", tag);
        Assert.Equal(HttpStatusCode.OK, disabled.Status);
        Assert.Contains("\"is_system\":true,\"is_overridden\":true,\"priority\":92,\"enabled\":false,\"conditions\":{\"any\":", disabled.Text, StringComparison.Ordinal);
        Assert.Null(Matched(host, call));
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await host.Admin.SendAsync(HttpMethod.Put, path, "{}", tag)).Status);

        var other = await host.Admin.SendAsync(HttpMethod.Put, path, """{"priority":10,"scope":"installation","conditions":{"command":["/now"]},"action":{"use":{"model":"gpt-4o"}}}""");
        Assert.Equal("Real-time", other.Json.Text("name"));
        Assert.Equal("sys_real_time", Matched(host, call with { Said = "/now" }));
        Assert.Equal(8, (await Http.GetAsync(host.Admin, Routes)).Json.GetProperty("data").GetArrayLength());

        Assert.Equal(HttpStatusCode.NoContent, (await host.Admin.SendAsync(HttpMethod.Delete, path, null)).Status);
        Assert.Equal(shipped.Text, (await Http.GetAsync(host.Admin, path)).Text);
        Assert.Equal("sys_real_time", Matched(host, call));
        Assert.Equal("ships_with_product", (await host.Admin.SendAsync(HttpMethod.Delete, path, null)).Code);
    }

    [Fact]
    public async Task Rules_and_overrides_reach_the_other_instances()
    {
        await using var one = await CoreHost.StartAsync();
        await using var other = await CoreHost.StartAsync(on: one);
        var made = (await one.Admin.PostAsync(Routes, """{"name":"all","priority":1,"action":{"mark":["x"]}}""")).Json.Text("id");
        await one.Admin.SendAsync(HttpMethod.Put, $"{Routes}/sys_real_time", """{"enabled":false}""");
        var part = Assert.Single(other.Services.GetServices<ConfigurationPart>(), static p => p.Name == "rules");
        Assert.True(part.Covers($"rules:{one.Installation.OrganisationId}"));

        await part.ReloadAsync(TestContext.Current.CancellationToken);

        Assert.Equal(made, Matched(other, new Sketch { Automatic = true, Said = "/fast please" }));

        await one.Admin.SendAsync(HttpMethod.Delete, $"{Routes}/sys_real_time", null);
        await part.ReloadAsync(TestContext.Current.CancellationToken);
        Assert.Equal("sys_real_time", Matched(other, new Sketch { Automatic = true, Said = "/fast please" }));
    }

    /// <summary>This instance has not heard of the override yet: who comes second is told so.</summary>
    [Fact]
    public async Task Of_two_who_override_the_same_rule_knowing_what_ships_one_is_told()
    {
        await using var one = await CoreHost.StartAsync();
        await using var other = await CoreHost.StartAsync(on: one);

        Assert.Equal(HttpStatusCode.OK, (await one.Admin.SendAsync(HttpMethod.Put, $"{Routes}/sys_quick_edits", "{}", "\"shipped\"")).Status);

        Assert.Equal(HttpStatusCode.PreconditionFailed, (await other.Admin.SendAsync(HttpMethod.Put, $"{Routes}/sys_quick_edits", "{}", "\"shipped\"")).Status);
    }

    [Fact]
    public async Task An_organisation_has_what_ships_before_anything_is_written()
    {
        await using var host = await CoreHost.StartAsync();
        var directory = host.Services.GetRequiredService<PartDirectory<StoredRule, RuleSet>>();

        Assert.Equal(8, directory.For("org_nobody").Rules.Count);
        Assert.Equal(8, directory.All("org_nobody").Count);
        Assert.Same(directory.For(host.Installation.OrganisationId), directory.For(host.Installation.OrganisationId));
    }

    [Theory]
    [InlineData("""{"action":{"mark":["x"]}}""", "name")]
    [InlineData("""{"name":"","action":{"mark":["x"]}}""", "name")]
    [InlineData("""{"name":"a"}""", "action")]
    [InlineData("""{"name":"a","action":{}}""", "action")]
    [InlineData("""{"name":"a","action":[]}""", "action")]
    [InlineData("""{"name":"a","action":{"mark":["x"]},"priority":1001}""", "priority")]
    [InlineData("""{"name":"a","action":{"mark":["x"]},"priority":-1}""", "priority")]
    [InlineData("""{"name":"a","action":{"mark":["x"]},"enabled":"yes"}""", "enabled")]
    [InlineData("""{"name":"a","action":{"mark":["x"]},"scope":"installation"}""", "scope")]
    [InlineData("""{"name":"a","action":{"mark":["x"]},"colour":"red"}""", "colour")]
    [InlineData("""{"name":"a","action":{"mark":[]}}""", "action.mark")]
    [InlineData("""{"name":"a","action":{"mark":["a b"]}}""", "action.mark")]
    [InlineData("""{"name":"a","action":{"deny":{}}}""", "action.deny.message")]
    [InlineData("""{"name":"a","action":{"deny":{"message":"no"},"use":{"model":"m"}}}""", "action.deny")]
    [InlineData("""{"name":"a","action":{"deny":{"message":"no"},"set":{"max_tokens_cap":1}}}""", "action.deny")]
    [InlineData("""{"name":"a","action":{"mark":["x"],"replaces_explicit":true}}""", "action.replaces_explicit")]
    [InlineData("""{"name":"a","action":{"use":{}}}""", "action.use")]
    [InlineData("""{"name":"a","action":{"use":{"model":"m","chain":"c"}}}""", "action.use")]
    [InlineData("""{"name":"a","action":{"use":{"chain":"nobody"}}}""", "action.use.chain")]
    [InlineData("""{"name":"a","action":{"use":{"model":"auto:coding"}}}""", "action.use.model")]
    [InlineData("""{"name":"a","action":{"use":{"model":"m","fallback":["n","chain:c"]}}}""", "action.use.fallback[1]")]
    [InlineData("""{"name":"a","action":{"set":{}}}""", "action.set")]
    [InlineData("""{"name":"a","action":{"set":{"max_tokens_cap":0}}}""", "action.set.max_tokens_cap")]
    [InlineData("""{"name":"a","action":{"set":{"max_tokens_cap":1,"max_tokens_default":2}}}""", "action.set.max_tokens_default")]
    [InlineData("""{"name":"a","action":{"set":{"parameters":{}}}}""", "action.set.parameters")]
    [InlineData("""{"name":"a","action":{"set":{"parameters":{"model":"m"}}}}""", "action.set.parameters.model")]
    [InlineData("""{"name":"a","action":{"set":{"parameters":{"max_tokens":3}}}}""", "action.set.parameters.max_tokens")]
    [InlineData("""{"name":"a","action":{"set":{"parameters":{"Seed":3}}}}""", "action.set.parameters.Seed")]
    [InlineData("""{"name":"a","action":{"set":{"parameters":{"seed":null}}}}""", "action.set.parameters.seed")]
    [InlineData("""{"name":"a","action":{"set":{"parameters":{"stop":["a"]}}}}""", "action.set.parameters.stop")]
    [InlineData("""{"name":"a","action":{"set":{"parameters":{"temperature":2.1}}}}""", "action.set.parameters.temperature")]
    [InlineData("""{"name":"a","action":{"set":{"parameters":{"top_p":"1"}}}}""", "action.set.parameters.top_p")]
    public async Task A_bad_rule_is_400_naming_the_member(string json, string param) => await RefusesAsync(json, param);

    [Theory]
    [InlineData("""{"model":[]}""", "model")]
    [InlineData("""{"model":"m"}""", "model")]
    [InlineData("""{"call":["chat","talk"]}""", "call[1]")]
    [InlineData("""{"capability":["fly"]}""", "capability[0]")]
    [InlineData("""{"streamed":1}""", "streamed")]
    [InlineData("""{"prompt_tokens":{}}""", "prompt_tokens")]
    [InlineData("""{"prompt_tokens":{"min":2,"max":1}}""", "prompt_tokens.min")]
    [InlineData("""{"characters":{"max":131073}}""", "characters.max")]
    [InlineData("""{"characters":{"max":1,"in":"first"}}""", "characters.in")]
    [InlineData("""{"keywords":{}}""", "keywords")]
    [InlineData("""{"keywords":{"any":[" "]}}""", "keywords.any[0]")]
    [InlineData("""{"keywords":{"any":["a"],"in":"x"}}""", "keywords.in")]
    [InlineData("""{"command":["fast"]}""", "command[0]")]
    [InlineData("""{"command":["/a b"]}""", "command[0]")]
    [InlineData("""{"pattern":{}}""", "pattern.regex")]
    [InlineData("""{"attachments":["fax"]}""", "attachments[0]")]
    [InlineData("""{"language":["english"]}""", "language[0]")]
    [InlineData("""{"category":["cooking"]}""", "category[0]")]
    [InlineData("""{"min_confidence":1.1}""", "min_confidence")]
    [InlineData("""{"complexity":["SOME"]}""", "complexity[0]")]
    [InlineData("""{"team":["wal_nobody"]}""", "team[0]")]
    [InlineData("""{"time":{}}""", "time")]
    [InlineData("""{"time":{"days":["someday"]}}""", "time.days[0]")]
    [InlineData("""{"time":{"from":"8:00"}}""", "time.from")]
    [InlineData("""{"time":{"from":"08:00","to":"08:00"}}""", "time.from")]
    [InlineData("""{"time":{"from":"24:00","to":"08:00"}}""", "time.from")]
    [InlineData("""{"time":{"to":"08:00","zone":"Mars/Olympus"}}""", "time.zone")]
    [InlineData("""{"estimated_cost_usd":{}}""", "estimated_cost_usd")]
    [InlineData("""{"estimated_cost_usd":{"min":1}}""", "estimated_cost_usd.min")]
    [InlineData("""{"estimated_cost_usd":{"min":"2","max":"1"}}""", "estimated_cost_usd.min")]
    [InlineData("""{"budget_left":{}}""", "budget_left")]
    [InlineData("""{"budget_left":{"below":20}}""", "budget_left.below")]
    [InlineData("""{"budget_left":{"below":0.1,"above":0.2}}""", "budget_left.above")]
    public async Task A_bad_condition_is_400_naming_the_member(string conditions, string param) =>
        await RefusesAsync($$"""{"name":"a","action":{"mark":["x"]},"conditions":{{conditions}} }""", $"conditions.{param}");

    [Fact]
    public async Task A_rule_may_name_a_chain_there_is_and_a_team_there_is()
    {
        await using var host = await CoreHost.StartAsync();
        await host.Admin.PostAsync("/control/v1/chains", """{"name":"cheap","entries":[{"model":"gpt-4o"}]}""");

        var made = await host.Admin.PostAsync(
            Routes, $$"""{"name":"a","action":{"use":{"chain":"cheap"},"replaces_explicit":true},"conditions":{"team":["{{host.Installation.WalletId}}"]} }""");

        Assert.Equal(HttpStatusCode.Created, made.Status);
        Assert.Equal(made.Json.Text("id"), Matched(host, new Sketch { Wallets = [host.Installation.WalletId] }));
    }

    private static string? Matched(CoreHost host, Sketch call) =>
        host.Services.GetRequiredService<PartDirectory<StoredRule, RuleSet>>().For(host.Installation.OrganisationId).Match(call.Facts(), null)?.Id;

    private static async Task RefusesAsync(string json, string param)
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await host.Admin.PostAsync(Routes, json);

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
        Assert.Equal(8, (await Http.GetAsync(host.Admin, Routes)).Json.GetProperty("data").GetArrayLength());
    }
}
