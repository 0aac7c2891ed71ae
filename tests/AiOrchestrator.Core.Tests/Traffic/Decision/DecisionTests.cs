using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers;

namespace AiOrchestrator.Core.Tests.Traffic.Decision;

/// <summary>RT-01 to RT-16 put together, as a caller and an administrator see it.</summary>
public sealed class DecisionTests
{
    private const string Coding = "Refactor this C# class so that it is generic: public class A { int x; }";

    [Fact]
    public async Task An_explicit_model_is_what_serves_whatever_rules_say_that_do_not_replace_it()
    {
        await using var scene = await RoutingScene.StartAsync();
        _ = await scene.PutAsync("routes", """{"name":"all","priority":900,"action":{"use":{"model":"other"} } }""");

        var (answer, _, usage) = await scene.AskAsync("small");

        Assert.Equal((HttpStatusCode.OK, "small", "priority"), (answer.StatusCode, usage.Model, usage.RouteReason));
    }

    [Fact]
    public async Task A_rule_that_says_so_replaces_it_and_the_answer_says_what_served()
    {
        await using var scene = await RoutingScene.StartAsync();
        var rule = await scene.PutAsync("routes", """{"name":"all","priority":900,"action":{"use":{"model":"other"},"replaces_explicit":true} }""");

        var (answer, _, usage) = await scene.AskAsync("small");

        Assert.Equal(("other", $"rule:{rule}", "small"), (usage.Model, usage.RouteReason, usage.ModelRequested));
        Assert.Equal(("other", "b"), (answer.Headers.GetValues("x-ao-model").Single(), answer.Headers.GetValues("x-ao-provider").Single()));
    }

    [Fact]
    public async Task What_a_rule_refuses_is_not_sent_and_costs_nothing()
    {
        await using var scene = await RoutingScene.StartAsync();
        _ = await scene.PutAsync("routes", """{"name":"no secrets","conditions":{"keywords":{"any":["launch code"]} },"action":{"deny":{"message":"Not here."} } }""");

        var (answer, json, usage) = await scene.AskAsync("small", "What is the launch code?");

        Assert.Equal((HttpStatusCode.Forbidden, "denied_by_rule", 0L, 0), (answer.StatusCode, json.GetProperty("error").Text("code"), usage.CostNanoUsd, scene.A.Calls));
        Assert.Equal(HttpStatusCode.OK, (await scene.AskAsync("small", "Good morning")).Answer.StatusCode);
    }

    [Fact]
    public async Task What_a_rule_sets_is_what_the_provider_gets_and_what_is_held_for()
    {
        await using var scene = await RoutingScene.StartAsync();
        _ = await scene.PutAsync("routes", """{"name":"short","action":{"set":{"max_tokens_cap":7,"parameters":{"temperature":0} } } }""");

        var (answer, _, usage) = await scene.AskAsync("small");

        Assert.Equal(("max_tokens, temperature", 7), (answer.Headers.GetValues("x-ao-set").Single(), usage.CompletionTokensMax));
    }

    [Fact]
    public async Task Auto_goes_by_the_category_of_the_work_and_its_own_chain()
    {
        await using var scene = await RoutingScene.StartAsync();
        _ = await scene.Host.Admin.SendAsync(HttpMethod.Put, "/control/v1/categories/coding", """{"entries":[{"model":"nobody-serves-it"},{"model":"other"},{"model":"small"}]}""");

        var (_, json, named) = await scene.AskAsync("auto:coding");
        Assert.Equal(("other", "category:coding", "auto:coding"), (named.Model, named.RouteReason, named.ModelRequested));
        Assert.Equal("Hi", json.GetProperty("choices")[0].GetProperty("message").Text("content"));

        foreach (var id in await CodeRulesAsync(scene))
        {
            // What ships takes code before the classifier does: without it the classifier decides.
            _ = await scene.Host.Admin.SendAsync(HttpMethod.Put, $"/control/v1/routes/{id}", """{"name":"off","enabled":false,"action":{"mark":["x"]} }""");
        }

        var (_, _, found) = await scene.AskAsync("auto", Coding);
        Assert.Equal(("other", "category:coding"), (found.Model, found.RouteReason));
    }

