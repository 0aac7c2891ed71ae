using System.Net;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Providers;

public sealed class ProviderEndpointsTests
{
    private const string Providers = "/control/v1/providers";

    [Fact]
    public async Task A_row_serves_at_once_and_is_read_back_as_it_was_given()
    {
        await using var host = await CoreHost.StartAsync(new() { ["LOCAL_KEY"] = "the-secret-of-local" });
        var before = Directory(host).Current.Version;

        var created = await host.Admin.PostAsync(Providers, Local(""" "api_key_ref":"env:LOCAL_KEY","on_client_gone":"drain","priority":5, """));

        Assert.Equal(HttpStatusCode.Created, created.Status);
        Assert.Equal(
            """{"id":"local","source":"stored","wire_format":"openai","base_url":"http://localhost:8000/v1","region":null,"regions":null,"api_key_ref":"env:LOCAL_KEY","api_key_resolved":true,"price_provider":null,"models":[{"id":"mine","upstream_id":"upstream","price_as":null,"price":{"kind":"chat","input_usd_per_million":"0.00","output_usd_per_million":"0.000000001","cache_read_usd_per_million":"0.00"},"kind":null,"context_window_tokens":8192,"max_output_tokens":1024,"output_limit_member":"max_completion_tokens"}],"connect_timeout_ms":5000,"first_byte_timeout_ms":120000,"idle_timeout_ms":60000,"total_timeout_ms":900000,"max_connections":2048,"priority":5,"on_client_gone":"drain","drain_timeout_ms":30000,"drain_max_tokens":20000,"responses":false,"completions":false,"batches":false,"auth":null,"headers":null,"query":null,"path_template":null,"drop_members":null,"rename_members":null,"stream_options":true,"probe":"models","probe_interval_ms":null,"voices":null,"enabled":true,"unpriced_models":[],"errors":[]}""",
            created.Text);
        Assert.DoesNotContain("the-secret-of-local", created.Text + host.Documents.AllText(), StringComparison.Ordinal);
        var snapshot = Directory(host).Current;
        Assert.True(snapshot.Version > before);
        var route = Assert.Single(snapshot.RoutesByModel["mine"]);
        Assert.Equal(
            ("the-secret-of-local", "http://localhost:8000/v1/", "upstream"),
            (route.Provider.Credential, route.Provider.BaseUrl.ToString(), route.Model.UpstreamId));
        Assert.Equal(
            (8192, 1024, "max_completion_tokens"),
            (route.Model.Limits.ContextWindowTokens, route.Model.Limits.MaxOutputTokens, route.Model.OutputLimitMember));

        // A later start reads the row it wrote.
        await Directory(host).LoadAsync(host.Installation.OrganisationId, CancellationToken.None);
        Assert.Equal(created.Text, (await Http.GetAsync(host.Admin, $"{Providers}/local")).Text);
    }

    [Fact]
    public async Task Models_are_priced_as_others_are()
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await host.Admin.PostAsync(
            Providers,
            """{"id":"p","base_url":"http://a/v1","models":[{"id":"a","price_as":"openai/gpt-4o"},{"id":"b","price_as":"openrouter/openai/gpt-4o"},{"id":"c","price_as":"gpt-4o"},{"id":"d","price_as":"groq/openai/gpt-oss-20b"}]}""");

