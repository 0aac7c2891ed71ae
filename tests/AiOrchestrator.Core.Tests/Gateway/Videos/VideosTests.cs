using System.Net;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Gateway.Videos;

/// <summary>What is asked of a provider of videos, and what a caller sees of it.</summary>
public sealed class VideosTests : IAsyncLifetime
{
    private VideosScene _scene = null!;

    public async ValueTask InitializeAsync() => _scene = await VideosScene.StartAsync();

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    [Fact]
    public async Task The_provider_is_asked_by_its_own_name_and_the_caller_answered_by_theirs()
    {
        var id = await _scene.FilmAsync();
        Assert.DoesNotContain("theirs", (await _scene.LookAsync(id)).Text, StringComparison.Ordinal);
        var remix = await _scene.Host.Caller.PostAsync($"/v1/videos/{id}/remix", """{"prompt":"a dog"}""");
        Assert.Equal(id, remix.Json.Text("remixed_from_video_id"));
        Assert.Equal("film", (await Http.GetAsync(_scene.Host.Caller, $"/v1/videos/{id}/content?variant=video")).Text);
        _scene.Status = "completed";
        Assert.Equal(HttpStatusCode.OK, (await _scene.Host.Caller.SendAsync(HttpMethod.Delete, $"/v1/videos/{id}", null)).Status);

        Assert.Equal(
            ["POST /v1/videos", "GET /v1/videos/theirs1", "POST /v1/videos/theirs1/remix", "GET /v1/videos/theirs1/content?variant=video", "GET /v1/videos/theirs1", "DELETE /v1/videos/theirs1"],
            _scene.Asked.Select(static a => a.What));
        Assert.Equal((HttpStatusCode.NotFound, "video_not_found"), await CodeAsync(_scene.LookAsync(id)));
    }

    [Fact]
    public async Task A_model_that_is_not_named_is_the_default_and_put_in_where_the_provider_calls_it_otherwise()
    {
        await _scene.FilmAsync("\"size\":\"720x1280\"");
        using var form = new MultipartFormDataContent("b") { { new StringContent("a cat"), "prompt" } };
        Assert.Equal(HttpStatusCode.OK, (await _scene.Host.Caller.SendContentAsync(HttpMethod.Post, "/v1/videos", form)).Status);

        var bodies = _scene.Asked.Select(static a => a.Body).ToList();
        Assert.Equal("""{"prompt":"a cat","size":"720x1280","model":"theirs"}""", bodies[0]);
        Assert.StartsWith("--b\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\ntheirs\r\n--b\r\n", bodies[1], StringComparison.Ordinal);
        Assert.EndsWith("a cat\r\n--b--\r\n", bodies[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_job_is_decides_what_is_charged_and_beyond_the_hold_is_suspended()
    {
        _scene.Made = "\"seconds\":\"8\",\"size\":\"1024x1792\"";
        await _scene.FilmAsync();
        Assert.Equal(
            (400_000_000, 400_000_000, 2_000_000_000, "above_hold", "video_second/1024x1792=8"),
            (_scene.Last.HoldNanoUsd, _scene.Last.CostNanoUsd, _scene.Last.SuspendedNanoUsd, _scene.Last.UsageAnomaly, _scene.Last.Units));

        _scene.Made = "\"seconds\":\"2\",\"size\":\"720x1280\"";
        await _scene.FilmAsync();
        Assert.Equal((200_000_000, "video_second/720x1280=2"), (_scene.Last.CostNanoUsd, _scene.Last.Units));
    }

    [Theory]
    [InlineData("../secrets")]
    [InlineData("..")]
    [InlineData("a/b?c")]
    [InlineData("")]
    public async Task A_name_that_could_be_a_path_is_no_answer_and_is_charged_as_one_that_broke_off(string name)
    {
        _scene.NextId = name;
        var answer = await _scene.Host.Caller.PostAsync("/v1/videos", """{"model":"other","prompt":"a cat"}""");
        Assert.Equal((HttpStatusCode.BadGateway, "upstream_invalid_answer"), (answer.Status, answer.Code));
        Assert.Equal(400_000_000, (await _scene.Host.Stream.OfAsync(answer.Message)).CostNanoUsd);
    }

    [Fact]
    public async Task What_cannot_be_written_down_is_charged_and_says_so()
    {
        _scene.Host.Documents.BeforeWrite = static () => throw new IOException("the store does not answer");
        var answer = await _scene.Host.Caller.PostAsync("/v1/videos", """{"model":"other","prompt":"a cat"}""");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "video_not_kept"), (answer.Status, answer.Code));
        Assert.Equal("false", answer.Message.Headers.GetValues("x-should-retry").Single());
        Assert.Equal(400_000_000, (await _scene.Host.Stream.OfAsync(answer.Message)).CostNanoUsd);
    }

    [Fact]
    public async Task Another_key_and_another_provider_find_nothing()
    {
        var id = await _scene.FilmAsync();
        var key = (await _scene.Host.Admin.PostAsync("/control/v1/keys", $$"""{"name":"other","wallet_id":"{{_scene.Host.Installation.WalletId}}"}""")).Json.Text("key");
        var other = _scene.Host.ClientFor(key);
        Assert.Equal((HttpStatusCode.NotFound, "video_not_found"), await CodeAsync(Http.GetAsync(other, $"/v1/videos/{id}")));
        Assert.Equal((HttpStatusCode.NotFound, "video_not_found"), await CodeAsync(other.PostAsync($"/v1/videos/{id}/remix", """{"prompt":"a"}""")));
        Assert.Equal("""{"object":"list","data":[],"first_id":null,"last_id":null,"has_more":false}""", (await Http.GetAsync(other, "/v1/videos")).Text);
        Assert.Equal((HttpStatusCode.NotFound, "video_not_found"), await CodeAsync(_scene.LookAsync("video_x")));
        Assert.Single(_scene.Asked);

        Assert.Equal(HttpStatusCode.NoContent, (await _scene.Host.Admin.SendAsync(HttpMethod.Delete, "/control/v1/providers/films", null)).Status);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "video_provider_gone"), await CodeAsync(_scene.LookAsync(id)));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "video_provider_gone"), await CodeAsync(_scene.Host.Caller.PostAsync($"/v1/videos/{id}/remix", """{"prompt":"a"}""")));
    }

    private static async Task<(HttpStatusCode Status, string? Code)> CodeAsync(Task<Answer> asked) => await asked is var answer ? (answer.Status, answer.Code) : default;
}
