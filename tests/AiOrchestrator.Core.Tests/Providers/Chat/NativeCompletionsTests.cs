using System.Net;
using System.Text;
using AiOrchestrator.Core.Tests.Hosting;
using static AiOrchestrator.Core.Tests.Providers.Chat.CompletionsScene;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>Legacy completions where the provider has them: bytes pass, and money is settled by what they say.</summary>
public sealed class NativeCompletionsTests
{
    private const string Model = "gpt-3.5-turbo-instruct";

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task A_stream_passes_but_for_a_usage_nobody_asked_for(int pieceBytes, bool asksUsage)
    {
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", RecordedStream(), pieceBytes);
        await using var host = await StartAsync(upstream, "openai", Model);
        var options = asksUsage ? ""","stream_options":{"include_usage":true}""" : "";

        var answer = await host.Caller.PostAsync("/v1/completions", $$"""{"model":"m","prompt":"Say this","max_tokens":16,"stream":true{{options}}}""");

        var sent = Encoding.UTF8.GetString(RecordedStream());
        Assert.Equal(asksUsage ? sent : string.Concat(sent.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(static e => !e.Contains("\"choices\":[]", StringComparison.Ordinal)).Select(static e => e + "\n\n")), answer.Text);
        var (path, _, body) = Assert.Single(upstream.Asked);
        Assert.Equal(("/v1/completions", """{"model":"gpt-3.5-turbo-instruct","prompt":"Say this","max_tokens":16,"stream":true,"stream_options":{"include_usage":true}}"""), (path, body));
        await host.StopAsync();
        var used = host.Stream.Last;
        Assert.Equal(("reported", "completions", "length", 14L, 16L, (14 * 1_500L) + (16 * 2_000L)), (used.UsageSource, used.Endpoint, used.FinishReason, used.PromptTokens, used.CompletionTokens, used.CostNanoUsd));
        Assert.Equal(16, used.CountedCompletionTokens);
    }

