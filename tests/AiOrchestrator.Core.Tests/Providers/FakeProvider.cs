using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Tests.Providers;

/// <summary>A provider on a real socket that answers what a test says, goes away and comes back at the same address.</summary>
internal sealed class FakeProvider : IAsyncDisposable
{
    public const string Models = """{"object":"list","data":[{"id":"up"}]}""";

    public const string Completion =
        """{"id":"c","object":"chat.completion","created":1,"model":"up","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}}""";

    private WebApplication? _app;

    /// <summary>What it answers, by the path and query it is asked at. Models and completions where nothing else is said.</summary>
    public Func<string, (int Status, string Json)> Answer { get; set; } = Well;

    /// <summary>What it waits for before it answers, asked anew for each call; nothing where nothing is said.</summary>
    public Func<Task> Wait { get; set; } = static () => Task.CompletedTask;

    /// <summary>Headers of an answer that is 429: for how long it wants to be left alone.</summary>
    public Dictionary<string, string> Refusal { get; } = [];

    /// <summary>Where it is.</summary>
    public string Address { get; private set; } = "http://127.0.0.1:0";

    /// <summary>The paths and queries it was asked at, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    /// <summary>How often a completion was asked for.</summary>
    public int Calls => Asked.Count(static p => p.EndsWith("/chat/completions", StringComparison.Ordinal));

    /// <summary>As a provider answers that is well.</summary>
    public static (int Status, string Json) Well(string path) => (200, path.EndsWith("/chat/completions", StringComparison.Ordinal) ? Completion : Models);

    /// <summary>As one that answers nothing but a status.</summary>
    public static Func<string, (int Status, string Json)> Only(int status) => _ => (status, """{"error":{"message":"no","type":"t"}}""");

    public static async Task<FakeProvider> StartAsync(Func<string, (int Status, string Json)>? answer = null)
    {
        var provider = new FakeProvider();
        provider.Answer = answer ?? provider.Answer;
        await provider.ComeBackAsync();
        return provider;
    }

    /// <summary>Listens again where it did.</summary>
    public async Task ComeBackAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Address);
        _app = builder.Build();
        _app.Run(async context =>
        {
            var path = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
            Asked.Enqueue(path);
            await Wait().WaitAsync(context.RequestAborted);
            var (status, json) = Answer(path);
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            foreach (var (name, value) in status == 429 ? Refusal : [])
            {
                context.Response.Headers[name] = value;
            }

            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(json), context.RequestAborted);
        });
        await _app.StartAsync(TestContext.Current.CancellationToken);
        Address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
    }

    /// <summary>Nobody listens any more.</summary>
    public async Task GoAwayAsync()
    {
        await _app!.DisposeAsync();
        _app = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is { } app)
        {
            await app.DisposeAsync();
        }
    }
}
