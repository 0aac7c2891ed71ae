using System.Net;
using System.Security.Cryptography;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers;

/// <summary>
/// The caller's body with its edits, written upstream without being copied together. Nothing of it leaves before the start of the call
/// is durable: connecting and writing headers into the connection's buffer overlap with the journal's commit, the body does not.
/// </summary>
internal sealed class UpstreamBody : HttpContent
{
    private const int LargeBytes = 64 * 1024;

    private readonly ReadOnlyMemory<byte> _body;
    private readonly IReadOnlyList<Edit> _edits;
    private readonly ValueTask<bool> _mayStart;
    private readonly long _length;
    private bool _startTaken;

    /// <param name="body">The caller's body.</param>
    /// <param name="edits">In order of place, not overlapping.</param>
    /// <param name="contentType">What the body is.</param>
    /// <param name="mayStart">Awaited once before the first byte; false refuses.</param>
    public UpstreamBody(ReadOnlyMemory<byte> body, IReadOnlyList<Edit> edits, string contentType, ValueTask<bool> mayStart)
    {
        _body = body;
        _edits = edits;
        _mayStart = mayStart;
        _length = body.Length;
        foreach (var edit in edits)
        {
            _length += edit.With.Length - edit.At.Length;
        }

        Headers.TryAddWithoutValidation("Content-Type", contentType);
    }

    /// <summary>Whether the start was refused: then nothing was sent.</summary>
    public bool StartRefused { get; private set; }

    /// <summary>Whether any of the body may have been sent.</summary>
    public bool Sent { get; private set; }

    /// <summary>The SHA-256 of what is sent, for formats that sign it.</summary>
    public byte[] Sha256()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var at = 0;
        foreach (var edit in _edits)
        {
            hash.AppendData(_body.Span[at..edit.At.Start]);
            hash.AppendData(edit.With.Span);
            at = edit.At.End;
        }

        hash.AppendData(_body.Span[at..]);
        return hash.GetHashAndReset();
    }

    /// <summary>Takes the journal's answer where nothing else has: it may be taken only once, and must be.</summary>
    public async ValueTask StartTakenAsync()
    {
        if (!_startTaken)
        {
            _startTaken = true;
            StartRefused = !await _mayStart;
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (_startTaken)
        {
            throw new InvalidOperationException("a call that may have been sent is not sent again here");
        }

        _startTaken = true;
        if (!await _mayStart)
        {
            StartRefused = true;
            throw new IOException("the start of the call was not made durable");
        }

        // Cut while it waited: nothing has left yet, and nothing will be billed.
        cancellationToken.ThrowIfCancellationRequested();
        Sent = true;
        if (_length > LargeBytes)
        {
            // Whoever said that the start is durable has others to tell: a long write must not keep it.
            await Task.Yield();
        }

        var at = 0;
        foreach (var edit in _edits)
        {
            await stream.WriteAsync(_body[at..edit.At.Start], cancellationToken);
            await stream.WriteAsync(edit.With, cancellationToken);
            at = edit.At.End;
        }

        await stream.WriteAsync(_body[at..], cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _length;
        return true;
    }
}
