using System.Buffers;

namespace AiOrchestrator.Core.Gateway;

/// <summary>
/// Writes a comment into a stream that has been silent for too long, so that nothing between here and the client takes it for dead. It writes only
/// while the relay waits for its provider: they take turns.
/// </summary>
internal sealed class KeepAlive : IDisposable
{
    /// <summary>A look is taken so many times in the silence that is allowed.</summary>
    private const int LooksPerSilence = 4;

    private static readonly byte[] Comment = ": keep-alive\n\n"u8.ToArray();

    private readonly SemaphoreSlim _turn = new(0, 1);
    private readonly Exchange _exchange;
    private readonly AnswerOutput _output;
    private readonly ITimer? _timer;
    private int _silentLooks;

    /// <param name="exchange">Whose answer it is.</param>
    /// <param name="output">Where it is written to.</param>
    /// <param name="silenceMs">How long a stream may be silent, in milliseconds; 0 for ever.</param>
    /// <param name="time">The clock.</param>
    public KeepAlive(Exchange exchange, AnswerOutput output, int silenceMs, TimeProvider time)
    {
        _exchange = exchange;
        _output = output;
        var look = TimeSpan.FromMilliseconds(Math.Max(1, silenceMs / LooksPerSilence));
        _timer = silenceMs == 0 ? null : time.CreateTimer(static state => ((KeepAlive)state!).Look(), this, look, look);
    }

    /// <summary>Waits for the provider; meanwhile comments may be written.</summary>
    public async ValueTask<int> WaitAsync(ValueTask<int> read)
    {
        if (read.IsCompletedSuccessfully || _timer is null)
        {
            return await read;
        }

        _turn.Release();
        try
        {
            return await read;
        }
        finally
        {
            await _turn.WaitAsync(CancellationToken.None);
        }
    }

    /// <summary>The client was sent something.</summary>
    public void Wrote() => Volatile.Write(ref _silentLooks, 0);

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        if (Interlocked.Increment(ref _silentLooks) >= LooksPerSilence && _turn.Wait(0, CancellationToken.None))
        {
            Wrote();
            _ = CommentAsync();
        }
    }

    private async Task CommentAsync()
    {
        try
        {
            _output.Write(Comment);
            _output.Flushed();
            await _exchange.Context.Response.BodyWriter.FlushAsync(_exchange.Watch!.Token);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            // The client has gone or the call is cut, which the relay notices by itself.
        }
        finally
        {
            _turn.Release();
        }
    }
}
