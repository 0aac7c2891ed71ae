using System.Net;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Platform;

public sealed class PlatformEndpointsTests
{
    [Fact]
    public async Task Health_says_ok_to_everybody()
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await Http.GetAsync(host.Anonymous, "/health");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("""{"status":"ok"}""", answer.Text);
    }

    [Theory]
    [InlineData(0, 200, "ready")]
    [InlineData(1, 200, "degraded")]
    [InlineData(2, 503, "not_ready")]
    public async Task Ready_is_as_good_as_its_worst_check(int worst, int status, string word)
    {
        await using var host = await CoreHost.StartAsync();
        host.Check.Readiness = (Readiness)worst;

        var answer = await Http.GetAsync(host.Anonymous, "/ready");

        Assert.Equal(status, (int)answer.Status);
        Assert.Equal(word, answer.Json.Text("status"));
        var check = answer.Json.GetProperty("checks").EnumerateArray().Single(static c => c.Text("name") == "fixed");
        Assert.Equal(word, check.Text("status"));
        Assert.Equal(worst == 0 ? null : "something is wrong", check.GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData("GET", "/nowhere", 404, "route_not_found")]
    [InlineData("DELETE", "/health", 405, "method_not_allowed")]
    public async Task What_routing_refuses_comes_in_the_envelope(string method, string path, int status, string code)
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await host.Anonymous.SendAsync(new HttpMethod(method), path, null);

        Assert.Equal(status, (int)answer.Status);
        Assert.Equal(code, answer.Code);
        Assert.Equal("application/json", answer.Message.Content.Headers.ContentType?.MediaType);
        Assert.Equal(status == 405, answer.Message.Content.Headers.Allow.Contains("GET"));
    }

    [Fact]
    public async Task A_form_is_refused_in_the_envelope()
    {
        await using var host = await CoreHost.StartAsync();
        using var form = new FormUrlEncodedContent([new("name", "x")]);

        var answer = await host.Admin.SendContentAsync(HttpMethod.Post, "/control/v1/keys", form);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.Status);
        Assert.Equal("unsupported_media_type", answer.Code);
    }
}
