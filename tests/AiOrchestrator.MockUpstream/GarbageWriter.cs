using System.Text;

namespace AiOrchestrator.MockUpstream;

/// <summary>Answers no provider should give.</summary>
internal static class GarbageWriter
{
    private const long GiantBytes = 1L << 30;

    /// <summary>"Endless" ends here, should nobody hang up: 64 GiB.</summary>
    private const long EndlessBytes = 64L << 30;

    private static readonly byte[] Filler = [.. Enumerable.Repeat((byte)'x', 64 * 1024)];

    public static Task WriteAsync(ChatCall call, AnswerPlan plan, MockGarbage garbage)
    {
        var exchange = call.Exchange;
        exchange.Dribble = call.Behaviour.Dribble;
        return garbage switch
        {
            MockGarbage.Text => WholeAsync(exchange, "text/plain", "upstream connect error or disconnect/reset before headers"u8.ToArray()),
            MockGarbage.Html => WholeAsync(exchange, "text/html", "<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>"u8.ToArray()),
            MockGarbage.Empty => WholeAsync(exchange, Type(call), []),
            MockGarbage.TruncatedJson => WholeAsync(exchange, Type(call), Truncated(call, plan)),
            MockGarbage.InvalidUtf8 => WholeAsync(exchange, Type(call), InvalidUtf8(call, plan)),
            MockGarbage.EndlessEvent => FillAsync(exchange, "text/event-stream; charset=utf-8", "data: {\"id\":\""u8.ToArray(), EndlessBytes, []),
            MockGarbage.EndlessBody => FillAsync(exchange, "application/json", Open(call), EndlessBytes, []),
            MockGarbage.Giant => GiantAsync(call),
            _ => throw new BadRequestException($"garbage {garbage} is not known"),
        };
    }

    private static string Type(ChatCall call) => call.Request.Stream ? "text/event-stream; charset=utf-8" : "application/json";

    private static async Task WholeAsync(Exchange exchange, string type, byte[] body)
    {
        exchange.Start(200, type, body.Length);
        await exchange.WriteAsync(body);
    }

    private static byte[] Truncated(ChatCall call, AnswerPlan plan)
    {
        var json = new Utf8Out();
        if (call.Request.Stream) json.Raw("data: "u8);
        var start = json.Length;
        ChatJson.Whole(json, call, plan);
        json.Truncate(start + ((json.Length - start) / 2));
        if (call.Request.Stream) json.Raw("\n\n"u8);
        return json.Written.ToArray();
    }

    private static byte[] InvalidUtf8(ChatCall call, AnswerPlan plan)
    {
        // A first byte of two without its second, and a byte UTF-8 never has.
        byte[][] broken = [[0xC3, (byte)'(', 0xFF]];
        var bad = plan with { Pieces = broken, Count = 1, Tool = null };
        var json = new Utf8Out();
        if (!call.Request.Stream)
        {
            ChatJson.Whole(json, call, bad);
            return json.Written.ToArray();
        }

        ChatJson.ChunkHead(json, call);
        ChatJson.PieceDelta(json, 0, bad, 0);
        json.Raw("data: [DONE]\n\n"u8);
        return json.Written.ToArray();
    }

    private static byte[] Open(ChatCall call) =>
        Encoding.UTF8.GetBytes($"{{\"id\":\"chatcmpl-mock-{call.Number}\",\"object\":\"chat.completion\",\"choices\":"
            + "[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"");

    private static async Task GiantAsync(ChatCall call)
    {
        var head = Open(call);
        var tail = "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,\"total_tokens\":2}}"u8.ToArray();
        call.Exchange.ResponseHeaders.ContentLength = GiantBytes;
        await FillAsync(call.Exchange, "application/json", head, GiantBytes - head.Length - tail.Length, tail);
    }

    private static async Task FillAsync(Exchange exchange, string type, byte[] head, long fill, byte[] tail)
    {
        exchange.Start(200, type, length: null);
        await exchange.WriteAsync(head);
        for (var left = fill; left > 0; left -= Filler.Length)
            await exchange.WriteAsync(Filler.AsMemory(0, (int)Math.Min(left, Filler.Length)));
        await exchange.WriteAsync(tail);
    }
}
