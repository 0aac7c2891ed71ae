using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Traffic.Rules;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Gateway.Batches;

/// <summary>What an organisation says of its traffic holds for batches: when a file is read, when a batch of it is asked for, and when it is sent.</summary>
public sealed class BatchDecisionTests : IAsyncLifetime
{
    private const string Deny = "\"action\":{\"deny\":{\"message\":\"Not so.\"}}";

    private BatchesScene _scene = null!;

    public async ValueTask InitializeAsync() => _scene = await BatchesScene.StartAsync();

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    [Fact]
    public async Task A_rule_about_batches_refuses_their_files()
    {
        await RuleAsync("""{"call":["batches"]}""", Deny);

        var refused = await _scene.UploadAsync(BatchesScene.Line("a"));

        Assert.Equal((HttpStatusCode.BadRequest, "invalid_batch_line"), (refused.Status, refused.Code));
        Assert.Contains("Not so.", refused.ErrorText, StringComparison.Ordinal);
        Assert.Empty(_scene.Asked);
    }

    [Theory]
    [InlineData("/control/v1/routes", """{"name":"r","conditions":{"call":["batches"]},"action":{"deny":{"message":"Not so."}}}""", "denied_by_rule")]
    [InlineData("/control/v1/routes", """{"name":"r","conditions":{"estimated_cost_usd":{"min":"0.001"}},"action":{"deny":{"message":"Not so."}}}""", "denied_by_rule")]
    [InlineData("/control/v1/preferences", """{"level":"company","blocked_models":["mini"]}""", "model_blocked")]
    [InlineData("/control/v1/preferences", """{"level":"company","avoided_providers":["jobs"]}""", "model_blocked")]
    public async Task What_was_said_since_the_file_was_read_refuses_the_batch_and_nothing_is_sent_or_charged(string path, string said, string code)
    {
        var file = await FileAsync();
        Assert.Equal(HttpStatusCode.Created, (await _scene.Host.Admin.PostAsync(path, said)).Status);

        var refused = await _scene.BeginAsync(file);

        Assert.Equal((HttpStatusCode.Forbidden, code), (refused.Status, refused.Code));
        Assert.Equal((0, "0.00"), (_scene.Count("POST /v1/batches"), await _scene.SpentAsync()));
    }

    [Fact]
    public async Task A_line_that_leaves_the_choice_to_the_gateway_goes_to_the_default_where_nobody_serves_its_category()
    {
        Assert.Equal("no_model_available", (await _scene.UploadAsync(BatchesScene.Line("a", model: "auto"))).Code);
        Assert.Equal(HttpStatusCode.Created, (await _scene.Host.Admin.PostAsync("/control/v1/preferences", """{"level":"company","default_model":"mini"}""")).Status);

        await BatchesScene.OkAsync(_scene.UploadAsync(BatchesScene.Line("a", model: "auto")));
    }

    [Fact]
    public async Task A_region_that_is_closed_since_refuses_it_too()
    {
        var file = await FileAsync();
        Assert.Equal(HttpStatusCode.OK, (await _scene.Host.Admin.SendAsync(HttpMethod.Put, "/control/v1/region-policy", """{"residency":{"region":"eu"}}""")).Status);

        var refused = await _scene.BeginAsync(file);

        Assert.Equal((HttpStatusCode.Forbidden, "region_not_allowed"), (refused.Status, refused.Code));
        Assert.Equal(0, _scene.Count("POST /v1/batches"));
    }

    [Theory]
    [InlineData("""{"characters":{"max":1}}""")]
    [InlineData("""{"prompt_tokens":{"max":5}}""")]
    [InlineData("""{"category":["simple"]}""")]
    [InlineData("""{"call":["chat"]}""")]
    public async Task Of_a_batch_that_is_begun_nobody_knows_the_words_and_its_tokens_are_those_of_all_its_calls(string conditions)
    {
        var file = await FileAsync();
        await RuleAsync(conditions, Deny);

        await BatchesScene.OkAsync(_scene.BeginAsync(file));
    }

    [Fact]
    public async Task What_was_said_while_its_money_was_held_keeps_it_from_being_sent_and_the_hold_is_given_back()
    {
        var file = await FileAsync();
        var rules = _scene.Host.Services.GetRequiredService<PartDirectory<StoredRule, RuleSet>>();
        var rule = new StoredRule("rul_late", "late", null, 50, true, new RuleCondition { Call = ["batches"] }, new RuleAction { Deny = new RuleDenial("Not so.") }, "admin", 1, 1);
        Task? making = null;
        _scene.Host.Wallets.BeforeLease = () => making ??= rules.CreateAsync(_scene.Host.Installation.OrganisationId, rule, CancellationToken.None);

        var refused = await _scene.BeginAsync(file);

        await making!;
        Assert.Equal((HttpStatusCode.Forbidden, "denied_by_rule"), (refused.Status, refused.Code));
        Assert.Equal((0, "0.00"), (_scene.Count("POST /v1/batches"), await _scene.SpentAsync()));
        _ = await rules.DeleteAsync(_scene.Host.Installation.OrganisationId, rule.Id, static _ => true, CancellationToken.None);
        await BatchesScene.OkAsync(_scene.BeginAsync(file));
    }

    [Theory]
    [InlineData("""{"level":"company","preferred_providers":["second"]}""", "second")]
    [InlineData("""{"level":"company","blocked_providers":["jobs"]}""", "second")]
    [InlineData("""{"level":"company","preferred_providers":["plain","jobs"]}""", "jobs")]
    public async Task Of_several_providers_with_batches_one_takes_them_that_may_and_the_preferred_one_first(string preference, string provider)
    {
        await SecondAsync();
        Assert.Equal(HttpStatusCode.Created, (await _scene.Host.Admin.PostAsync("/control/v1/preferences", preference)).Status);

        await BatchesScene.OkAsync(_scene.BeginAsync(await FileAsync()));

        Assert.Equal(provider, _scene.Last.Provider);
    }

