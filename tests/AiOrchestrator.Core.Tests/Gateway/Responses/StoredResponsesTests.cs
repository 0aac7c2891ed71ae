using System.Net;
using System.Text;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers.Chat;
using static AiOrchestrator.Core.Tests.Providers.Chat.ResponsesScene;

namespace AiOrchestrator.Core.Tests.Gateway.Responses;

/// <summary>Responses that lie at a provider: who may have them, go on with them, and what the provider is asked.</summary>
public sealed class StoredResponsesTests : IAsyncLifetime
{
    private const string Sent = """{"id":"resp_theirs","object":"response","status":"completed","model":"gpt-4o-mini-2024","output":[{"type":"message","id":"msg_1","content":[{"type":"output_text","text":"Hi"}]}],"previous_response_id":"resp_before","usage":{"input_tokens":100,"output_tokens":7,"total_tokens":107}}""";

    private RecordedUpstream _upstream = null!;
    private CoreHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _upstream = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(Sent));
        _host = await StartAsync(_upstream, "native");
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData("GET", "", "")]
    [InlineData("GET", "?include[]=a.b&include[]=c&stream=false", "?include%5B%5D=a.b&include%5B%5D=c")]
    [InlineData("GET", "/input_items?limit=2&order=asc&after=msg_1", "/input_items?limit=2&order=asc&after=msg_1")]
    [InlineData("POST", "/cancel", "/cancel")]
    [InlineData("DELETE", "", "")]
    public async Task Its_owner_has_the_provider_asked_about_it_by_its_own_name(string method, string suffix, string asked)
    {
        var id = await AskAsync(_host.Caller);
        var spent = await SpentAsync();

        var answer = await _host.Caller.SendAsync(new HttpMethod(method), $"/v1/responses/{id}{suffix}", null);

        Assert.Equal((HttpStatusCode.OK, "application/json"), (answer.Status, answer.Message.Content.Headers.ContentType?.ToString()));
        Assert.Equal(id, answer.Json.Text("id"));
        Assert.DoesNotContain("resp_before", answer.Text, StringComparison.Ordinal);
        var (path, headers, _) = _upstream.Asked.Last();
        Assert.Equal(($"/v1/responses/resp_theirs{asked}", "Bearer sk-secret"), (path, headers["Authorization"]));
        Assert.Equal(spent, await SpentAsync());
    }

    [Fact]
    public async Task The_one_before_can_be_asked_for_by_the_name_the_answer_has_for_it()
    {
        var id = await AskAsync(_host.Caller);
        var before = (await Http.GetAsync(_host.Caller, $"/v1/responses/{id}")).Json.Text("previous_response_id");
        Assert.Equal(HttpStatusCode.OK, (await Http.GetAsync(_host.Caller, $"/v1/responses/{before}")).Status);
        Assert.Equal("/v1/responses/resp_before", _upstream.Asked.Last().Path);
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("GET", "/input_items")]
    [InlineData("POST", "/cancel")]
    [InlineData("DELETE", "")]
    public async Task To_anybody_else_it_does_not_exist_whoever_that_is(string method, string suffix)
    {
        var id = await AskAsync(_host.Caller);
        var other = await MessagesScene.PurseAsync(_host, "1");

        foreach (var (client, name) in new[] { (other, id), (_host.Caller, "resp_theirs"), (_host.Caller, "resp_" + id) })
        {
            var answer = await client.SendAsync(new HttpMethod(method), $"/v1/responses/{name}{suffix}", null);
            Assert.Equal((HttpStatusCode.NotFound, "response_not_found"), (answer.Status, answer.Code));
        }

        Assert.Single(_upstream.Asked);
    }

    [Fact]
    public async Task Its_owner_goes_on_with_it_by_the_providers_name_also_after_a_restart()
    {
        var id = await AskAsync(_host.Caller);
        await using var next = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" }, on: _host);

        var answer = await next.Caller.PostAsync("/v1/responses", $$"""{"model":"m","previous_response_id": "{{id}}","input":"Go on","max_output_tokens":50}""");

        Assert.Equal((HttpStatusCode.OK, id), (answer.Status, answer.Json.Text("id")));
        Assert.Equal("""{"model":"gpt-4o-mini","previous_response_id": "resp_theirs","input":"Go on","max_output_tokens":50}""", _upstream.Asked.Last().Body);
    }

    [Fact]
    public async Task Nobody_else_goes_on_with_it_and_nothing_is_sent_or_held()
    {
        var id = await AskAsync(_host.Caller);
        var other = await MessagesScene.PurseAsync(_host, "1");

        foreach (var (client, name) in new[] { (other, id), (_host.Caller, "resp_theirs") })
        {
            var answer = await client.PostAsync("/v1/responses", $$"""{"model":"m","max_output_tokens":50,"input":"Hi","previous_response_id":"{{name}}"}""");
            Assert.Equal(
                (HttpStatusCode.BadRequest, "previous_response_not_found", "previous_response_id", $"Previous response with id '{name}' not found."),
                (answer.Status, answer.Code, answer.Param, answer.Json.GetProperty("error").Text("message")));
        }

        Assert.Single(_upstream.Asked);
        Assert.Equal("0.00", (await Http.GetAsync(other, "/v1/wallet/balance")).Json.Text("spent_usd"));
    }

    [Fact]
    public async Task What_goes_on_with_it_goes_where_it_lies_whoever_else_serves_the_model()
    {
        var id = await AskAsync(_host.Caller);
        await using var first = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(Sent));
        foreach (var (name, model) in new[] { ("a", "m"), ("b", "elsewhere") })
        {
            var row = $$"""{"id":"{{name}}","wire_format":"openai","responses":true,"priority":1,"base_url":"{{first.Address}}/v1","api_key_ref":"env:KEY","price_provider":"openai","models":[{"id":"{{model}}","upstream_id":"gpt-4o-mini"}]}""";
            Assert.Equal(HttpStatusCode.Created, (await _host.Admin.PostAsync("/control/v1/providers", row)).Status);
        }

        var answer = await _host.Caller.PostAsync("/v1/responses", $$"""{"model":"m","input":"Hi","max_output_tokens":50,"previous_response_id":"{{id}}"}""");
        Assert.Equal((HttpStatusCode.OK, 2, 0), (answer.Status, _upstream.Asked.Count, first.Asked.Count));

        answer = await _host.Caller.PostAsync("/v1/responses", $$"""{"model":"elsewhere","input":"Hi","max_output_tokens":50,"previous_response_id":"{{id}}"}""");
        Assert.Equal((HttpStatusCode.BadRequest, "previous_response_elsewhere", "previous_response_id"), (answer.Status, answer.Code, answer.Param));

        await _host.Admin.SendAsync(HttpMethod.Delete, "/control/v1/providers/p", null);
        answer = await Http.GetAsync(_host.Caller, $"/v1/responses/{id}");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "response_provider_gone"), (answer.Status, answer.Code));
    }

    [Theory]
    [InlineData("?stream=true", "stream")]
    [InlineData("?starting_after=3", "starting_after")]
    [InlineData("?api-version=1", "api-version")]
    [InlineData("/input_items?stream=false", "stream")]
    public async Task A_query_the_provider_is_not_to_be_asked_with_is_told_by_name(string suffix, string param)
    {
        var id = await AskAsync(_host.Caller);
        var answer = await Http.GetAsync(_host.Caller, $"/v1/responses/{id}{suffix}");
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_request", param), (answer.Status, answer.Code, answer.Param));
        Assert.Single(_upstream.Asked);
    }

    [Theory]
    [InlineData("7")]
    [InlineData("\"\"")]
    [InlineData("{}")]
    public async Task What_is_no_name_is_told_as_such(string value)
    {
        var answer = await _host.Caller.PostAsync("/v1/responses", $$"""{"model":"m","input":"Hi","max_output_tokens":50,"previous_response_id":{{value}}}""");
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_parameter", "previous_response_id"), (answer.Status, answer.Code, answer.Param));
    }

    private static async Task<string> AskAsync(HttpClient client)
    {
        var answer = await client.PostAsync("/v1/responses", Ask);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        return answer.Json.Text("id");
    }

    private async Task<string> SpentAsync() => (await Http.GetAsync(_host.Caller, "/v1/wallet/balance")).Json.Text("spent_usd");
}
