using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>A provider on a real socket that answers every request with the same bytes, in pieces of a size, and keeps what it was asked.</summary>
internal sealed class RecordedUpstream : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RecordedUpstream(WebApplication app) => _app = app;

    /// <summary>Where it is.</summary>
    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>What it was asked, in order.</summary>
    public ConcurrentQueue<(string Path, Dictionary<string, string> Headers, string Body)> Asked { get; } = [];

    /// <summary>Lets an answer that is held go on.</summary>
    public TaskCompletionSource GoOn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts one.</summary>
    /// <param name="contentType">What it says it answers.</param>
    /// <param name="answer">What it answers.</param>
    /// <param name="pieceBytes">How many bytes it sends at a time; 0 for all at once.</param>
    /// <param name="status">With which status.</param>
    /// <param name="holdAt">The offset at which it waits for <see cref="GoOn"/>.</param>
    /// <param name="headers">More headers it answers with.</param>
    public static async Task<RecordedUpstream> StartAsync(
        string contentType, byte[] answer, int pieceBytes = 0, int status = 200, int holdAt = -1, params (string Name, string Value)[] headers)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var upstream = new RecordedUpstream(builder.Build());
        upstream._app.Run(async context =>
        {
            using var body = new StreamReader(context.Request.Body, Encoding.UTF8);
            var text = await body.ReadToEndAsync(context.RequestAborted);
            var asked = context.Request.Headers.ToDictionary(static h => h.Key, static h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            upstream.Asked.Enqueue((context.Features.Get<IHttpRequestFeature>()!.RawTarget, asked, text));
            context.Response.StatusCode = status;
            context.Response.ContentType = contentType;
            foreach (var (name, value) in headers)
            {
                context.Response.Headers[name] = value;
            }

            var from = 0;
            if (holdAt >= 0)
            {
                await context.Response.Body.WriteAsync(answer.AsMemory(0, holdAt), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await upstream.GoOn.Task.WaitAsync(context.RequestAborted);
                from = holdAt;
            }

            for (var at = from; at < answer.Length; at += Math.Max(1, pieceBytes))
            {
                await context.Response.Body.WriteAsync(answer.AsMemory(at, pieceBytes == 0 ? answer.Length - at : Math.Min(pieceBytes, answer.Length - at)), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                if (pieceBytes == 0)
                {
                    return;
                }
            }
        });
        await upstream._app.StartAsync(TestContext.Current.CancellationToken);
        return upstream;
    }

    /// <summary>Events as a provider frames them, named by their type where they have one.</summary>
    /// <param name="events">The data of each.</param>
    /// <param name="named">Whether events carry names.</param>
    /// <param name="newLine">How lines end.</param>
    public static byte[] Sse(IEnumerable<string> events, bool named, string newLine = "\n")
    {
        const string Type = "{\"type\":\"";
        var text = new StringBuilder();
        foreach (var data in events)
        {
            if (named && data.StartsWith(Type, StringComparison.Ordinal))
            {
                text.Append("event: ").Append(data.AsSpan(Type.Length, data.IndexOf('"', Type.Length) - Type.Length)).Append(newLine);
            }

            text.Append("data: ").Append(data).Append(newLine).Append(newLine);
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
