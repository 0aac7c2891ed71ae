using System.Buffers;
using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Providers.Registry;

namespace AiOrchestrator.Core.Providers;

/// <summary>An answer to the gateway itself, read to its end.</summary>
/// <param name="Status">The status.</param>
/// <param name="Body">The body; cut off after 8 MiB.</param>
/// <param name="Latency">From sending to the answer's headers.</param>
internal readonly record struct TalkAnswer(HttpStatusCode Status, byte[] Body, TimeSpan Latency)
{
    /// <summary>Whether it is a good one.</summary>
    public bool IsGood => (int)Status is >= 200 and < 300;

    /// <summary>Whether there is no such thing at the provider as was asked for.</summary>
    public bool IsNothing => Status is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented;
}

/// <summary>
/// What the gateway says to a provider on its own account: to test it, to probe it, to ask for its models. No caller is behind it, so no wallet is
/// charged and no usage told.
/// </summary>
internal sealed class ProviderTalk(TimeProvider time)
{
    private const int MaxAnswerBytes = 8 << 20;

    /// <summary>A request with all a provider's row says of requests.</summary>
    public static HttpRequestMessage Message(Provider provider, HttpMethod method, Uri uri)
    {
        var message = new HttpRequestMessage(method, uri)
        {
            Version = uri.Scheme == Uri.UriSchemeHttps ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        provider.Format.AddHeaders(provider, message.Headers, static _ => null);
        message.Headers.TryAddWithoutValidation("Accept", "application/json");
        message.Headers.TryAddWithoutValidation("User-Agent", "AiOrchestrator");
        UpstreamRow.Apply(provider, message);
        return message;
    }

    /// <summary>Sends a request and reads the answer.</summary>
    /// <param name="message">The request.</param>
    /// <param name="connection">On what.</param>
    /// <param name="reached">Told once an answer has begun, with the time it took; the rest of it may still fail.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<TalkAnswer> SendAsync(HttpRequestMessage message, HttpMessageInvoker connection, Action<TimeSpan>? reached, CancellationToken cancellation)
    {
        var sent = time.GetTimestamp();
        using var answer = await connection.SendAsync(message, cancellation);
        var latency = time.GetElapsedTime(sent);
        reached?.Invoke(latency);
        var stream = await answer.Content.ReadAsStreamAsync(cancellation);
        await using (stream)
        {
            var body = new MemoryStream();
            var piece = new byte[16 << 10];
            int read;
            while (body.Length <= MaxAnswerBytes && (read = await stream.ReadAsync(piece, cancellation)) > 0)
            {
                body.Write(piece, 0, read);
            }

            return new TalkAnswer(answer.StatusCode, body.ToArray(), latency);
        }
    }

    /// <summary>Asks a model for one token of a conversation: the one thing here that a provider bills.</summary>
    public async Task<TalkAnswer> GreetAsync(
        Provider provider, ServedModel model, HttpMessageInvoker connection, Action<TimeSpan>? reached, CancellationToken cancellation)
    {
        using var message = Message(provider, HttpMethod.Post, provider.Format.UriOf(provider, model, stream: false));
        using var asked = new UpstreamBody(Greeting(provider, model), [], "application/json", new ValueTask<bool>(true));
        message.Content = asked;
        provider.Format.Sign(provider, message, asked, time.GetUtcNow());
        return await SendAsync(message, connection, reached, cancellation);
    }

    /// <summary>The model that a provider is greeted at; null where it has none for conversations.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="known">What is known of models: one that has ended is not called.</param>
    /// <param name="unixMs">When.</param>
    public static ServedModel? ModelFor(Provider provider, ModelMap known, long unixMs) =>
        !provider.Format.HasChat ? null : provider.Models.FirstOrDefault(m => m.Price.Kind == Metering.ModelKind.Chat && !m.Completes && !known.LifeOf(provider, m).IsDeadAt(unixMs));

    /// <summary>What an answer that is an error says; null where that cannot be read.</summary>
    public static ProviderError? Said(Provider provider, byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return provider.Format.ReadError(document.RootElement) ?? OpenAiErrorReader.Read(document.RootElement);
        }
        catch (JsonException)
        {
            // Not JSON: the status says enough.
            return null;
        }
    }

    /// <summary>A conversation in the provider's format.</summary>
    private static ReadOnlyMemory<byte> Greeting(Provider provider, ServedModel model)
    {
        using var request = new ChatRequest(JsonDocument.Parse("""{"model":"test","messages":[{"role":"user","content":"Hi"}],"max_tokens":1}"""));
        var body = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(body, ChatJson.Writing))
        {
            if ((OpenAiChatDialect.Instance.Read(request.Root, request) ?? provider.Format.Write(request, new UpstreamTerms(model, 1, Stream: false), writer, [])) is { } failure)
            {
                throw new InvalidOperationException($"a greeting cannot be said in '{provider.WireFormat}': {failure.Code}");
            }
        }

        if (provider.Quirks is not { } quirks)
        {
            return body.WrittenMemory;
        }

        var edited = new ArrayBufferWriter<byte>(body.WrittenCount);
        var at = 0;
        foreach (var edit in OpenAiMemberEdits.Add(body.WrittenSpan, quirks, [], dropped: null))
        {
            edited.Write(body.WrittenSpan[at..edit.At.Start]);
            edited.Write(edit.With.Span);
            at = edit.At.End;
        }

        edited.Write(body.WrittenSpan[at..]);
        return edited.WrittenMemory;
    }
}
