using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using AiOrchestrator.Core.Gateway.Stages;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;

namespace AiOrchestrator.Core.Gateway;

/// <summary>What is asked about something that lies at a provider: a job, a file, a stored answer.</summary>
/// <param name="ProviderId">Where it lies.</param>
/// <param name="Method">What is to be done.</param>
/// <param name="Path">Its path below the provider's base URL, and query.</param>
/// <param name="Missing">What the caller is told where the provider knows nothing of it.</param>
/// <param name="Gone">What the caller is told where the provider is not served any more.</param>
internal sealed record UpstreamQuestion(string ProviderId, HttpMethod Method, string Path, ApiFailure Missing, ApiFailure Gone)
{
    /// <summary>What is sent with it; whoever asks disposes of it.</summary>
    public HttpContent? Content { get; init; }

    /// <summary>The most that is read of an answer, bytes.</summary>
    public int MaxAnswerBytes { get; init; } = 1024 * 1024;
}

/// <summary>A provider's answer that is still to be read, and what ends it when it takes too long.</summary>
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

/// <summary>Asks a provider about what lies there. Costs nothing, so nothing is held.</summary>
internal sealed class AskProvider(ProviderDirectory providers, UpstreamClients clients, DrainPlaces places, Drain drain, TimeProvider time)
{
    private const int MaxIdLength = 256;

    private static readonly ClientGoneRule Cancel = new(ClientGoneAction.Cancel, 0, 0);

    /// <summary>A provider by its id; null where it is not served any more.</summary>
    public static Provider? Named(ProviderSnapshot providers, string id) => providers.Providers.FirstOrDefault(p => p.Id == id);

    /// <summary>What a provider calls something it speaks of; null where it does not say, or where that could not be a part of a path.</summary>
    /// <param name="answer">A JSON object.</param>
    /// <param name="member">The member that says it.</param>
    public static string? IdIn(JsonElement answer, string member = "id") =>
        answer.TryGetProperty(member, out var id) && id.ValueKind == JsonValueKind.String && id.GetString() is { Length: > 0 and <= MaxIdLength } text
        && char.IsAsciiLetterOrDigit(text[0]) && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-')
            ? text
            : null;

    /// <summary>Who we are to a provider.</summary>
    public static void Authorize(Provider provider, HttpRequestHeaders headers)
    {
        provider.Format.AddHeaders(provider, headers, static _ => null);
        headers.TryAddWithoutValidation("User-Agent", "AiOrchestrator");
    }

    /// <summary>The whole answer, a JSON object.</summary>
    public async Task<Result<JsonDocument>> ReadAsync(UpstreamQuestion question, CancellationToken cancellation)
    {
        var sent = await SendAsync(question, cancellation);
        if (sent.Failed)
        {
            return sent.Failure;
        }

        using var answer = sent.Value;
        try
        {
            await answer.Message!.Content.LoadIntoBufferAsync(question.MaxAnswerBytes, answer.Watch.Token);
            var document = JsonDocument.Parse(await answer.Message.Content.ReadAsByteArrayAsync(answer.Watch.Token));
            return document.RootElement.ValueKind == JsonValueKind.Object ? document : new UpstreamInvalid(question.ProviderId, "an answer that is not a JSON object");
        }
        catch (JsonException)
        {
            // What a provider sends is outside our control.
            return new UpstreamInvalid(question.ProviderId, "an answer that is not a JSON object");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            return new UpstreamFailed(question.ProviderId, 0);
        }
    }

    /// <summary>The beginning of an answer; whoever gets it disposes of it.</summary>
    public async Task<Result<UpstreamAnswer>> SendAsync(UpstreamQuestion question, CancellationToken cancellation)
    {
        if (Named(providers.Current, question.ProviderId) is not { } provider)
        {
            return question.Gone;
        }

        var client = clients.For(provider);
        if (!client.TryEnter())
        {
            return new ProviderAtCapacity(provider.Id);
        }

        var answer = new UpstreamAnswer(client, new CallWatch(time, provider.Timeouts, Cancel, places, cancellation, drain.Over));
        if (await TryAsync(answer, client, provider, question) is { } failure)
        {
            answer.Dispose();
            return failure;
        }

        return answer;
    }

    private static async Task<ApiFailure?> TryAsync(UpstreamAnswer answer, UpstreamClient client, Provider provider, UpstreamQuestion question)
    {
        var uri = new Uri(provider.BaseUrl, question.Path);
        using var message = new HttpRequestMessage(question.Method, uri)
        {
            Version = uri.Scheme == Uri.UriSchemeHttps ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            Content = question.Content,
        };
        Authorize(provider, message.Headers);
        UpstreamRow.Apply(provider, message);
        try
        {
            answer.Message = await client.Invoker.SendAsync(message, answer.Watch.Token);
            return answer.Message.StatusCode == HttpStatusCode.NotFound ? question.Missing
                : answer.Message.IsSuccessStatusCode ? null
                : await UpstreamRefusal.ReadAsync(provider, answer.Message, isTranslated: false, answer.Watch.Token);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            return CallProvider.Classify(provider, answer.Watch.Reason, failure, sent: false);
        }
    }
}
