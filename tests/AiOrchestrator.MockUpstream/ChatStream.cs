namespace AiOrchestrator.MockUpstream;

/// <summary>A streamed answer: role, one chunk per token and choice, finish, usage, <c>[DONE]</c>.</summary>
internal sealed class ChatStream(ChatCall call, AnswerPlan plan)
{
    private readonly Utf8Out _json = new(512);
    private readonly MockBehaviour _behaviour = call.Behaviour;
    private int _head;
    private int _sent;

    public async Task RunAsync()
    {
        var exchange = call.Exchange;
        exchange.Dribble = _behaviour.Dribble;
        exchange.Start(200, "text/event-stream; charset=utf-8", length: null);
        exchange.ResponseHeaders.CacheControl = "no-cache";
        await exchange.FlushHeadersAsync();
        if (await EndsHereAsync()) return;

        ChatJson.ChunkHead(_json, call);
        _head = _json.Length;
        await RolesAsync();
        for (var piece = 0; piece < plan.Count; piece++)
        {
            for (var choice = 0; choice < call.Request.Choices; choice++)
            {
                if (await PieceAsync(piece, choice)) return;
            }
        }

        await FinishAsync();
        call.Entry?.Close(CallState.Finished);
    }

    private async ValueTask RolesAsync()
    {
        for (var choice = 0; choice < call.Request.Choices; choice++)
        {
            ChatJson.RoleDelta(_json, call, choice, plan);
            await SendAsync();
        }
    }

    /// <summary>True when the stream ends with this piece, as told.</summary>
    private async ValueTask<bool> PieceAsync(int piece, int choice)
    {
        if (_behaviour.DelayMs > 0 && _sent > 0) await Task.Delay(_behaviour.DelayMs, call.Exchange.PeerGone);
        ChatJson.PieceDelta(_json, choice, plan, piece);
        // A peer seen gone gets nothing, so nothing is counted for it.
        call.Exchange.PeerGone.ThrowIfCancellationRequested();
        call.Entry?.AddTokens(1);
        await SendAsync();
        _sent++;
        return await EndsHereAsync();
    }

    private async ValueTask<bool> EndsHereAsync()
    {
        if (_sent == _behaviour.DieAfter)
        {
            await ChatHandler.DieAfterSendingAsync(call);
            return true;
        }

        if (_sent == _behaviour.HangAfter)
        {
            await ChatHandler.HangAsync(call);
            return true;
        }

        if (_sent != _behaviour.InBandError) return false;
        var error = new Utf8Out();
        error.Raw("data: "u8);
        ChatJson.Error(error, "mock in-band error", "server_error", "mock_in_band");
        error.Raw("\n\n"u8);
        await call.Exchange.WriteAsync(error.Written);
        call.Entry?.Close(CallState.Failed);
        return true;
    }

    private async ValueTask FinishAsync()
    {
        for (var choice = 0; choice < call.Request.Choices; choice++)
        {
            ChatJson.FinishDelta(_json, choice, plan);
            await SendAsync();
        }

        if (call.Request.IncludeUsage && call.ReportsUsage)
        {
            _json.Clear();
            ChatJson.UsageChunk(_json, call, plan);
            call.NoteUsage(plan);
            await call.Exchange.WriteAsync(_json.Written);
        }

        await call.Exchange.WriteAsync("data: [DONE]\n\n"u8.ToArray());
    }

    private async ValueTask SendAsync()
    {
        await call.Exchange.WriteAsync(_json.Written);
        _json.Truncate(_head);
    }
}
