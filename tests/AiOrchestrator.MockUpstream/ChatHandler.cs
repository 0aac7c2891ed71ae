namespace AiOrchestrator.MockUpstream;

/// <summary><c>POST /v1/chat/completions</c>: first what the request wants to go wrong, then the answer.</summary>
internal sealed class ChatHandler(MockState state)
{
    private static readonly TimeSpan LongestHang = TimeSpan.FromMinutes(10);

    [ThreadStatic]
    private static Utf8Out? _wholeBuffer;

    public Task HandleAsync(Exchange exchange, ReadOnlySpan<byte> body)
    {
        var request = ChatRequest.Parse(body);
        var number = state.NextCall();
        var id = request.MockId ?? exchange.Request.Headers["x-request-id"].FirstOrDefault() ?? request.User;
        var entry = state.Ledger.Enabled
            ? state.Ledger.Begin(id ??= "call-" + number, request.Model, request.Stream, request.PromptTokens)
            : null;
        var call = new ChatCall(exchange, request, entry, number, state.Time.GetUtcNow().ToUnixTimeSeconds());
        exchange.ResponseHeaders["x-request-id"] = "req_mock_" + number;
        if (!ReferenceEquals(request.Behaviour, MockBehaviour.Default) || request.Stream)
            return SteeredAsync(call, id ?? "");
        Plain(call);
        return Task.CompletedTask;
    }

    private static void Plain(ChatCall call)
    {
        var plan = AnswerPlan.For(call.Request);
        var json = _wholeBuffer ??= new Utf8Out(4096);
        json.Clear();
        ChatJson.Whole(json, call, plan);
        CountAll(call, plan);
        call.Exchange.Answer(200, "application/json", json.Written.Span);
        call.Entry?.Close(CallState.Finished);
    }

    private async Task SteeredAsync(ChatCall call, string id)
    {
        try
        {
            var plan = AnswerPlan.For(call.Request);
            var behaviour = call.Behaviour;
            if (behaviour.FirstDelayMs > 0) await Task.Delay(behaviour.FirstDelayMs, call.Exchange.PeerGone);
            foreach (var (name, value) in behaviour.Headers ?? new Dictionary<string, string>())
                call.Exchange.ResponseHeaders[name] = value;
            if (behaviour.Fail is { } failure && state.Failures.ShouldFail(failure, id)) Fail(call, failure);
            else if (behaviour.DieAfter < 0) Die(call);
            else if (behaviour.HangAfter < 0) await HangAsync(call);
            else if (behaviour.Garbage is { } garbage) await SendGarbageAsync(call, plan, garbage);
            else if (call.Request.Stream) await new ChatStream(call, plan).RunAsync();
            else await WholeAsync(call, plan);
        }
        catch (OperationCanceledException)
        {
            // The only token in use is the peer's: it has gone, and the ledger says when.
            state.Ledger.Aborted(call.Entry);
        }
        catch (BadRequestException)
        {
            call.Entry?.Close(CallState.Failed);
            throw;
        }
    }

    private static async Task WholeAsync(ChatCall call, AnswerPlan plan)
    {
        var behaviour = call.Behaviour;
        var json = new Utf8Out();
        ChatJson.Whole(json, call, plan);
        var exchange = call.Exchange;
        exchange.Dribble = behaviour.Dribble;
        exchange.Start(200, "application/json", json.Length);
        await exchange.FlushHeadersAsync();
        if ((behaviour.DieAfter ?? behaviour.HangAfter) is { } after)
        {
            // Half an answer: cut where that many of its tokens would be, roughly, but never whole.
            var cut = (int)((long)json.Length * Math.Min(after, plan.Count) / (plan.Count + 1));
            await exchange.WriteAsync(json.Written[..cut]);
            if (behaviour.DieAfter is null) await HangAsync(call);
            else await DieAfterSendingAsync(call);
            return;
        }

        CountAll(call, plan);
        await exchange.WriteAsync(json.Written);
        call.Entry?.Close(CallState.Finished);
    }

    private static void CountAll(ChatCall call, in AnswerPlan plan)
    {
        if (call.Entry is not { } entry) return;
        entry.AddTokens(plan.Count * call.Request.Choices);
        if (call.ReportsUsage) call.NoteUsage(plan);
    }

    private static void Fail(ChatCall call, MockFailure failure)
    {
        call.Entry?.Close(CallState.Failed);
        MockFailures.Answer(call.Exchange, failure);
    }

    private static async Task SendGarbageAsync(ChatCall call, AnswerPlan plan, MockGarbage garbage)
    {
        // Closed on both ways out: a peer that drops an endless body shows as aborted, written by the caller afterwards.
        call.Entry?.Close(CallState.Failed);
        await GarbageWriter.WriteAsync(call, plan, garbage);
    }

    private static void Die(ChatCall call)
    {
        call.Entry?.Close(CallState.Died);
        call.Exchange.Abort();
    }

    internal static async Task DieAfterSendingAsync(ChatCall call)
    {
        call.Entry?.Close(CallState.Died);
        await call.Exchange.AbortAfterSendingAsync();
    }

    /// <summary>Holds the connection until the peer drops it, at most ten minutes.</summary>
    internal static async Task HangAsync(ChatCall call)
    {
        await Task.Delay(LongestHang, call.Exchange.PeerGone);
        Die(call);
    }
}
