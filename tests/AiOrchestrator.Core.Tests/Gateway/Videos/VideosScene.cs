using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform.Jobs;
using AiOrchestrator.Core.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Tests.Gateway.Videos;

/// <summary>The product on Kestrel and a provider of videos beside it, whose jobs are as a test says. A second of video costs 0.10 dollars.</summary>
internal sealed class VideosScene : IAsyncDisposable
{
    private readonly WebApplication _provider;
    private int _jobs;
    private int _delivered;

    private VideosScene(WebApplication provider) => _provider = provider;

    public CoreHost Host { get; private set; } = null!;

    /// <summary>What every job is said to be.</summary>
    public string Status { get; set; } = "queued";

    /// <summary>What the provider says of a new job beside its status.</summary>
    public string Made { get; set; } = "\"seconds\":\"4\",\"size\":\"720x1280\"";

    public string? NextId { get; set; }

    /// <summary>What it was asked: method, path and body.</summary>
    public ConcurrentQueue<(string What, string Body)> Asked { get; } = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<VideosScene> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var scene = new VideosScene(builder.Build());
        scene._provider.Run(scene.AnswerAsync);
        await scene._provider.StartAsync(Cancel);
        await scene.RestartAsync();
        return scene;
    }

    /// <summary>The instance is gone, and another goes on with what was stored.</summary>
    public async Task RestartAsync()
    {
        var before = Host;
        var address = _provider.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Host = await CoreHost.StartAsync(on: before);
        if (before is null)
        {
            await OkAsync(Host.Admin.PostAsync(
                "/control/v1/providers", $$"""{"id":"films","base_url":"{{address}}/v1","models":[{"id":"sora-2","upstream_id":"theirs","kind":"video"},{"id":"other","kind":"video"}]}"""));
            foreach (var model in (string[])["sora-2", "other"])
            {
                await OkAsync(Host.Admin.PostAsync("/control/v1/prices", $$$$"""{"model":"{{{{model}}}}","kind":"video","prices":{"usd_each":{"video_second/720x1280":"0.10","video_second/1024x1792":"0.30"}}}"""));
            }
        }
        else
        {
            await before.DisposeAsync();
        }
    }

    /// <summary>Begins a video.</summary>
    public async Task<string> FilmAsync(string members = "\"model\":\"other\"")
    {
        var answer = await OkAsync(Host.Caller.PostAsync("/v1/videos", $$"""{"prompt":"a cat",{{members}}}"""));
        return answer.Json.Text("id");
    }

    public async Task<Answer> LookAsync(string id) => await Http.GetAsync(Host.Caller, $"/v1/videos/{id}");

    /// <summary>Usage events of all calls that have ended reach the store.</summary>
    /// <param name="calls">How many there are in all.</param>
    public async Task DeliverAsync(int calls)
    {
        var ended = 0;
        await foreach (var batch in Host.Stream.ReadAsync(0, Cancel))
        {
            ended += batch.Entries.Count(static e => e.Usage is not null);
            if (batch.Position > _delivered)
            {
                await Host.Usage.StoreAsync([batch], Cancel);
                _delivered = (int)batch.Position;
            }

            if (ended == calls)
            {
                return;
            }
        }
    }

    /// <summary>A minute passes, and what is due is done.</summary>
    public async Task MinuteAsync(int minutes = 1)
    {
        for (var i = 0; i < minutes; i++)
        {
            Host.Time.Advance(TimeSpan.FromMinutes(1));
            await Host.Services.GetRequiredService<JobRunner>().RunDueAsync(Cancel);
        }
    }

    public async Task<string> SpentAsync() => (await Http.GetAsync(Host.Caller, "/v1/wallet/balance")).Json.Text("spent_usd");

    /// <summary>What was given back by the lines of the statement, one for each wallet.</summary>
    public IReadOnlyList<long> Refunds() => [.. Host.Wallets.Lines.Where(static l => l.Kind == "rerated").Select(static l => l.AmountNanoUsd)];

    /// <summary>How often it was asked for something; probes of its health are nobody's asking.</summary>
    public int Count(string what) => Asked.Count(a => a.What.StartsWith(what, StringComparison.Ordinal) && a.What != "GET /v1/models");

    public UsageEvent Last => Host.Stream.Last;

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await _provider.DisposeAsync();
    }

    private static async Task<Answer> OkAsync(Task<Answer> asked)
    {
        var answer = await asked;
        Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.Created, answer.Text);
        return answer;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        using var reader = new StreamReader(request.Body);
        Asked.Enqueue(($"{request.Method} {request.Path}{request.QueryString}", await reader.ReadToEndAsync(Cancel)));
        if (request.Path.Value!.EndsWith("/content", StringComparison.Ordinal))
        {
            context.Response.ContentType = "video/mp4";
            await context.Response.WriteAsync("film", Cancel);
            return;
        }

        var id = request.Method == "POST" ? NextId ?? $"theirs{Interlocked.Increment(ref _jobs)}" : request.Path.Value.Split('/')[^1];
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync($$"""{"id":{{JsonSerializer.Serialize(id)}},"object":"video","status":"{{Status}}",{{Made}},"remixed_from_video_id":null,"error":null}""", Cancel);
    }
}
