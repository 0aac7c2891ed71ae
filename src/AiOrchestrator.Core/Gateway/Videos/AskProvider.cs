using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using AiOrchestrator.Core.Gateway.Stages;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;

namespace AiOrchestrator.Core.Gateway.Videos;

/// <summary>A provider's answer about a job that is still to be read, and what ends it when it takes too long.</summary>
internal sealed class UpstreamAnswer(UpstreamClient client, CallWatch watch) : IDisposable
{
    public HttpResponseMessage? Message { get; set; }

    public CallWatch Watch => watch;

    public void Dispose()
    {
        Message?.Dispose();
        client.Leave();
        watch.Dispose();
    }
}

/// <summary>Asks the provider of a job about it. Costs nothing, so nothing is held.</summary>
internal sealed class AskProvider(ProviderDirectory providers, UpstreamClients clients, DrainPlaces places, Drain drain, TimeProvider time)
{
    private const int MaxAnswerBytes = 1024 * 1024;

    private static readonly ClientGoneRule Cancel = new(ClientGoneAction.Cancel, 0, 0);

    /// <summary>The job's provider and model as they are served now; null where they are not any more.</summary>
    public static Route? RouteOf(ProviderSnapshot providers, VideoJob job) =>
        ProviderOf(providers, job) is { } provider && provider.Models.FirstOrDefault(m => m.Id == job.Model) is { } model ? new Route(provider, model) : null;

    /// <summary>Where the job is at its provider.</summary>
    public static Uri UriOf(Provider provider, VideoJob job, string suffix) => new(provider.BaseUrl, $"videos/{job.UpstreamId}{suffix}");

    /// <summary>Who we are to a provider.</summary>
    public static void Authorize(Provider provider, HttpRequestHeaders headers)
    {
        provider.Format.AddHeaders(provider, headers, static _ => null);
        headers.TryAddWithoutValidation("User-Agent", "AiOrchestrator");
    }

    /// <summary>The whole answer, a JSON object.</summary>
    public async Task<Result<JsonDocument>> ReadAsync(VideoJob job, HttpMethod method, CancellationToken cancellation)
    {
        var sent = await SendAsync(job, method, suffix: "", cancellation);
        if (sent.Failed)
        {
            return sent.Failure;
        }

        using var answer = sent.Value;
        try
        {
            await answer.Message!.Content.LoadIntoBufferAsync(MaxAnswerBytes, answer.Watch.Token);
            var document = JsonDocument.Parse(await answer.Message.Content.ReadAsByteArrayAsync(answer.Watch.Token));
            return document.RootElement.ValueKind == JsonValueKind.Object ? document : new UpstreamInvalid(job.Provider, "an answer that is not a JSON object");
        }
        catch (JsonException)
        {
            // What a provider sends is outside our control.
            return new UpstreamInvalid(job.Provider, "an answer that is not a JSON object");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            return new UpstreamFailed(job.Provider, 0);
        }
    }

    /// <summary>The beginning of an answer; whoever gets it disposes of it.</summary>
    public async Task<Result<UpstreamAnswer>> SendAsync(VideoJob job, HttpMethod method, string suffix, CancellationToken cancellation)
    {
        if (ProviderOf(providers.Current, job) is not { } provider)
        {
            return new VideoProviderGone(job.Provider);
        }

        var client = clients.For(provider);
        if (!client.TryEnter())
        {
            return new ProviderAtCapacity(provider.Id);
        }

        var answer = new UpstreamAnswer(client, new CallWatch(time, provider.Timeouts, Cancel, places, cancellation, drain.Over));
        if (await TryAsync(answer, client, provider, UriOf(provider, job, suffix), method) is { } failure)
        {
            answer.Dispose();
            return failure;
        }

        return answer;
    }

    private static async Task<ApiFailure?> TryAsync(UpstreamAnswer answer, UpstreamClient client, Provider provider, Uri uri, HttpMethod method)
    {
        using var message = new HttpRequestMessage(method, uri)
        {
            Version = uri.Scheme == Uri.UriSchemeHttps ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        Authorize(provider, message.Headers);
        try
        {
            answer.Message = await client.Invoker.SendAsync(message, answer.Watch.Token);
            return answer.Message.StatusCode == HttpStatusCode.NotFound ? new VideoNotFound()
                : answer.Message.IsSuccessStatusCode ? null
                : await UpstreamRefusal.ReadAsync(provider, answer.Message, isTranslated: false, answer.Watch.Token);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            return CallProvider.Classify(provider, answer.Watch.Reason, failure, sent: false);
        }
    }

    private static Provider? ProviderOf(ProviderSnapshot providers, VideoJob job) => providers.Providers.FirstOrDefault(p => p.Id == job.Provider);
}