        Assert.Equal(HttpStatusCode.Created, answer.Status);
        var providers = "abcd".Select(id => Directory(host).Current.RoutesByModel[id.ToString()][0].Model.Price.Provider);
        Assert.Equal(["openai", "openrouter", "openai", "groq"], providers);
    }

    [Fact]
    public async Task A_stored_row_covers_one_from_the_environment_until_it_is_deleted()
    {
        await using var host = await CoreHost.StartAsync(new() { ["OPENAI_API_KEY"] = "env-secret", ["OPENAI_BASE_URL"] = "http://localhost:1/v1" });
        const string Path = $"{Providers}/openai";
        const string Row = """{"id":"openai","base_url":"http://localhost:2/v1","models":"catalogue"}""";

        var environment = await Http.GetAsync(host.Admin, Path);
        var put = await host.Admin.SendAsync(HttpMethod.Put, Path, Row);
        var delete = await host.Admin.SendAsync(HttpMethod.Delete, Path, null);
        var posted = await host.Admin.PostAsync(Providers, Row);
        var twice = await host.Admin.PostAsync(Providers, Row);
        var covered = Directory(host).Current.RoutesByModel["gpt-4o"][0].Provider;
        var deleted = await host.Admin.SendAsync(HttpMethod.Delete, Path, null);
        var uncovered = Directory(host).Current.RoutesByModel["gpt-4o"][0].Provider;

        Assert.Equal(("environment", true), (environment.Json.Text("source"), environment.Json.GetProperty("api_key_resolved").GetBoolean()));
        Assert.Equal((HttpStatusCode.Conflict, "provider_not_stored"), (put.Status, put.Code));
        Assert.Equal((HttpStatusCode.Conflict, "provider_not_stored"), (delete.Status, delete.Code));
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Conflict), (posted.Status, twice.Status));
        Assert.Equal("http://localhost:2/v1/", covered.BaseUrl.ToString());
        Assert.Equal((HttpStatusCode.NoContent, ""), (deleted.Status, deleted.Text));
        Assert.Equal("http://localhost:1/v1/", uncovered.BaseUrl.ToString());
    }

    [Fact]
    public async Task The_list_shows_where_each_row_comes_from()
    {
        await using var host = await CoreHost.StartAsync(new() { ["GROQ_API_KEY"] = "env-secret" });
        await host.Admin.PostAsync(Providers, Local(""));

        var first = (await Http.GetAsync(host.Admin, $"{Providers}?limit=2")).Json;
        var second = (await Http.GetAsync(host.Admin, $"{Providers}?limit=2&after={first.Text("next")}")).Json;

        Assert.Equal(
            ["echo built-in", "groq environment", "local stored"],
            first.GetProperty("data").EnumerateArray().Concat(second.GetProperty("data").EnumerateArray()).Select(static p => $"{p.Text("id")} {p.Text("source")}"));
        Assert.Null(second.GetProperty("next").GetString());
    }

    [Fact]
    public async Task A_row_is_replaced_as_a_whole()
    {
        await using var host = await CoreHost.StartAsync();
        var created = await host.Admin.PostAsync(Providers, Local(""));
        var tag = created.Message.Headers.ETag!.ToString();
        const string Path = $"{Providers}/local";
        const string Rest = """ "base_url":"http://b/v1","models":[{"id":"other","price_as":"gpt-4o"}]} """;

        var replaced = await host.Admin.SendAsync(HttpMethod.Put, Path, "{" + Rest, tag);
        var late = await host.Admin.SendAsync(HttpMethod.Put, Path, "{" + Rest, tag);
        var renamed = await host.Admin.SendAsync(HttpMethod.Put, Path, """{"id":"x",""" + Rest);
        var unknown = await host.Admin.SendAsync(HttpMethod.Put, $"{Providers}/nobody", "{" + Rest);
        Assert.True(Directory(host).Current.RoutesByModel.ContainsKey("other"));
        var disabled = await host.Admin.SendAsync(HttpMethod.Put, Path, """{"enabled":false,""" + Rest);

        Assert.Equal(HttpStatusCode.OK, replaced.Status);
        Assert.Equal(HttpStatusCode.PreconditionFailed, late.Status);
        Assert.Equal((HttpStatusCode.BadRequest, "id"), (renamed.Status, renamed.Param));
        Assert.Equal((HttpStatusCode.NotFound, "provider_not_found"), (unknown.Status, unknown.Code));
        Assert.False(disabled.Json.GetProperty("enabled").GetBoolean());
        Assert.False(Directory(host).Current.RoutesByModel.ContainsKey("mine"));
        Assert.False(Directory(host).Current.RoutesByModel.ContainsKey("other"));
    }

    [Fact]
    public async Task A_secret_that_is_gone_takes_only_its_row_out_and_is_told()
    {
        await using var host = await CoreHost.StartAsync();

        var created = await host.Admin.PostAsync(Providers, Local(""" "api_key_ref":"env:NOWHERE", """));
        var ready = await Http.GetAsync(host.Anonymous, "/ready");

        Assert.Equal(HttpStatusCode.Created, created.Status);
        Assert.False(created.Json.GetProperty("api_key_resolved").GetBoolean());
        Assert.Contains("env:NOWHERE", created.Json.GetProperty("errors")[0].GetString(), StringComparison.Ordinal);
        Assert.False(Directory(host).Current.RoutesByModel.ContainsKey("mine"));
        Assert.True(Directory(host).Current.RoutesByModel.ContainsKey("echo"));
        Assert.Equal((HttpStatusCode.OK, "degraded"), (ready.Status, ready.Json.Text("status")));
    }

    [Fact]
    public async Task The_last_good_secret_is_kept_while_the_store_fails()
    {
        await using var host = await CoreHost.StartAsync(new() { ["OPENAI_API_KEY"] = "env-secret" });
        host.Secrets.Broken = true;

        await Directory(host).LoadAsync(host.Installation.OrganisationId, CancellationToken.None);

        Assert.Equal("env-secret", Directory(host).Current.RoutesByModel["gpt-4o"][0].Provider.Credential);
        Assert.Equal(Readiness.Degraded, Directory(host).Check().Readiness);
        host.Secrets.Broken = false;
        host.Secrets.Variables["OPENAI_API_KEY"] = "rotated";
        await Directory(host).LoadAsync(host.Installation.OrganisationId, CancellationToken.None);
        Assert.Equal("rotated", Directory(host).Current.RoutesByModel["gpt-4o"][0].Provider.Credential);
        Assert.Equal(Readiness.Ready, Directory(host).Check().Readiness);
    }

    [Fact]
    public async Task A_stored_row_that_cannot_be_read_takes_only_itself_out()
    {
        await using var host = await CoreHost.StartAsync();
        await host.Documents.CreateAsync($"providers:{host.Installation.OrganisationId}", "rotten", "{"u8.ToArray(), CancellationToken.None);

        await Directory(host).LoadAsync(host.Installation.OrganisationId, CancellationToken.None);
        var shown = await Http.GetAsync(host.Admin, $"{Providers}/rotten");

        Assert.True(Directory(host).Current.RoutesByModel.ContainsKey("echo"));
        Assert.NotEmpty(shown.Json.GetProperty("errors").EnumerateArray());
        Assert.Equal(HttpStatusCode.NoContent, (await host.Admin.SendAsync(HttpMethod.Delete, $"{Providers}/rotten", null)).Status);
    }

    private static string Local(string more) =>
        $$$"""{"id":"local",{{{more}}}"base_url":"http://localhost:8000/v1","models":[{"id":"mine","upstream_id":"upstream","price":{"input_usd_per_million":"0","output_usd_per_million":"0.000000001","cache_read_usd_per_million":"0"},"context_window_tokens":8192,"max_output_tokens":1024,"output_limit_member":"max_completion_tokens"}]}""";

    private static ProviderDirectory Directory(CoreHost host) => host.Services.GetRequiredService<ProviderDirectory>();
}
