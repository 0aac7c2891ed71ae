using System.Net;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Traffic.Classifying;

public sealed class ClassifyingEndpointsTests
{
    private const string Path = "/control/v1/classify";
    private const string Settings = "/control/v1/classifier";

    [Fact]
    public async Task A_text_and_messages_are_classified_as_a_call_with_them_would_be()
    {
        await using var host = await CoreHost.StartAsync();

        var text = (await host.Admin.PostAsync(Path, """{"text":"Schreibe bitte\neine Einladung zum Geburtstag meiner Tochter."}""")).Json;
        Assert.Equal(("multilingual", "de", "LOW"), (text.Text("category"), text.Text("language"), text.Text("complexity")));
        Assert.InRange(text.GetProperty("confidence").GetDouble(), 0.3, 1);
        Assert.NotEmpty(text.Text("reason"));
        Assert.Equal(15, text.GetProperty("tokens").GetInt64());
        Assert.Empty(text.GetProperty("needs").EnumerateArray());

        var messages = (await host.Admin.PostAsync(
            Path, """{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"u"}},{"type":"input_audio","input_audio":{}}]}],"tools":[{"type":"function","function":{}}]}""")).Json;
        Assert.Equal("vision_in", messages.Text("category"));
        Assert.Equal(["vision", "audio_in", "tools"], messages.GetProperty("needs").EnumerateArray().Select(static n => n.GetString()));
    }

    [Theory]
    [InlineData("{}", "text")]
    [InlineData("""{"text":"a","messages":[]}""", "text")]
    [InlineData("""{"text":1}""", "text")]
    [InlineData("""{"messages":"x"}""", "messages")]
    [InlineData("""{"messages":[1]}""", "messages[0]")]
    [InlineData("""{"text":"a","tools":[1]}""", "tools")]
    [InlineData("""{"text":"a","ask_model":1}""", "ask_model")]
    [InlineData("""{"text":"a","more":1}""", "more")]
    public async Task What_is_wrong_with_a_request_is_named(string body, string member)
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await host.Admin.PostAsync(Path, body);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains($"'{member}'", answer.ErrorText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_settings_are_the_defaults_until_they_are_set_and_again_once_they_are_deleted()
    {
        await using var host = await CoreHost.StartAsync();
        const string Defaults = """{"enabled":false,"model":"llama-3.2-3b-preview","min_confidence":0.5,"timeout_ms":1500,"cache_ttl_seconds":3600,"cache_entries":5000,"updated_at":null}""";
        Assert.Equal(Defaults, (await Http.GetAsync(host.Admin, Settings)).Text);
        Assert.Equal("classifier_not_set", (await host.Admin.SendAsync(HttpMethod.Delete, Settings, null)).Code);

        var set = await host.Admin.SendAsync(HttpMethod.Put, Settings, """{"enabled":true,"model":"gpt-4o","min_confidence":0.7,"timeout_ms":300,"cache_ttl_seconds":0,"cache_entries":1}""");

        Assert.Equal(HttpStatusCode.OK, set.Status);
        Assert.Equal(set.Text, (await Http.GetAsync(host.Admin, Settings)).Text);
        Assert.Equal((true, "gpt-4o", 0.7), (set.Json.GetProperty("enabled").GetBoolean(), set.Json.Text("model"), set.Json.GetProperty("min_confidence").GetDouble()));
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await host.Admin.SendAsync(HttpMethod.Put, Settings, "{}", ifMatch: "\"other\"")).Status);
        Assert.Equal(HttpStatusCode.OK, (await host.Admin.SendAsync(HttpMethod.Put, Settings, "{}", ifMatch: set.Message.Headers.ETag!.ToString())).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await host.Admin.SendAsync(HttpMethod.Delete, Settings, null)).Status);
        Assert.Equal(Defaults, (await Http.GetAsync(host.Admin, Settings)).Text);
    }

    [Theory]
    [InlineData("""{"min_confidence":1.5}""", "min_confidence")]
    [InlineData("""{"timeout_ms":49}""", "timeout_ms")]
    [InlineData("""{"cache_entries":100001}""", "cache_entries")]
    [InlineData("""{"enabled":"yes"}""", "enabled")]
    public async Task Settings_out_of_bounds_are_refused(string body, string member)
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await host.Admin.SendAsync(HttpMethod.Put, Settings, body);

        Assert.Equal((HttpStatusCode.BadRequest, member), (answer.Status, answer.Param));
    }
}
