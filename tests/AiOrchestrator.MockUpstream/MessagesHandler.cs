using System.Text;

namespace AiOrchestrator.MockUpstream;

/// <summary>
/// <c>POST /v1/messages</c> in Anthropic's wire format, whole and streamed: what a translating gateway is measured against. Says the same words as
/// chat does; a text of the request may say how many, and how far apart: <c>@tokens=200,delay_ms=10@</c>.
/// </summary>
internal sealed class MessagesHandler(MockState state)
{
    public async Task HandleAsync(Exchange exchange, ReadOnlyMemory<byte> body)
    {
        var request = ChatRequest.Parse(body.Span);
        var behaviour = Steering(body.Span) is { } steering ? MockBehaviour.FromModel("steered@" + steering) : request.Behaviour;
        var count = Math.Min(behaviour.Tokens, request.MaxTokens);
        var number = state.NextCall();
        if (request.Stream)
        {
            await StreamAsync(exchange, request, number, count, behaviour.DelayMs);
        }
        else
        {
            Whole(exchange, request, number, count);
        }
    }

    private static void Whole(Exchange exchange, ChatRequest request, long number, int count)
    {
        var json = new Utf8Out(4096);
        Head(json, request, number).Raw("\"content\":[{\"type\":\"text\",\"text\":\""u8);
        for (var i = 0; i < count; i++) json.Raw(AnswerPlan.Said(i));
        json.Raw("\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":"u8);
        Usage(json, request, count).Raw("}"u8);
        exchange.Answer(200, "application/json", json.Written.Span);
    }

    private static async Task StreamAsync(Exchange exchange, ChatRequest request, long number, int count, int delayMs)
    {
        exchange.Start(200, "text/event-stream; charset=utf-8", length: null);
        var json = new Utf8Out(1024);
        json.Raw("event: message_start\ndata: {\"type\":\"message_start\",\"message\":"u8);
        Head(json, request, number).Raw("\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":"u8);
        Usage(json, request, 1).Raw("}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"u8);
        await exchange.WriteAsync(json.Written);
        for (var i = 0; i < count; i++)
        {
            if (delayMs > 0 && i > 0) await Task.Delay(delayMs, exchange.PeerGone);
            json.Clear();
            json.Raw("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\""u8)
                .Raw(AnswerPlan.Said(i)).Raw("\"}}\n\n"u8);
            await exchange.WriteAsync(json.Written);
        }

        json.Clear();
        json.Raw("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":"u8);
        Usage(json, request, count).Raw("}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"u8);
        await exchange.WriteAsync(json.Written);
    }

    private static Utf8Out Head(Utf8Out json, ChatRequest request, long number) =>
        json.Raw("{\"id\":\"msg_mock_"u8).Number(number).Raw("\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\""u8).Text(request.Model).Raw("\","u8);

    private static Utf8Out Usage(Utf8Out json, ChatRequest request, int count) =>
        json.Raw("{\"input_tokens\":"u8).Number(request.PromptTokens).Raw(",\"output_tokens\":"u8).Number(count).Raw("}"u8);

    private static string? Steering(ReadOnlySpan<byte> body)
    {
        var from = body.IndexOf("@tokens="u8);
        if (from < 0) return null;
        var length = body[(from + 1)..].IndexOf((byte)'@');
        return length < 0 ? null : Encoding.ASCII.GetString(body.Slice(from + 1, length));
    }
}
