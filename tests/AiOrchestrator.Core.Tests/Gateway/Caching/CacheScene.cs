using System.Net;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Gateway.Caching;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Traffic.Decision;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Gateway.Caching;

/// <summary>
/// The product with two providers that say which call of theirs it is: <c>o</c> speaks OpenAI's format and serves <c>m</c> and <c>n</c>, completions of <c>old</c>
/// and embeddings of <c>vec</c>; <c>a</c> speaks Anthropic's and serves <c>c</c>.
/// </summary>
internal sealed class CacheScene : IAsyncDisposable
{
    public required CoreHost Host { get; init; }

    public required TalkingProvider O { get; init; }

    public required TalkingProvider A { get; init; }

    /// <summary>Calls that wait for the answer to another.</summary>
    public int Waiting => Host.Services.GetRequiredService<Flights>().Waiting;

    public static async Task<CacheScene> StartAsync(string? policy = null, CoreHost? on = null)
    {
        var scene = new CacheScene
        {
            Host = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" }, on),
            O = await TalkingProvider.StartAsync(),
            A = await TalkingProvider.StartAsync(),
        };
        await scene.PutAsync("providers", RoutingScene.Row("o", scene.O.Address, 1, "", "m", "n", "old").Replace(
            "\"models\":[", "\"models\":[{\"id\":\"vec\",\"kind\":\"embedding\",\"price_as\":\"openai/text-embedding-3-small\"},", StringComparison.Ordinal));
        await scene.PutAsync("providers", RoutingScene.Row("a", scene.A.Address, 1, "\"wire_format\":\"anthropic\",", "c"));
        if (policy is not null)
        {
            await scene.PutAsync("cache/policies", policy);
        }

        return scene;
    }

    /// <summary>The product after a restart, or another instance of it: on the same stores, with the same rows at providers that are others.</summary>
    public static async Task<CacheScene> RestartAsync(CacheScene scene) => new()
    {
        Host = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" }, scene.Host),
        O = scene.O,
        A = scene.A,
        IsRestarted = true,
    };

    /// <summary>Whether the providers are another scene's.</summary>
    private bool IsRestarted { get; init; }

    /// <summary>Makes something of the configuration; its id.</summary>
    public async Task<string> PutAsync(string kind, string json)
    {
        var created = await Host.Admin.PostAsync($"/control/v1/{kind}", json);
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        return created.Json.Text("id");
    }

    /// <summary>Asks with a body at a path below <c>/v1/</c>.</summary>
    public async Task<Told> SendAsync(string path, string json, HttpClient? client = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/" + path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        var answer = await (client ?? Host.Caller).SendAsync(request, TestContext.Current.CancellationToken);
        return new Told(answer, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Asks a question of <c>m</c> that does not vary.</summary>
    public Task<Told> AskAsync(string question, string more = "", HttpClient? client = null, params (string Name, string Value)[] headers) =>
        SendAsync("chat/completions", Chat("m", question, more), client, headers);

    /// <summary>A conversation of one question that does not vary.</summary>
    public static string Chat(string model, string question, string more = "") =>
        $$"""{"model":"{{model}}","temperature":0,{{more}}"messages":[{"role":"user","content":{{JsonSerializer.Serialize(question)}} }]}""";

    /// <summary>What was written down of an answer.</summary>
    public Task<UsageEvent> UsageAsync(Told told) => Host.Stream.OfAsync(told.Message);

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        if (IsRestarted)
        {
            return;
        }

        await O.DisposeAsync();
        await A.DisposeAsync();
    }
}

/// <summary>An answer.</summary>
internal sealed record Told(HttpResponseMessage Message, string Text)
{
    /// <summary>What the cache had to do with it.</summary>
    public string? Cache => Header("x-cache");

    /// <summary>What it says in a conversation.</summary>
    public string? Says => Json.TryGetProperty("choices", out var choices)
        ? choices[0].TryGetProperty("message", out var message) ? message.GetProperty("content").GetString() : choices[0].GetProperty("text").GetString()
        : Json.GetProperty("content")[0].GetProperty("text").GetString();

    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public string? Header(string name) => Message.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;
}
