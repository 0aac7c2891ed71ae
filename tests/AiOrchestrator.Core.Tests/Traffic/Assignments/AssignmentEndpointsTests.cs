using System.Net;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Traffic.Assignments;

public sealed class AssignmentEndpointsTests
{
    private const string Assignments = "/control/v1/assignments";

    [Fact]
    public async Task An_assignment_is_made_shown_replaced_and_deleted()
    {
        await using var host = await CoreHost.StartAsync();

        var made = await host.Admin.PostAsync(
            Assignments,
            $$"""{"level":"team","subject":"{{host.Installation.WalletId}}","task_type":"CODING","primary_model":"a","fallback_models":["b"],"allowed_models":["c*"],"conditions":{"min_prompt_tokens":10,"tags":["Night"]},"expires_at":"2030-01-31T12:00:00Z"}""");
        var path = $"{Assignments}/{made.Json.Text("id")}";

        Assert.Equal(HttpStatusCode.Created, made.Status);
        Assert.Contains(
            $$""","level":"team","subject":"{{host.Installation.WalletId}}","task_type":"coding","primary_model":"a","fallback_models":["b"],"allowed_models":["c*"],"priority":50,"conditions":{"min_prompt_tokens":10,"max_prompt_tokens":null,"tags":["night"]},"expires_at":"2030-01-31T12:00:00.000Z","is_override":false,"assigned_by":"admin","created_at":"2027-01-15T08:00:00.000Z"}""",
            made.Text,
            StringComparison.Ordinal);
        Assert.Equal($$"""{"data":[{{made.Text}}],"next":null}""", (await Http.GetAsync(host.Admin, Assignments)).Text);
        var replaced = await host.Admin.SendAsync(HttpMethod.Put, path, """{"level":"global","primary_model":"d"}""");
        Assert.Equal(("global", "*", "*", "d"), (replaced.Json.Text("level"), replaced.Json.Text("subject"), replaced.Json.Text("task_type"), replaced.Json.Text("primary_model")));
        Assert.Equal(HttpStatusCode.NoContent, (await host.Admin.SendAsync(HttpMethod.Delete, path, null)).Status);
        Assert.Equal("assignment_not_found", (await Http.GetAsync(host.Admin, path)).Code);
    }

    [Theory]
    [InlineData("""{"primary_model":"a"}""", "level")]
    [InlineData("""{"level":"global"}""", "primary_model")]
    [InlineData("""{"level":"global","subject":"u","primary_model":"a"}""", "subject")]
    [InlineData("""{"level":"team","subject":"wal_nobody","primary_model":"a"}""", "subject")]
    [InlineData("""{"level":"global","primary_model":"a","task_type":"cooking"}""", "task_type")]
    [InlineData("""{"level":"global","primary_model":"a","fallback_models":["b","a"]}""", "fallback_models")]
    [InlineData("""{"level":"global","primary_model":"a","allowed_models":[]}""", "allowed_models")]
    [InlineData("""{"level":"global","primary_model":"a","priority":1001}""", "priority")]
    [InlineData("""{"level":"global","primary_model":"a","expires_at":"2027-01-15T08:00:00Z"}""", "expires_at")]
    [InlineData("""{"level":"global","primary_model":"a","conditions":{"min_prompt_tokens":2,"max_prompt_tokens":1}}""", "conditions.max_prompt_tokens")]
    [InlineData("""{"level":"global","primary_model":"a","conditions":{"tags":[]}}""", "conditions.tags")]
    [InlineData("""{"level":"global","primary_model":"a","assigned_by":"me"}""", "assigned_by")]
    public async Task Bad_input_is_400_naming_the_member(string json, string param)
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await host.Admin.PostAsync(Assignments, json);

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
    }

    [Fact]
    public async Task What_goes_before_everything_else_is_said_and_taken_back_by_owners_only()
    {
        await using var host = await CoreHost.StartAsync();
        var admin = await KeyAsync(host, "admin");
        var owner = await KeyAsync(host, "owner");
        const string Override = """{"level":"global","primary_model":"a","is_override":true}""";
        const string Plain = """{"level":"global","primary_model":"a"}""";

        var refused = await admin.PostAsync(Assignments, Override);
        var made = await owner.PostAsync(Assignments, Override);
        var path = $"{Assignments}/{made.Json.Text("id")}";

        Assert.Equal((HttpStatusCode.Forbidden, "override_needs_owner"), (refused.Status, refused.Code));
        Assert.Equal((HttpStatusCode.Created, true), (made.Status, made.Json.GetProperty("is_override").GetBoolean()));
        Assert.StartsWith("key_", made.Json.Text("assigned_by"), StringComparison.Ordinal);
        Assert.Equal("override_needs_owner", (await admin.SendAsync(HttpMethod.Put, path, Plain)).Code);
        Assert.Equal("override_needs_owner", (await admin.SendAsync(HttpMethod.Delete, path, null)).Code);
        Assert.Equal(made.Text, (await Http.GetAsync(host.Admin, path)).Text);

        var plain = await admin.PostAsync(Assignments, Plain);
        Assert.Equal(HttpStatusCode.Created, plain.Status);
        Assert.Equal("override_needs_owner", (await admin.SendAsync(HttpMethod.Put, $"{Assignments}/{plain.Json.Text("id")}", Override)).Code);
        Assert.Equal(HttpStatusCode.NoContent, (await host.Admin.SendAsync(HttpMethod.Delete, path, null)).Status);
    }

    [Fact]
    public async Task What_counts_is_whose_it_is_by_now_and_not_what_this_instance_read_last()
    {
        await using var host = await CoreHost.StartAsync();
        var admin = await KeyAsync(host, "admin");
        const string Plain = """{"level":"global","primary_model":"a"}""";
        var path = $"{Assignments}/{(await admin.PostAsync(Assignments, Plain)).Json.Text("id")}";

        // Another instance, an owner's, makes an override of it.
        await using var other = await CoreHost.StartAsync(on: host);
        Assert.Equal(HttpStatusCode.OK, (await other.Admin.SendAsync(HttpMethod.Put, path, """{"level":"global","primary_model":"a","is_override":true}""")).Status);
        Assert.Equal("override_needs_owner", (await admin.SendAsync(HttpMethod.Put, path, Plain)).Code);
        Assert.Equal("override_needs_owner", (await admin.SendAsync(HttpMethod.Delete, path, null)).Code);
        Assert.True((await Http.GetAsync(other.Admin, path)).Json.GetProperty("is_override").GetBoolean());

        // And the other way round: what is none any more is an administrator's again.
        Assert.Equal(HttpStatusCode.OK, (await host.Admin.SendAsync(HttpMethod.Put, path, """{"level":"global","primary_model":"a","is_override":true}""")).Status);
        Assert.Equal(HttpStatusCode.OK, (await other.Admin.SendAsync(HttpMethod.Put, path, Plain)).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await admin.SendAsync(HttpMethod.Delete, path, null)).Status);
    }

    private static async Task<HttpClient> KeyAsync(CoreHost host, string role)
    {
        var key = await host.Admin.PostAsync("/control/v1/keys", $$"""{"name":"{{role}}","wallet_id":"{{host.Installation.WalletId}}","role":"{{role}}"}""");
        return host.ClientFor(key.Json.Text("key"));
    }
}
