using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace AiOrchestrator.MockUpstream;

/// <summary>One request and its response on bare Kestrel features.</summary>
internal sealed class Exchange(IFeatureCollection features)
{
    /// <summary>
    /// Kestrel hands bytes to its transport when a flush returns; a reset right after would throw the last ones away.
    /// </summary>
    private static readonly TimeSpan SettleBeforeAbort = TimeSpan.FromMilliseconds(20);

    private readonly IHttpResponseFeature _response = features.GetRequiredFeature<IHttpResponseFeature>();
    private readonly IHttpResponseBodyFeature _body = features.GetRequiredFeature<IHttpResponseBodyFeature>();
    private uint _dribbleSeed = 1;

    public IHttpRequestFeature Request { get; } = features.GetRequiredFeature<IHttpRequestFeature>();

    public IHeaderDictionary ResponseHeaders => _response.Headers;

    public CancellationToken PeerGone => features.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted;

    public PipeReader RequestBody => features.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;

    public PipeWriter Writer => _body.Writer;

    /// <summary>Write in pieces of 1 to 7 bytes.</summary>
    public bool Dribble { get; set; }

    public void Start(int status, string contentType, long? length)
    {
        _response.StatusCode = status;
        var headers = _response.Headers;
        headers.ContentType = contentType;
        if (length is not null && !Dribble) headers.ContentLength = length;
    }

    public Task FlushHeadersAsync() => _body.StartAsync(PeerGone);

    /// <summary>A whole response in one go, not waiting for the peer.</summary>
    public void Answer(int status, string contentType, ReadOnlySpan<byte> body)
    {
        Start(status, contentType, body.Length);
        var writer = Writer;
        body.CopyTo(writer.GetSpan(body.Length));
        writer.Advance(body.Length);
    }

    /// <exception cref="OperationCanceledException">The peer has gone.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        var gone = PeerGone;
        gone.ThrowIfCancellationRequested();
        if (!Dribble)
        {
            await Writer.WriteAsync(bytes, gone);
            return;
        }

        while (!bytes.IsEmpty)
        {
            _dribbleSeed = unchecked((_dribbleSeed * 1664525u) + 1013904223u);
            var piece = Math.Min(bytes.Length, 1 + (int)((_dribbleSeed >> 16) % 7));
            await Writer.WriteAsync(bytes[..piece], gone);
            bytes = bytes[piece..];
            // Lets the transport send this piece before the next one joins it.
            await Task.Yield();
        }
    }

    public void Abort() => features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort();

    public async Task AbortAfterSendingAsync()
    {
        await Task.Delay(SettleBeforeAbort, CancellationToken.None);
        Abort();
    }
}
