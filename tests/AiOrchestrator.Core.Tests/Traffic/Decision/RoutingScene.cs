using System.Net;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers;

namespace AiOrchestrator.Core.Tests.Traffic.Decision;

/// <summary>The product with two providers on real sockets: <c>a</c> serves what <c>small</c>, <c>large</c> and <c>eyes</c> are, <c>b</c> serves <c>large</c> and <c>other</c>.</summary>
internal sealed class RoutingScene : IAsyncDisposable
{
    public required CoreHost Host { get; init; }

    public required FakeProvider A { get; init; }

    public required FakeProvider B { get; init; }

    public static async Task<RoutingScene> StartAsync()
    {
        var scene = new RoutingScene { Host = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" }), A = await FakeProvider.StartAsync(), B = await FakeProvider.StartAsync() };
        await scene.PutAsync("providers", Row("a", scene.A.Address, 1, "", "small", "large", "eyes"));
        await scene.PutAsync("providers", Row("b", scene.B.Address, 2, "", "large", "other"));
        return scene;
    }

    public static string Row(string id, string address, int priority, string members, params string[] models) =>
        $$"""{"id":"{{id}}",{{members}}"base_url":"{{address}}/v1","api_key_ref":"env:KEY","priority":{{priority}},"models":[{{string.Join(',', models.Select(static m => $$"""{"id":"{{m}}","upstream_id":"up-{{m}}","price_as":"openai/gpt-4o"}"""))}}]}""";

    /// <summary>Makes something of the configuration; its id.</summary>
    public async Task<string> PutAsync(string kind, string json)
    {
        var created = await Host.Admin.PostAsync($"/control/v1/{kind}", json);
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        return created.Json.Text("id");
    }

    /// <summary>Asks a question; the answer, and what was written down of it.</summary>
    public async Task<(HttpResponseMessage Answer, JsonElement Json, UsageEvent Usage)> AskAsync(string model, string text = "Hi", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(JsonSerializer.Serialize(new { model, max_tokens = 50, messages = new[] { new { role = "user", content = text } } }), Encoding.UTF8, "application/json"),
        };
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        var answer = await Host.Caller.SendAsync(request, TestContext.Current.CancellationToken);
        var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;
        return (answer, json, await Host.Stream.OfAsync(answer));
    }

    /// <summary>Why a call would go where it goes.</summary>
    public async Task<JsonElement> ExplainAsync(string request, string more = "")
    {
        var answer = await Host.Admin.PostAsync("/control/v1/routes/explain", $$"""{"key_id":"{{Host.Installation.KeyId}}","request":{{request}}{{more}}}""");
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        return answer.Json;
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await A.DisposeAsync();
        await B.DisposeAsync();
    }
}
