using System.Net;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Traffic.Experiments;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Traffic.Experiments;

public sealed class ExperimentEndpointsTests
{
    private const string Root = "/control/v1/experiments";

    private const string Body =
        """{"name":"cheaper","applies_to":"gpt","variants":[{"name":"control","model":"gpt"},{"name":"small","weight":3,"chain":"cheap","parameters":{"temperature":0.2,"reasoning_effort":"low"}}],"metric":"cost"}""";

    [Fact]
    public async Task A_draft_is_made_with_what_nobody_said_filled_in_and_survives_a_restart()
    {
        await using var host = await CoreHost.StartAsync();
        var made = await Http.PostAsync(host.Admin, Root, Body);
        Assert.Equal(HttpStatusCode.Created, made.Status);
        var id = made.Json.Text("id");
        Assert.Equal(
            $$$"""{"id":"{{{id}}}","name":"cheaper","state":"draft","applies_to":"gpt","key":"user","salt":"","audience":{"tags":null,"teams":null,"percentage":100},"variants":[{"name":"control","weight":1,"model":"gpt","chain":null,"parameters":null},{"name":"small","weight":3,"model":null,"chain":"cheap","parameters":{"temperature":0.2,"reasoning_effort":"low"}}],"metric":"cost","direction":"lower","alpha":0.05,"power":0.8,"minimum_effect":{"absolute":null,"relative":0.05},"min_samples":100,"max_days":30,"auto_promote":false,"guard_rails":[],"winner":null,"ending":null,"note":null,"by":null,"created_at":"2027-01-15T08:00:00.000Z","started_at":null,"ended_at":null}""",
            made.Text);

        await using var again = await CoreHost.StartAsync(on: host);
        Assert.Equal(made.Text, (await Http.GetAsync(again.Admin, $"{Root}/{id}")).Text);
        Assert.True(SetOf(again).IsEmpty);
    }

    [Theory]
    [InlineData("\"metric\":\"cost\"", "\"metric\":\"beauty\"", "metric")]
    [InlineData("\"metric\":\"cost\"", "\"metric\":\"cost\",\"alpha\":0.5", "alpha")]
    [InlineData("\"metric\":\"cost\"", "\"metric\":\"cost\",\"minimum_effect\":{}", "minimum_effect.absolute")]
    [InlineData("\"metric\":\"cost\"", "\"metric\":\"cost\",\"guard_rails\":[{\"metric\":\"latency\"}]", "guard_rails[0].worse_by")]
    [InlineData("\"metric\":\"cost\"", "\"metric\":\"cost\",\"audience\":{\"tags\":[]}", "audience.tags")]
    [InlineData("\"metric\":\"cost\"", "\"metric\":\"cost\",\"audience\":{\"percentage\":0}", "audience.percentage")]
    [InlineData("\"applies_to\":\"gpt\"", "\"applies_to\":\"auto:poetry\"", "applies_to")]
    [InlineData("\"name\":\"small\"", "\"name\":\"control\"", "variants[1].name")]
    [InlineData("\"name\":\"small\"", "\"name\":\"Small One\"", "variants[1].name")]
    [InlineData("\"chain\":\"cheap\"", "\"chain\":\"cheap\",\"model\":\"m\"", "variants[1].model")]
    [InlineData("\"temperature\":0.2", "\"messages\":[]", "variants[1].parameters.messages")]
    public async Task What_is_wrong_is_named(string good, string bad, string param)
    {
        await using var host = await CoreHost.StartAsync();
        var answer = await Http.PostAsync(host.Admin, Root, Body.Replace(good, bad, StringComparison.Ordinal));
        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
    }

