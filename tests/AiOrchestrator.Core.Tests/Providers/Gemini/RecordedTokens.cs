using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Tests.Providers.Gemini;

/// <summary>A token endpoint on a real socket: gives out <c>t1</c>, <c>t2</c> and so on, good for an hour, unless it is broken.</summary>
internal sealed class RecordedTokens : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _asked;

    private RecordedTokens(WebApplication app) => _app = app;

    /// <summary>Where it is.</summary>
    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>Whether it answers with an error; it counts on.</summary>
    public bool IsBroken { get; set; }

    public static async Task<RecordedTokens> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var tokens = new RecordedTokens(builder.Build());
        tokens._app.Run(async context =>
        {
            var number = Interlocked.Increment(ref tokens._asked);
            context.Response.StatusCode = tokens.IsBroken ? 500 : 200;
            await context.Response.WriteAsync($$"""{"access_token":"t{{number}}","expires_in":3600}""", context.RequestAborted);
        });
        await tokens._app.StartAsync(TestContext.Current.CancellationToken);
        return tokens;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