    [Theory]
    [InlineData("", ""","max_tokens":16""")]
    [InlineData(",\"max_tokens\":null", ",\"max_tokens\":16")]
    [InlineData(",\"max_tokens\":0,\"echo\":true,\"logprobs\":1", ",\"max_tokens\":0,\"echo\":true,\"logprobs\":1")]
    public async Task A_bound_that_is_not_set_is_sixteen_tokens_wherever_it_goes(string given, string sent)
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(Recorded("json")));
        await using var host = await StartAsync(upstream, "openai", Model);

        var answer = await host.Caller.PostAsync("/v1/completions", $$"""{"model":"m","prompt":"Say this","unheard_of":[1]{{given}}}""");

        Assert.Equal((HttpStatusCode.OK, Recorded("json")), (answer.Status, answer.Text));
        Assert.Equal($$"""{"model":"gpt-3.5-turbo-instruct","prompt":"Say this","unheard_of":[1]{{sent}}}""", Assert.Single(upstream.Asked).Body);
    }

    [Theory]
    [InlineData("\"a\"", "", 1)]
    [InlineData("[\"a\",\"b\",\"c\"]", ",\"n\":2", 6)]
    [InlineData("[1,2,3]", ",\"n\":2,\"best_of\":5", 5)]
    [InlineData("[[1,2],[3]]", ",\"best_of\":3", 6)]
    public async Task What_is_held_is_every_text_that_is_made(string prompt, string more, int choices)
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", []);
        await using var host = await StartAsync(upstream, "openai", Model);
        var dry = host.ClientFor(CoreHost.ApiKey);
        dry.DefaultRequestHeaders.Add("x-dry-run", "true");

        var told = (await dry.PostAsync("/v1/completions", $$"""{"model":"m","prompt":{{prompt}},"max_tokens":100{{more}}}""")).Json;

        Assert.Equal((choices, 100), (told.GetProperty("choices").GetInt32(), told.GetProperty("completion_tokens_max").GetInt32()));
        var promptMax = told.GetProperty("prompt_tokens_max").GetInt64();
        Assert.Equal($"{((promptMax * 1_500) + (choices * 100 * 2_000L)) / 1e9m:0.#########}", told.Text("hold_usd"));
        Assert.Empty(upstream.Asked);
    }

    [Fact]
    public async Task The_window_bounds_each_prompt_and_not_all_of_them()
    {
        var words = string.Concat(Enumerable.Repeat(" a", 10_000));
        await using var upstream = await RecordedUpstream.StartAsync("application/json", []);
        await using var host = await StartAsync(upstream, "openai", Model);
        var dry = host.ClientFor(CoreHost.ApiKey);
        dry.DefaultRequestHeaders.Add("x-dry-run", "true");

        var told = (await dry.PostAsync("/v1/completions", $$"""{"model":"m","prompt":["{{words}}","{{words}}","{{words}}"],"max_tokens":100}""")).Json;

        Assert.InRange(told.GetProperty("prompt_tokens_max").GetInt64(), 30_000, 3 * 16_385);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_is_charged_by_the_texts_that_were_received()
    {
        var chunks = string.Concat(Enumerable.Range(0, 2).Select(static i => $$"""data: {"object":"text_completion","choices":[{"text":" hello hello","index":{{i}},"logprobs":null,"finish_reason":null}]}""" + "\n\n"));
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", Encoding.UTF8.GetBytes(chunks));
        await using var host = await StartAsync(upstream, "openai", Model);

        var answer = await host.Caller.PostAsync("/v1/completions", """{"model":"m","prompt":["a","b"],"max_tokens":16,"stream":true}""");

        Assert.Contains("upstream_stream_cut", answer.Text, StringComparison.Ordinal);
        await host.StopAsync();
        Assert.Equal(("counted", 2L, 4L), (host.Stream.Last.UsageSource, host.Stream.Last.PromptTokens, host.Stream.Last.CompletionTokens));
    }

    [Fact]
    public async Task A_prompt_that_is_told_again_is_not_counted_as_written()
    {
        var chunk = """data: {"object":"text_completion","choices":[{"text":"one two three four five six","index":0,"logprobs":null,"finish_reason":null}]}""" + "\n\n";
        await using var upstream = await RecordedUpstream.StartAsync("text/event-stream", Encoding.UTF8.GetBytes(chunk));
        await using var host = await StartAsync(upstream, "openai", Model);

        _ = await host.Caller.PostAsync("/v1/completions", """{"model":"m","prompt":"one two three four","max_tokens":16,"stream":true,"echo":true}""");

        await host.StopAsync();
        Assert.Equal((4L, 2L), (host.Stream.Last.PromptTokens, host.Stream.Last.CompletionTokens));
    }

    [Fact]
    public async Task A_row_says_that_its_server_completes_whatever_model_it_serves()
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(Recorded("json")));
        await using var host = await StartAsync(upstream, "openai", "gpt-4o-mini", ",\"completions\":true");

        var answer = await host.Caller.PostAsync("/v1/completions", """{"model":"m","prompt":"a","max_tokens":5}""");

        Assert.Equal((HttpStatusCode.OK, "/v1/completions"), (answer.Status, Assert.Single(upstream.Asked).Path));
    }

    [Theory]
    [InlineData("""{"model":"m"}""", "prompt")]
    [InlineData("""{"model":"m","prompt":[]}""", "prompt")]
    [InlineData("""{"model":"m","prompt":["a",1]}""", "prompt")]
    [InlineData("""{"model":"m","prompt":"a","max_tokens":-1}""", "max_tokens")]
    [InlineData("""{"model":"m","prompt":"a","best_of":1000}""", "best_of")]
    [InlineData("""{"model":"m","prompt":"a","echo":1}""", "echo")]
    [InlineData("""{"model":"m","prompt":"a","max_tokens":99999}""", "max_tokens")]
    public async Task What_is_wrong_is_refused_by_name_before_anything_is_held(string body, string param)
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", []);
        await using var host = await StartAsync(upstream, "openai", Model);

        var answer = await host.Caller.PostAsync("/v1/completions", body);

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
        Assert.Empty(upstream.Asked);
    }

    [Fact]
    public async Task A_wallet_that_cannot_pay_for_all_of_it_has_it_made_shorter()
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(Recorded("json")));
        await using var host = await StartAsync(upstream, "openai", Model);
        var caller = await MessagesScene.PurseAsync(host, "0.002");

        var answer = await caller.PostAsync("/v1/completions", """{"model":"m","prompt":"a","max_tokens":4000}""");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        var clamped = answer.Message.Headers.GetValues("x-max-tokens-clamped").Single();
        Assert.Equal($$"""{"model":"gpt-3.5-turbo-instruct","prompt":"a","max_tokens":{{clamped}}}""", Assert.Single(upstream.Asked).Body);
    }
}