    [Fact]
    public async Task Started_it_shares_calls_out_and_what_is_measured_stays_as_it_is()
    {
        await using var host = await CoreHost.StartAsync();
        var id = await MakeAsync(host);
        var started = await MoveAsync(host, id, "start", """{"note":"let us see"}""");
        Assert.Equal(
            ("running", "2027-01-15T08:00:00.000Z", "admin", "let us see"),
            (started.Json.Text("state"), started.Json.Text("started_at"), started.Json.Text("by"), started.Json.Text("note")));
        Assert.Equal(id, SetOf(host).Assign(Trials.By("u"))!.Value.ExperimentId);

        var other = await Http.SendAsync(host.Admin, HttpMethod.Put, $"{Root}/{id}", Body.Replace("\"weight\":3", "\"weight\":4", StringComparison.Ordinal));
        Assert.Equal((HttpStatusCode.Conflict, "experiment_started"), (other.Status, other.Code));
        var same = await Http.SendAsync(host.Admin, HttpMethod.Put, $"{Root}/{id}", Body.Replace("\"metric\"", "\"auto_promote\":true,\"max_days\":3,\"metric\"", StringComparison.Ordinal));
        Assert.Equal((HttpStatusCode.OK, "running", 3), (same.Status, same.Json.Text("state"), same.Json.GetProperty("max_days").GetInt32()));
        Assert.Equal("experiment_state", (await MoveAsync(host, id, "start")).Code);
    }

    [Fact]
    public async Task It_goes_from_state_to_state_and_no_other_way()
    {
        await using var host = await CoreHost.StartAsync();
        var id = await MakeAsync(host);
        foreach (var early in new[] { "stop", "conclude", "rollback" })
        {
            Assert.Equal((HttpStatusCode.Conflict, "experiment_state"), (await MoveAsync(host, id, early)) is var refused ? (refused.Status, refused.Code) : default);
        }

        await MoveAsync(host, id, "start");
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await Http.SendAsync(host.Admin, HttpMethod.Post, $"{Root}/{id}/stop", "{}", "\"other\"")).Status);
        host.Time.Advance(TimeSpan.FromHours(1));
        var stopped = await MoveAsync(host, id, "stop", """{"note":"too dear"}""");
        Assert.Equal(
            ("concluded", "stopped", "too dear", "2027-01-15T09:00:00.000Z"),
            (stopped.Json.Text("state"), stopped.Json.Text("ending"), stopped.Json.Text("note"), stopped.Json.Text("ended_at")));
        Assert.True(SetOf(host).IsEmpty);

        Assert.Equal("winner", (await MoveAsync(host, id, "conclude", """{"winner":"nobody"}""")).Param);
        Assert.Null((await MoveAsync(host, id, "conclude")).Json.GetProperty("winner").GetString());
        Assert.Equal("small", (await MoveAsync(host, id, "conclude", """{"winner":"small"}""")).Json.Text("winner"));
        Assert.Equal(("cheap", false), SetOf(host).Assign(Trials.By("u")) is { } promoted ? (promoted.Variant.Chain!, promoted.IsRunning) : default);

        Assert.Equal("rolled_back", (await MoveAsync(host, id, "rollback")).Json.Text("state"));
        Assert.True(SetOf(host).IsEmpty);
        Assert.Equal(HttpStatusCode.Conflict, (await MoveAsync(host, id, "conclude")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await Http.SendAsync(host.Admin, HttpMethod.Delete, $"{Root}/{id}", null)).Status);
        Assert.Equal("experiment_not_found", (await MoveAsync(host, id, "start")).Code);
        Assert.Equal("experiment_not_found", (await MoveAsync(host, id, "conclude")).Code);
        Assert.Equal("experiment_not_found", (await Http.GetAsync(host.Admin, $"{Root}/{id}/results")).Code);
    }

    [Fact]
    public async Task Administrators_only()
    {
        await using var host = await CoreHost.StartAsync();
        var id = await MakeAsync(host);
        Assert.Equal(HttpStatusCode.Forbidden, (await Http.PostAsync(host.Caller, $"{Root}/{id}/start", "{}")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await Http.GetAsync(host.Caller, $"{Root}/{id}/results")).Status);
    }

    private static async Task<string> MakeAsync(CoreHost host) => (await Http.PostAsync(host.Admin, Root, Body)).Json.Text("id");

    private static Task<Answer> MoveAsync(CoreHost host, string id, string move, string body = "{}") => Http.PostAsync(host.Admin, $"{Root}/{id}/{move}", body);

    private static ExperimentSet SetOf(CoreHost host) =>
        host.Services.GetRequiredService<PartDirectory<StoredExperiment, ExperimentSet>>().For(host.Installation.OrganisationId);
}
