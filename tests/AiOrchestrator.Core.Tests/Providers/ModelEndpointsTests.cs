using System.Net;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Providers;

public sealed class ModelEndpointsTests
{
    [Fact]
    public async Task The_first_start_serves_echo()
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await Http.GetAsync(host.Caller, "/v1/models");

        Assert.Equal(
            """{"object":"list","data":[{"id":"echo","object":"model","created":0,"owned_by":"echo","kind":"chat","context_window":128000,"max_output_tokens":4096,"capabilities":["TEXT","VISION"],"features":["text","vision"],"family":null,"tier":null,"lifecycle":{"status":"ACTIVE","deprecated_at":null,"retired_at":null,"days_until_deprecation":null,"days_left":null,"replacement":null},"pricing":{"input_usd_per_million":"0.10","output_usd_per_million":"0.40","cache_read_usd_per_million":"0.10","request_usd":"0.00"},"price_origin":"catalogue","multiplier":null,"counting":{"tokenizer":"o200k_base","exact":true,"stated_error_percent":0,"ratio":null,"completion_ratio":null,"samples":0},"providers":["echo"]}]}""",
            answer.Text);
    }

    [Fact]
    public async Task Providers_of_a_model_are_named_in_the_order_they_are_tried()
    {
        await using var host = await CoreHost.StartAsync(new() { ["OPENAI_API_KEY"] = "env-secret" });
        await host.Admin.PostAsync(
            "/control/v1/providers", """{"id":"proxy","priority":1,"base_url":"http://a/v1","models":[{"id":"gpt-4o","price_as":"openai/gpt-4o"}]}""");

        var answer = await Http.GetAsync(host.Caller, "/v1/models/gpt-4o");

        Assert.Equal(["proxy", "openai"], answer.Json.GetProperty("providers").EnumerateArray().Select(static p => p.GetString()!));
        Assert.Equal("1.25", answer.Json.GetProperty("pricing").Text("cache_read_usd_per_million"));
        Assert.Equal("gpt-4o-2024-08-06", (await Http.GetAsync(host.Caller, "/v1/models/gpt-4o-2024-08-06")).Json.Text("id"));
        Assert.Equal("embedding", (await Http.GetAsync(host.Caller, "/v1/models/text-embedding-3-small")).Json.Text("kind"));
    }

    [Theory]
    [InlineData("openai/gpt-oss-20b")]
    [InlineData("openai%2Fgpt-oss-20b")]
    [InlineData("openai%2fgpt-oss-20b")]
    public async Task Ids_may_hold_slashes(string path)
    {
        await using var host = await CoreHost.StartAsync(new() { ["GROQ_API_KEY"] = "env-secret" });

        var answer = await Http.GetAsync(host.Caller, $"/v1/models/{path}");

        Assert.Equal("openai/gpt-oss-20b", answer.Json.Text("id"));
    }

    [Fact]
    public async Task An_unknown_model_is_404()
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await Http.GetAsync(host.Caller, $"/v1/models/{new string('m', 300)}");

        Assert.Equal((HttpStatusCode.NotFound, "model_not_found", "model"), (answer.Status, answer.Code, answer.Param));
        Assert.True(answer.ErrorText!.Length < 250);
    }
}