    [Fact]
    public async Task An_assignment_goes_before_the_category_and_an_override_before_everything()
    {
        await using var scene = await RoutingScene.StartAsync();
        _ = await scene.PutAsync("assignments", """{"level":"global","task_type":"coding","primary_model":"small"}""");
        Assert.Equal("small", (await scene.AskAsync("auto:coding")).Usage.Model);

        _ = await scene.PutAsync("routes", """{"name":"all","priority":900,"action":{"use":{"model":"large"},"replaces_explicit":true} }""");
        var over = await scene.PutAsync("assignments", """{"level":"global","task_type":"*","primary_model":"other","is_override":true}""");
        var (_, _, usage) = await scene.AskAsync("small");
        Assert.Equal(("other", $"assignment:{over}"), (usage.Model, usage.RouteReason));
    }

    [Fact]
    public async Task A_chain_takes_the_calls_of_the_models_it_says_and_is_a_model_by_its_name()
    {
        await using var scene = await RoutingScene.StartAsync();
        _ = await scene.PutAsync("chains", """{"name":"both","entries":[{"model":"other"},{"model":"small"}],"takes":["large"]}""");

        Assert.Equal(("other", "chain:both"), await ServedAsync(scene, "chain:both"));
        Assert.Equal(("other", "chain:both"), await ServedAsync(scene, "large"));
        scene.B.Answer = FakeProvider.Only(500);
        Assert.Equal(("small", "chain:both"), await ServedAsync(scene, "large"));
        Assert.Equal(HttpStatusCode.NotFound, (await scene.AskAsync("chain:nobody")).Answer.StatusCode);
    }

    [Fact]
    public async Task Blocked_and_avoided_providers_are_never_used_and_preferred_ones_whenever_they_can()
    {
        await using var scene = await RoutingScene.StartAsync();
        Assert.Equal("a", (await scene.AskAsync("large")).Usage.Provider);

        var id = await scene.PutAsync("preferences", $$"""{"level":"company","subject":"{{scene.Host.Installation.OrganisationId}}","preferred_providers":["b"]}""");
        Assert.Equal("b", (await scene.AskAsync("large")).Usage.Provider);

        _ = await scene.Host.Admin.SendAsync(HttpMethod.Put, $"/control/v1/preferences/{id}", $$"""{"level":"company","subject":"{{scene.Host.Installation.OrganisationId}}","avoided_providers":["b"]}""");
        Assert.Equal("a", (await scene.AskAsync("large")).Usage.Provider);
        var (answer, json, _) = await scene.AskAsync("other");
        Assert.Equal((HttpStatusCode.Forbidden, "model_blocked"), (answer.StatusCode, json.GetProperty("error").Text("code")));

        scene.A.Answer = FakeProvider.Only(500);
        var calls = scene.B.Calls;
        Assert.Equal(HttpStatusCode.BadGateway, (await scene.AskAsync("large")).Answer.StatusCode);
        Assert.Equal(calls, scene.B.Calls);
    }

