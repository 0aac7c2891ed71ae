using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Providers.Health;
using AiOrchestrator.Core.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Providers.Health;

/// <summary>The product with two providers of one model, <c>a</c> before <c>b</c>, on real sockets, and a clock the test moves.</summary>
internal sealed class HealthScene : IAsyncDisposable
{
    private const string Ask = """{"model":"m","messages":[{"role":"user","content":"Hi"}]}""";

    public required CoreHost Host { get; init; }

    public required FakeProvider A { get; init; }

    public required FakeProvider B { get; init; }

    public HealthMonitor Monitor => Host.Services.GetRequiredService<HealthMonitor>();

    public static async Task<HealthScene> StartAsync(string membersOfA = "", Action<IServiceCollection>? compose = null)
    {
        var scene = new HealthScene { Host = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" }, compose: compose), A = await FakeProvider.StartAsync(), B = await FakeProvider.StartAsync() };
        await AddAsync(scene.Host, "a", scene.A.Address, 1, membersOfA);
        await AddAsync(scene.Host, "b", scene.B.Address, 2, "");
        await scene.TurnAsync();
        return scene;
    }

    public static string Row(string id, string address, int priority, string members, string models = "") =>
        $$"""{"id":"{{id}}",{{members}}"base_url":"{{address}}/v1","api_key_ref":"env:KEY","priority":{{priority}},"models":[{"id":"m","upstream_id":"up","price_as":"openai/gpt-4o"}{{models}}]}""";

    /// <summary>Time passes, second by second where it is long, and everything that is due is done.</summary>
    public async Task PassAsync(int seconds)
    {
        for (var i = 0; i < seconds; i += 10)
        {
            Host.Time.Advance(TimeSpan.FromSeconds(Math.Min(10, seconds - i)));
            await TurnAsync();
        }
    }

    public async Task TurnAsync()
    {
        await Monitor.TurnAsync(TestContext.Current.CancellationToken);
        await Monitor.ProbesAsync();
        await Monitor.TurnAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>A call; its status, once it is settled.</summary>
    public async Task<HttpStatusCode> CallAsync(string body = Ask)
    {
        var answer = await Host.Caller.PostAsync("/v1/chat/completions", body);
        _ = await Host.Stream.OfAsync(answer.Message);
        return answer.Status;
    }

    public async Task<JsonElement> HealthAsync(string provider)
    {
        var answer = await Http.GetAsync(Host.Admin, $"/control/v1/providers/{provider}/health");
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        return answer.Json;
    }

    public async Task<string> StatusAsync(string provider) => (await HealthAsync(provider)).Text("status");

    /// <summary>What changed, oldest first.</summary>
    public async Task<string> HistoryAsync(string provider)
    {
        var answer = await Http.GetAsync(Host.Admin, $"/control/v1/providers/{provider}/health/history");
        return string.Join(", ", answer.Json.GetProperty("data").EnumerateArray().Reverse().Select(
            static c => $"{c.Text("event")}{(c.GetProperty("model").GetString() is { } model ? " of " + model : "")} {c.Text("from")}-{c.Text("to")}"));
    }

    /// <summary>Alerts, oldest first.</summary>
    public async Task<string> AlertsAsync()
    {
        var answer = await Http.GetAsync(Host.Admin, "/control/v1/alerts");
        return string.Join(", ", answer.Json.GetProperty("data").EnumerateArray().Reverse().Select(static a => $"{a.Text("kind")} {a.Text("severity")}: {a.Text("subject")}"));
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await A.DisposeAsync();
        await B.DisposeAsync();
    }

    private static async Task AddAsync(CoreHost host, string id, string address, int priority, string members)
    {
        var created = await host.Admin.PostAsync("/control/v1/providers", Row(id, address, priority, members));
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
    }
}
