using System.Net;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Traffic;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Traffic.Preferences;

public sealed class PreferenceEndpointsTests
{
    private const string Preferences = "/control/v1/preferences";

    [Fact]
    public async Task Preferences_are_made_shown_listed_replaced_and_deleted()
    {
        await using var host = await CoreHost.StartAsync();

        var made = await host.Admin.PostAsync(
            Preferences,
            """{"level":"company","preferred_providers":["groq"],"blocked_models":["gpt-4*"],"prefer":"cost","max_tokens_per_day":1000,"max_cost_usd_per_day":"2.50"}""");
        var path = $"{Preferences}/{made.Json.Text("id")}";

        Assert.Equal((HttpStatusCode.Created, path), (made.Status, made.Message.Headers.Location?.ToString()));
        Assert.Contains(
            $$""","level":"company","subject":"{{host.Installation.OrganisationId}}","preferred_providers":["groq"],"avoided_providers":null,"blocked_providers":null,"allowed_models":null,"blocked_models":["gpt-4*"],"blocked_families":null,"prefer":"cost","custom_rules_only":null,"free_models_only":null,"default_model":null,"max_tokens_per_day":1000,"max_cost_usd_per_day":"2.50","created_at":"2027-01-15T08:00:00.000Z"}""",
            made.Text,
            StringComparison.Ordinal);
        Assert.Equal($$"""{"data":[{{made.Text}}],"next":null}""", (await Http.GetAsync(host.Admin, Preferences)).Text);

        var replaced = await host.Admin.SendAsync(HttpMethod.Put, path, """{"level":"company","default_model":"echo"}""", made.Message.Headers.ETag!.ToString());
        Assert.Equal((HttpStatusCode.OK, "echo"), (replaced.Status, replaced.Json.Text("default_model")));
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await host.Admin.SendAsync(HttpMethod.Delete, path, null, made.Message.Headers.ETag!.ToString())).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await host.Admin.SendAsync(HttpMethod.Delete, path, null)).Status);
        Assert.Equal("preference_not_found", (await Http.GetAsync(host.Admin, path)).Code);
    }

    [Theory]
    [InlineData("""{}""", "level")]
    [InlineData("""{"level":"global"}""", "level")]
    [InlineData("""{"level":"company","subject":"org_other"}""", "subject")]
    [InlineData("""{"level":"team"}""", "subject")]
    [InlineData("""{"level":"team","subject":"wal_nobody"}""", "subject")]
    [InlineData("""{"level":"user"}""", "subject")]
    [InlineData("""{"level":"user","subject":"u","prefer":"quality"}""", "prefer")]
    [InlineData("""{"level":"user","subject":"u","allowed_models":[]}""", "allowed_models")]
    [InlineData("""{"level":"user","subject":"u","blocked_models":[""]}""", "blocked_models[0]")]
    [InlineData("""{"level":"user","subject":"u","blocked_providers":"groq"}""", "blocked_providers")]
    [InlineData("""{"level":"user","subject":"u","free_models_only":1}""", "free_models_only")]
    [InlineData("""{"level":"user","subject":"u","max_tokens_per_day":0}""", "max_tokens_per_day")]
    [InlineData("""{"level":"user","subject":"u","max_cost_usd_per_day":"0"}""", "max_cost_usd_per_day")]
    [InlineData("""{"level":"user","subject":"u","max_cost_usd_per_day":"1000000000.000000001"}""", "max_cost_usd_per_day")]
    [InlineData("""{"level":"user","subject":"u","blocked":["groq"]}""", "blocked")]
    public async Task Bad_input_is_400_naming_the_member(string json, string param)
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await host.Admin.PostAsync(Preferences, json);

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
        Assert.Equal("""{"data":[],"next":null}""", (await Http.GetAsync(host.Admin, Preferences)).Text);
    }

    [Fact]
    public async Task There_are_preferences_once_for_each_subject()
    {
        await using var host = await CoreHost.StartAsync();
        await host.Admin.PostAsync(Preferences, """{"level":"user","subject":"u"}""");
        var other = await host.Admin.PostAsync(Preferences, """{"level":"user","subject":"v"}""");

        var again = await host.Admin.PostAsync(Preferences, """{"level":"user","subject":"u"}""");
        var moved = await host.Admin.SendAsync(HttpMethod.Put, $"{Preferences}/{other.Json.Text("id")}", """{"level":"user","subject":"u"}""");

        Assert.Equal((HttpStatusCode.BadRequest, "subject"), (again.Status, again.Param));
        Assert.Equal((HttpStatusCode.BadRequest, "subject"), (moved.Status, moved.Param));
        Assert.Equal(HttpStatusCode.OK, (await host.Admin.SendAsync(HttpMethod.Put, $"{Preferences}/{other.Json.Text("id")}", """{"level":"user","subject":"v","prefer":"none"}""")).Status);
    }

    [Fact]
    public async Task They_outlive_a_restart()
    {
        await using var host = await CoreHost.StartAsync();
        await host.Admin.PostAsync(Preferences, """{"level":"company","blocked_models":["echo"]}""");

        await using var again = await CoreHost.StartAsync(on: host);

        Assert.Empty(await ModelsAsync(again));
    }

    [Fact]
    public async Task What_may_not_be_used_is_not_listed_and_not_shown()
    {
        await using var host = await CoreHost.StartAsync(new() { ["GROQ_API_KEY"] = "env-secret", ["OPENAI_API_KEY"] = "env-secret" });
        await host.Admin.PostAsync(
            "/control/v1/providers", """{"id":"proxy","priority":1,"base_url":"http://a/v1","models":[{"id":"gpt-4o","price_as":"openai/gpt-4o"}]}""");
        Assert.Contains("openai/gpt-oss-20b", await ModelsAsync(host));

        var made = await host.Admin.PostAsync(
            Preferences, $$"""{"level":"team","subject":"{{host.Installation.WalletId}}","blocked_providers":["groq"],"avoided_providers":["proxy"],"blocked_families":["gpt-4.1"]}""");
        var models = await ModelsAsync(host);

        Assert.Contains("gpt-4o", models);
        Assert.DoesNotContain("openai/gpt-oss-20b", models);
        Assert.DoesNotContain("gpt-4.1", models);
        Assert.Equal("model_not_found", (await Http.GetAsync(host.Caller, "/v1/models/openai/gpt-oss-20b")).Code);

        // Of a model with several routes those that remain are shown.
        Assert.Equal("""["openai"]""", (await Http.GetAsync(host.Caller, "/v1/models/gpt-4o")).Json.GetProperty("providers").GetRawText());

        await host.Admin.SendAsync(HttpMethod.Delete, $"{Preferences}/{made.Json.Text("id")}", null);
        Assert.Contains("openai/gpt-oss-20b", await ModelsAsync(host));
    }

    [Fact]
    public async Task Preferences_of_others_do_not_matter()
    {
        await using var host = await CoreHost.StartAsync();
        var other = (await host.Admin.PostAsync("/control/v1/wallets", """{"name":"other","limit_usd":"1"}""")).Json.Text("id");
        await host.Admin.PostAsync(Preferences, $$"""{"level":"team","subject":"{{other}}","blocked_models":["*"]}""");
        await host.Admin.PostAsync(Preferences, """{"level":"user","subject":"somebody","blocked_models":["*"]}""");

        Assert.Equal(["echo"], await ModelsAsync(host));
    }

    [Fact]
    public async Task What_the_installation_blocks_nobody_sees()
    {
        await using var host = await CoreHost.StartAsync(
            new() { ["GROQ_API_KEY"] = "env-secret" },
            compose: static services => Core.Limits.LimitsModule.AddInProcessRates(services).Configure<TrafficOptions>(static o => o.BlockedModels = "openai/*, echo"));

        var models = await ModelsAsync(host);

        Assert.NotEmpty(models);
        Assert.DoesNotContain(models, static m => m == "echo" || m.StartsWith("openai/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Where_only_free_models_are_used_only_those_are_listed()
    {
        await using var host = await CoreHost.StartAsync();
        await host.Admin.PostAsync(
            "/control/v1/providers",
            """{"id":"p","base_url":"http://a/v1","models":[{"id":"free","price":{"input_usd_per_million":"0","output_usd_per_million":"0"}},{"id":"dear","price":{"input_usd_per_million":"0","output_usd_per_million":"0.01"}},{"id":"unknown"}]}""");
        await host.Admin.PostAsync(Preferences, """{"level":"company","free_models_only":true}""");
        Assert.Equal(["free"], await ModelsAsync(host));

        // A plan makes others free.
        var plan = await host.Admin.SendAsync(HttpMethod.Put, "/control/v1/plan", """{"enabled":true,"multipliers":{"dear":"0"}}""");
        Assert.Equal(HttpStatusCode.OK, plan.Status);
        Assert.Equal(["dear", "free"], await ModelsAsync(host));

        // A team may be let out of it.
        await host.Admin.PostAsync(Preferences, $$"""{"level":"team","subject":"{{host.Installation.WalletId}}","free_models_only":false}""");
        Assert.Equal(["dear", "echo", "free", "unknown"], await ModelsAsync(host));
    }

    private static async Task<IReadOnlyList<string>> ModelsAsync(CoreHost host) =>
        [.. (await Http.GetAsync(host.Caller, "/v1/models")).Json.GetProperty("data").EnumerateArray().Select(static m => m.Text("id"))];
}
