using System.Net;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Traffic.Decision;

/// <summary>What the gateway chooses itself ends in an answer wherever somebody is there who could give one.</summary>
public sealed class LastResortTests
{
    private const string Coding = "Refactor this C# class so that it is generic: public class A { int x; }";

    [Fact]
    public async Task Where_nobody_serves_what_a_shipped_rule_names_the_category_does_and_then_the_default()
    {
        await using var scene = await DefaultingAsync("small");

        var (answer, _, usage) = await scene.AskAsync("auto", Coding);
        Assert.Equal((HttpStatusCode.OK, "small"), (answer.StatusCode, usage.Model));

        _ = await scene.Host.Admin.SendAsync(HttpMethod.Put, "/control/v1/categories/coding", """{"entries":[{"model":"other"}]}""");
        (answer, _, usage) = await scene.AskAsync("auto", Coding);
        Assert.Equal((HttpStatusCode.OK, "other", "category:coding"), (answer.StatusCode, usage.Model, usage.RouteReason));
    }

    [Fact]
    public async Task Where_an_own_rule_names_what_nobody_serves_nothing_else_is_put_in_its_place()
    {
        await using var scene = await DefaultingAsync("small");
        _ = await scene.PutAsync("routes", """{"name":"mine","priority":900,"action":{"use":{"model":"nobody-serves-it"} } }""");

        var (answer, json, _) = await scene.AskAsync("auto", Coding);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "no_model_available"), (answer.StatusCode, json.GetProperty("error").Text("code")));
    }

    [Fact]
    public async Task What_an_organisation_puts_in_the_place_of_a_rule_that_ships_is_its_own_word()
    {
        await using var scene = await DefaultingAsync("small");
        var put = await scene.Host.Admin.SendAsync(
            HttpMethod.Put, "/control/v1/routes/sys_complex_code", """{"name":"code stays here","conditions":{"keywords":{"any":["refactor"]} },"action":{"use":{"model":"on-premises"} } }""");
        Assert.True(put.Status == HttpStatusCode.OK, put.Text);

        var (answer, json, _) = await scene.AskAsync("auto", Coding);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "no_model_available"), (answer.StatusCode, json.GetProperty("error").Text("code")));
        Assert.Equal((0, 0), (scene.A.Calls, scene.B.Calls));
    }

    [Fact]
    public async Task A_preferred_provider_puts_what_stands_behind_a_choice_not_before_it()
    {
        await using var scene = await RoutingScene.StartAsync();
        _ = await scene.PutAsync("preferences", $$"""{"level":"company","subject":"{{scene.Host.Installation.OrganisationId}}","default_model":"other","preferred_providers":["b"]}""");
        _ = await scene.Host.Admin.SendAsync(HttpMethod.Put, "/control/v1/categories/coding", """{"entries":[{"model":"small"}]}""");

        Assert.Equal("small", (await scene.AskAsync("auto:coding")).Usage.Model);
        scene.A.Answer = Core.Tests.Providers.FakeProvider.Only(500);
        Assert.Equal("other", (await scene.AskAsync("auto:coding")).Usage.Model);
    }

    [Fact]
    public async Task Nobody_is_asked_what_a_call_is_that_an_own_rule_refuses_or_sends_somewhere()
    {
        await using var scene = await RoutingScene.StartAsync();
        _ = await scene.Host.Admin.SendAsync(HttpMethod.Put, "/control/v1/classifier", """{"enabled":true,"model":"small","min_confidence":1,"timeout_ms":10000}""");
        _ = await scene.PutAsync("routes", """{"name":"secret","priority":900,"conditions":{"tags":["confidential"]},"action":{"use":{"model":"other"} } }""");
        _ = await scene.PutAsync("routes", """{"name":"never","priority":901,"conditions":{"tags":["never"]},"action":{"deny":{"message":"No."} } }""");

        Assert.Equal("other", (await scene.AskAsync("auto", "Hi", ("x-tags", "confidential"))).Usage.Model);
        Assert.Equal(HttpStatusCode.Forbidden, (await scene.AskAsync("auto", "Hi", ("x-tags", "never"))).Answer.StatusCode);

        Assert.Equal(0, scene.A.Calls);
    }

    [Theory]
    [InlineData("Draw me a picture of a cat in the style of an oil painting")]
    [InlineData("Make a short video of waves rolling onto a beach at sunset")]
    public async Task Words_that_read_like_drawing_in_a_chat_are_answered_by_a_model_that_chats(string text)
    {
        await using var scene = await RoutingScene.StartAsync();
        foreach (var category in new[] { "simple", "medium", "complex" })
        {
            _ = await scene.Host.Admin.SendAsync(HttpMethod.Put, $"/control/v1/categories/{category}", """{"entries":[{"model":"other"}]}""");
        }

        var (answer, _, usage) = await scene.AskAsync("auto", text);

        Assert.Equal((HttpStatusCode.OK, "other"), (answer.StatusCode, usage.Model));
    }

    [Fact]
    public async Task What_ships_hides_no_own_rule_from_a_call_that_names_its_category()
    {
        await using var scene = await RoutingScene.StartAsync();
        var id = await scene.PutAsync("routes", """{"name":"mine","priority":10,"conditions":{"category":["coding"]},"action":{"use":{"model":"other"} } }""");

        var (_, _, usage) = await scene.AskAsync("auto:coding", Coding);

        Assert.Equal(("other", $"rule:{id}"), (usage.Model, usage.RouteReason));
    }

    [Fact]
    public async Task An_override_that_names_models_of_another_kind_leaves_the_call_alone()
    {
        await using var scene = await RoutingScene.StartAsync();
        scene.A.Answer = static path => path.EndsWith("/embeddings", StringComparison.Ordinal)
            ? (200, """{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1]}],"model":"up","usage":{"prompt_tokens":1,"total_tokens":1}}""")
            : Core.Tests.Providers.FakeProvider.Well(path);
        await scene.PutAsync("providers", RoutingScene.Row("c", scene.A.Address, 3, "", "vectors").Replace("openai/gpt-4o", "openai/text-embedding-3-small", StringComparison.Ordinal));
        _ = await scene.PutAsync("assignments", """{"level":"global","task_type":"*","primary_model":"other","is_override":true}""");

        var answer = await scene.Host.Caller.PostAsync("/v1/embeddings", """{"model":"vectors","input":"Hi"}""");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("other", (await scene.AskAsync("small")).Usage.Model);
    }

    [Fact]
    public async Task The_question_what_a_call_is_goes_to_the_model_that_is_to_be_asked_whatever_else_is_said_of_calls()
    {
        await using var scene = await RoutingScene.StartAsync();
        var set = await scene.Host.Admin.SendAsync(HttpMethod.Put, "/control/v1/classifier", """{"enabled":true,"model":"small","min_confidence":1,"timeout_ms":10000}""");
        Assert.Equal(HttpStatusCode.OK, set.Status);
        _ = await scene.PutAsync("preferences", $$"""{"level":"company","subject":"{{scene.Host.Installation.OrganisationId}}","default_model":"other"}""");

        // The question is longer than the call: these are for it alone.
        _ = await scene.PutAsync("routes", """{"name":"all","priority":900,"conditions":{"model":["small"]},"action":{"use":{"model":"large"},"replaces_explicit":true} }""");
        _ = await scene.PutAsync("assignments", """{"level":"global","task_type":"*","primary_model":"large","is_override":true,"conditions":{"min_prompt_tokens":50} }""");

        Assert.Equal("other", (await scene.AskAsync("auto", "What is the capital of France?")).Usage.Model);

        var question = scene.Host.Stream.Events.Single(static e => e.FeatureId == "ao-classifier");
        Assert.Equal(("small", "priority"), (question.Model, question.RouteReason));
    }

    /// <summary>Two providers, and a default for the whole company.</summary>
    private static async Task<RoutingScene> DefaultingAsync(string model)
    {
        var scene = await RoutingScene.StartAsync();
        _ = await scene.PutAsync("preferences", $$"""{"level":"company","subject":"{{scene.Host.Installation.OrganisationId}}","default_model":"{{model}}"}""");
        return scene;
    }
}
