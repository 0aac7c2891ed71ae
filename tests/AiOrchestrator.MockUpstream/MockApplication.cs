using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace AiOrchestrator.MockUpstream;

/// <summary>Reads a request whole and sends it to its handler.</summary>
internal sealed class MockApplication(MockState state) : IHttpApplication<IFeatureCollection>
{
    private const string Own = "/_mock/";
    private const string OneModel = "/v1/models/";

    private static readonly string[] Models =
    [
        "gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-5", "gpt-5-mini", "o3", "o4-mini",
        "text-embedding-3-small", "text-embedding-3-large", "dall-e-3", "gpt-image-1", "tts-1", "gpt-4o-mini-tts", "whisper-1", "gpt-4o-transcribe", "sora-2",
    ];

    private readonly ChatHandler _chat = new(state);
    private readonly EmbeddingsHandler _embeddings = new(state);
    private readonly MediaHandler _media = new(state);
    private readonly VideoHandler _videos = new(state);
    private readonly MessagesHandler _messages = new(state);

    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
        // Nothing is kept per request.
    }

    public async Task ProcessRequestAsync(IFeatureCollection context)
    {
        var exchange = new Exchange(context);
        if (exchange.Request.Path.StartsWith(Own, StringComparison.Ordinal))
        {
            OwnPages(exchange);
            return;
        }

        state.Stats.RequestStarted();
        try
        {
            var reader = exchange.RequestBody;
            var read = await reader.ReadAsync();
            while (!read.IsCompleted)
            {
                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                read = await reader.ReadAsync();
            }

            // One piece as a rule; a body in several is copied, since the JSON readers here take spans.
            ReadOnlyMemory<byte> body = read.Buffer.IsSingleSegment ? read.Buffer.First : read.Buffer.ToArray();
            try
            {
                await RouteAsync(exchange, body);
            }
            finally
            {
                // Also where the request is refused: Kestrel drops a connection whose body was left in hand, without announcing it.
                reader.AdvanceTo(read.Buffer.End);
            }
        }
        catch (Exception e) when (e is JsonException or BadRequestException or InvalidOperationException or FormatException)
        {
            // What the JSON readers throw at a member of the wrong type: the caller's fault, and says so.
            MockFailures.Answer(exchange, 400, "mock: " + e.Message);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The peer left while sending its body: there is nobody to answer.
            exchange.Abort();
        }
        finally
        {
            state.Stats.RequestEnded();
        }
    }

    private Task RouteAsync(Exchange exchange, ReadOnlyMemory<byte> body)
    {
        var request = exchange.Request;
        var path = request.Path;
        if (state.Recorder.Enabled)
            state.Recorder.Add(request.Method, path + request.QueryString, request.Headers, body.Span);
        switch (path)
        {
            case "/v1/chat/completions" when request.Method is "POST":
                return _chat.HandleAsync(exchange, body.Span);
            case "/v1/messages" when request.Method is "POST":
                return _messages.HandleAsync(exchange, body);
            case "/v1/embeddings" when request.Method is "POST":
                return _embeddings.HandleAsync(exchange, body);
            case "/v1/images/generations" when request.Method is "POST":
                return _media.ImagesAsync(exchange, body);
            case "/v1/audio/speech" when request.Method is "POST":
                return _media.SpeechAsync(exchange, body);
            case "/v1/audio/transcriptions" when request.Method is "POST":
                return _media.TranscriptionAsync(exchange, body);
            case var _ when path is "/v1/videos" || path.StartsWith("/v1/videos/", StringComparison.Ordinal):
                return _videos.HandleAsync(exchange, body, path);
            case "/v1/models" when request.Method is "GET":
                exchange.Answer(200, "application/json", Json(new { @object = "list", data = Models.Select(Model) }));
                return Task.CompletedTask;
            case var _ when request.Method is "GET"
                && path.StartsWith(OneModel, StringComparison.Ordinal)
                && Models.Contains(path[OneModel.Length..]):
                exchange.Answer(200, "application/json", Json(Model(path[OneModel.Length..])));
                return Task.CompletedTask;
            default:
                NotFound(exchange);
                return Task.CompletedTask;
        }
    }

    private void OwnPages(Exchange exchange)
    {
        byte[]? answer = null;
        switch (exchange.Request.Method, exchange.Request.Path)
        {
            case ("GET", "/_mock/ledger"):
                answer = state.Ledger.ToJson();
                break;
            case ("DELETE", "/_mock/ledger"):
                state.Ledger.Clear();
                break;
            case ("GET", "/_mock/requests"):
                answer = state.Recorder.ToJson();
                break;
            case ("DELETE", "/_mock/requests"):
                state.Recorder.Clear();
                break;
            case ("GET", "/_mock/stats"):
                answer = Json(state.Stats);
                break;
            default:
                NotFound(exchange);
                return;
        }

        exchange.Answer(200, "application/json", answer ?? "{}"u8);
    }

    private static void NotFound(Exchange exchange) =>
        MockFailures.Answer(exchange, 404, $"mock: no {exchange.Request.Method} {exchange.Request.Path}", "not_found");

    private static object Model(string id) => new { id, @object = "model", created = 1_700_000_000, owned_by = "mock" };

    private static byte[] Json(object value) => JsonSerializer.SerializeToUtf8Bytes(value, MockBehaviour.PageJson);
}