    [Fact]
    public async Task A_region_policy_leads_to_the_provider_that_is_within_it()
    {
        await SecondAsync("\"regions\":[\"eu\"],");
        Assert.Equal(HttpStatusCode.OK, (await _scene.Host.Admin.SendAsync(HttpMethod.Put, "/control/v1/region-policy", """{"residency":{"region":"eu"}}""")).Status);

        await BatchesScene.OkAsync(_scene.BeginAsync(await FileAsync()));

        Assert.Equal("second", _scene.Last.Provider);
    }

    [Fact]
    public async Task A_rule_that_replaces_what_callers_name_replaces_it_in_batches()
    {
        await RuleAsync("""{"call":["batches"]}""", """ "action":{"use":{"model":"other"},"replaces_explicit":true} """);

        await BatchesScene.OkAsync(_scene.BeginAsync(await FileAsync()));

        Assert.Equal("other", _scene.Last.Model);
        Assert.Contains("\"model\":\"other\"", _scene.Asked.First().Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Batches_take_no_part_in_experiments()
    {
        var made = await _scene.Host.Admin.PostAsync(
            "/control/v1/experiments",
            """{"name":"e","applies_to":"mini","variants":[{"name":"a","model":"other"},{"name":"b","model":"other","parameters":{"temperature":0.1}}],"metric":"cost"}""");
        Assert.Equal(HttpStatusCode.Created, made.Status);
        Assert.Equal(HttpStatusCode.OK, (await _scene.Host.Admin.PostAsync($"/control/v1/experiments/{made.Json.Text("id")}/start", "{}")).Status);

        await BatchesScene.OkAsync(_scene.BeginAsync(await FileAsync()));

        Assert.Equal("mini", _scene.Last.Model);
    }

    [Theory]
    [InlineData("\"max_tokens\":51", "max_tokens")]
    [InlineData("\"max_completion_tokens\":51", "max_completion_tokens")]
    [InlineData("\"temperature\":1", "max_tokens")]
    public async Task A_line_that_says_more_than_a_rule_lets_calls_say_is_refused_by_its_number(string members, string param)
    {
        await RuleAsync("{}", """ "action":{"set":{"max_tokens_cap":50}} """);

        var refused = await _scene.UploadAsync(BatchesScene.Line("a", "\"max_tokens\":50") + "\n" + BatchesScene.Line("b", members));

        Assert.Equal((HttpStatusCode.BadRequest, "invalid_batch_line", param), (refused.Status, refused.Code, refused.Param));
        Assert.StartsWith("Line 2 of the file: ", refused.ErrorText, StringComparison.Ordinal);
        Assert.Contains("50", refused.ErrorText, StringComparison.Ordinal);
        Assert.Empty(_scene.Asked);
        await BatchesScene.OkAsync(_scene.UploadAsync(BatchesScene.Line("a", "\"max_tokens\":50")));
    }

    [Fact]
    public async Task Lines_that_leave_the_choice_to_a_category_go_where_the_first_one_goes()
    {
        Assert.Equal(HttpStatusCode.OK, (await _scene.Host.Admin.SendAsync(HttpMethod.Put, "/control/v1/categories/coding", """{"entries":[{"model":"alone"},{"model":"mini"}]}""")).Status);

        var file = await BatchesScene.OkAsync(_scene.UploadAsync(BatchesScene.Line("a", model: "auto:coding") + "\n" + BatchesScene.Line("b", model: "mini")));
        await BatchesScene.OkAsync(_scene.BeginAsync(file.Json.Text("id")));

        Assert.Equal("mini", _scene.Last.Model);
        var elsewhere = await _scene.UploadAsync(BatchesScene.Line("a", model: "auto:coding") + "\n" + BatchesScene.Line("b", model: "other"));
        Assert.Equal(("invalid_batch_line", "model"), (elsewhere.Code, elsewhere.Param));
    }

    private async Task<string> FileAsync() =>
        (await BatchesScene.OkAsync(_scene.UploadAsync(string.Join('\n', BatchesScene.Line("a"), BatchesScene.Line("b"), BatchesScene.Line("c"))))).Json.Text("id");

    private async Task RuleAsync(string conditions, string action)
    {
        var made = await _scene.Host.Admin.PostAsync("/control/v1/routes", $$"""{"name":"r","conditions":{{conditions}},{{action}}}""");
        Assert.True(made.Status == HttpStatusCode.Created, made.Text);
    }

    /// <summary>Another provider with batches that serves the same model, behind the first.</summary>
    private async Task SecondAsync(string members = "")
    {
        var first = (await Http.GetAsync(_scene.Host.Admin, "/control/v1/providers/jobs")).Json;
        const string Price = """{"period":{"usd_per_million":{"input":"2","output":"8"},"batch_factor":"0.5"} }""";
        var made = await _scene.Host.Admin.PostAsync(
            "/control/v1/providers",
            $$"""
            {"id":"second","base_url":{{JsonSerializer.Serialize(first.Text("base_url"))}},"batches":true,{{members}}"priority":200,
             "models":[{"id":"mini","upstream_id":"theirs","price":{{Price}},"context_window_tokens":100000,"max_output_tokens":1000}]}
            """);
        Assert.True(made.Status == HttpStatusCode.Created, made.Text);
    }
}