    [Theory]
    [InlineData("blocked_models", "house")]
    [InlineData("blocked_models", "gpt-5.2-2025-12-11")]
    [InlineData("allowed_models", "house")]
    public async Task A_model_is_blocked_and_allowed_by_any_of_its_names(string list, string name)
    {
        await using var scene = await RoutingScene.StartAsync();
        await scene.PutAsync("providers", RoutingScene.Row("c", scene.A.Address, 3, "", "gpt-5.2").Replace("up-gpt", "gpt", StringComparison.Ordinal).Replace("openai/gpt-4o\"", "openai/gpt-5.2\"", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, (await scene.Host.Admin.SendAsync(HttpMethod.Put, "/control/v1/models/gpt-5.2", """{"aliases":["house"]}""")).Status);
        _ = await scene.PutAsync("preferences", $$"""{"level":"company","subject":"{{scene.Host.Installation.OrganisationId}}","{{list}}":["{{name}}"]}""");

        foreach (var (model, isIt) in new[] { ("gpt-5.2", true), ("house", true), ("small", false) })
        {
            var expected = isIt == (list == "allowed_models") ? HttpStatusCode.OK : HttpStatusCode.Forbidden;
            Assert.Equal((model, expected), (model, (await scene.AskAsync(model)).Answer.StatusCode));
        }
    }

    [Fact]
    public async Task A_large_image_is_no_long_prompt_and_what_the_system_says_is_part_of_it()
    {
        await using var scene = await RoutingScene.StartAsync();
        _ = await scene.PutAsync("chains", """{"name":"eyes","entries":[{"model":"eyes"}]}""");
        var rule = await scene.PutAsync("routes", """{"name":"long","conditions":{"prompt_tokens":{"min":2000} },"action":{"mark":["long"]} }""");
        var image = new string('A', 800_000);

        var seen = await scene.Host.Caller.PostAsync(
            "/v1/chat/completions", $$"""{"model":"chain:eyes","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,{{image}}"} }]}]}""");

        Assert.True(seen.Status == HttpStatusCode.OK, seen.Text);
        var usage = await scene.Host.Stream.OfAsync(seen.Message);
        Assert.Null(usage.RouteMarks);
        var read = await scene.Host.Caller.PostAsync(
            "/v1/messages", $$"""{"model":"chain:eyes","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"{{image}}"} }]}]}""");
        Assert.True(read.Status == HttpStatusCode.OK, read.Text);
        var said = new string('s', 9000);
        foreach (var (path, body) in new[]
        {
            ("/v1/messages", $$"""{"model":"small","max_tokens":9,"system":"{{said}}","messages":[{"role":"user","content":"Hi"}]}"""),
            ("/v1/responses", $$"""{"model":"small","max_output_tokens":19,"instructions":"{{said}}","input":"Hi"}"""),
            ("/v1/chat/completions", $$"""{"model":"small","max_tokens":9,"messages":[{"role":"user","content":"Hi"}],"tools":[{"type":"function","function":{"name":"f","description":"{{said}}"} }]}"""),
        })
        {
            var answer = await scene.Host.Caller.PostAsync(path, body);
            Assert.Equal((rule, "long"), await scene.Host.Stream.OfAsync(answer.Message) is var told ? (told.RuleId, told.RouteMarks) : default);
        }
    }

    [Fact]
    public async Task Data_stays_where_it_may_be_processed_or_the_call_is_refused_saying_so()
    {
        await using var scene = await RoutingScene.StartAsync();
        _ = await scene.Host.Admin.SendAsync(HttpMethod.Put, "/control/v1/providers/b", RoutingScene.Row("b", scene.B.Address, 2, """ "regions":["eu-west-1"], """, "large", "other"));
        var policy = await scene.Host.Admin.SendAsync(HttpMethod.Put, "/control/v1/region-policy", """{"residency":{"region":"de","allowed_regions":["eu"]} }""");
        Assert.True(policy.Status is HttpStatusCode.OK or HttpStatusCode.Created, policy.Text);

        Assert.Equal("b", (await scene.AskAsync("large")).Usage.Provider);
        var (answer, json, _) = await scene.AskAsync("small");
        Assert.Equal((HttpStatusCode.Forbidden, "region_not_allowed", 0), (answer.StatusCode, json.GetProperty("error").Text("code"), scene.A.Calls));
    }

    [Fact]
    public async Task An_explanation_tells_every_rule_every_route_and_why_and_sends_nothing()
    {
        await using var scene = await RoutingScene.StartAsync();
        var rule = await scene.PutAsync("routes", """{"name":"eyes","priority":950,"conditions":{"tags":["look"]},"action":{"use":{"model":"gone","fallback":["eyes","other"]} } }""");

        var told = await scene.ExplainAsync("""{"model":"auto","messages":[{"role":"user","content":"Hi"}]}""", ""","headers":{"x-tags":"look"}""");

        Assert.Equal(("eyes", "a", $"rule:{rule}"), (told.Text("model"), told.Text("provider"), told.Text("reason")));
        Assert.Equal(["eyes", "other"], told.GetProperty("candidates").EnumerateArray().Select(static c => c.Text("model")));
        Assert.Equal(["gone model_not_found"], told.GetProperty("rejected").EnumerateArray().Select(static c => $"{c.Text("model")} {c.Text("code")}"));
        Assert.Equal("matched", told.GetProperty("rules")[0].Text("outcome"));
        Assert.True(told.GetProperty("rules").GetArrayLength() > 8, "what ships is told too");
        Assert.True(told.GetProperty("latency_estimate_ms").GetInt64() > 0);
        Assert.Equal((0, 0), (scene.A.Calls, scene.B.Calls));

        var without = await scene.ExplainAsync("""{"model":"nothing","messages":[{"role":"user","content":"Hi"}]}""");
        Assert.Equal("model_not_found", without.GetProperty("failure").Text("code"));
    }

    [Fact]
    public async Task Where_nobody_serves_what_is_chosen_here_the_refusal_says_what_chose_and_not_to_ask_again()
    {
        await using var scene = await RoutingScene.StartAsync();
        var rule = await scene.PutAsync("routes", """{"name":"gone","priority":950,"conditions":{"tags":["look"]},"action":{"use":{"model":"gone","fallback":["gone-too"]} } }""");

        var (answer, json, _) = await scene.AskAsync("auto", "Hi", ("x-tags", "look"));

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "no_model_available"), (answer.StatusCode, json.GetProperty("error").Text("code")));
        Assert.Contains($"rule:{rule}", json.GetProperty("error").Text("message"), StringComparison.Ordinal);
        Assert.Equal("false", answer.Headers.GetValues("x-should-retry").Single());
    }

    [Fact]
    public async Task A_dry_run_tells_a_caller_the_rule_that_took_the_call_and_nothing_of_the_organisations_others()
    {
        await using var scene = await RoutingScene.StartAsync();
        _ = await scene.PutAsync("routes", """{"name":"secret","priority":960,"conditions":{"tags":["lay-offs"]},"action":{"use":{"model":"large"} } }""");
        var rule = await scene.PutAsync("routes", """{"name":"eyes","priority":950,"conditions":{"tags":["look"]},"action":{"use":{"model":"eyes"} } }""");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = JsonContent.Create(new { model = "auto", messages = new[] { new { role = "user", content = "Hi" } } }) };
        request.Headers.Add("x-dry-run", "true");
        request.Headers.Add("x-tags", "look");

        var answer = await scene.Host.Caller.SendAsync(request, TestContext.Current.CancellationToken);

        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain("lay-offs", text, StringComparison.Ordinal);
        var rules = JsonDocument.Parse(text).RootElement.GetProperty("route").GetProperty("rules").EnumerateArray().ToList();
        Assert.Equal([rule], rules.Where(static r => !r.GetProperty("is_system").GetBoolean()).Select(static r => r.Text("id")));
        Assert.True(rules.Count > 8, "what ships is told");
    }

    [Theory]
    [InlineData("""{"request":{}}""", "key_id")]
    [InlineData("""{"key_id":"key_nobody","request":{}}""", "key_id")]
    [InlineData("""{"key_id":"@","request":[]}""", "request")]
    [InlineData("""{"key_id":"@","request":{},"endpoint":"videos"}""", "endpoint")]
    [InlineData("""{"key_id":"@","request":{},"address":"here"}""", "address")]
    [InlineData("""{"key_id":"@","request":{},"headers":{"authorization":"x"}}""", "headers.authorization")]
    public async Task A_question_that_cannot_be_answered_is_400_naming_the_member(string json, string param)
    {
        await using var scene = await RoutingScene.StartAsync();

        var answer = await scene.Host.Admin.PostAsync("/control/v1/routes/explain", json.Replace("@", scene.Host.Installation.KeyId, StringComparison.Ordinal));

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
    }

    private static async Task<(string? Model, string? Reason)> ServedAsync(RoutingScene scene, string model) =>
        await scene.AskAsync(model) is var (_, _, usage) ? (usage.Model, usage.RouteReason) : default;

    private static async Task<IEnumerable<string>> CodeRulesAsync(RoutingScene scene) =>
        (await Http.GetAsync(scene.Host.Admin, "/control/v1/routes?limit=100")).Json.GetProperty("data").EnumerateArray().Select(static r => r.Text("id")).Where(static id => id.StartsWith("sys_", StringComparison.Ordinal)).ToList();
}
