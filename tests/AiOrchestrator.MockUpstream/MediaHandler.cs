using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace AiOrchestrator.MockUpstream;

/// <summary>
/// Images, speech and transcriptions. The ledger's completion tokens are images drawn, kilobytes spoken or tokens written; what of them is
/// reported depends on the model, as at OpenAI: <c>gpt-…</c> report tokens, the older ones nothing but seconds heard.
/// </summary>
internal sealed class MediaHandler(MockState state)
{
    private const int HeardTokensPerSecond = 10;

    public Task ImagesAsync(Exchange exchange, ReadOnlyMemory<byte> body) =>
        RunAsync(exchange, MediaCall.OfJson(body), (call, entry) => DrawAsync(exchange, call, entry));

    public Task SpeechAsync(Exchange exchange, ReadOnlyMemory<byte> body) =>
        RunAsync(exchange, MediaCall.OfJson(body), (call, entry) => SpeakAsync(exchange, call, entry));

    public Task TranscriptionAsync(Exchange exchange, ReadOnlyMemory<byte> body) =>
        RunAsync(exchange, MediaCall.OfForm(body, exchange.Request.Headers.ContentType.ToString()), (call, entry) => WriteDownAsync(exchange, call, entry));

    private async Task RunAsync(Exchange exchange, MediaCall call, Func<MediaCall, LedgerEntry?, Task> answer)
    {
        var number = state.NextCall();
        var id = exchange.Request.Headers["x-request-id"].FirstOrDefault() ?? "call-" + number.ToString(CultureInfo.InvariantCulture);
        var entry = state.Ledger.Begin(id, call.Model, stream: call.Text("stream") is "true", PromptTokens(call));
        exchange.ResponseHeaders["x-request-id"] = "req_mock_" + number.ToString(CultureInfo.InvariantCulture);
        try
        {
            if (call.Behaviour.FirstDelayMs > 0) await Task.Delay(call.Behaviour.FirstDelayMs, exchange.PeerGone);
            if (call.Behaviour.Fail is { } failure && state.Failures.ShouldFail(failure, id))
            {
                entry?.Close(CallState.Failed);
                MockFailures.Answer(exchange, failure);
                return;
            }

            await answer(call, entry);
        }
        catch (OperationCanceledException)
        {
            // The only token in use is the peer's: it has gone, and the ledger says when.
            state.Ledger.Aborted(entry);
        }
    }

    private static async Task DrawAsync(Exchange exchange, MediaCall call, LedgerEntry? entry)
    {
        var n = call.Number("n", 1);
        entry?.AddTokens(n);
        var image = $"{{\"b64_json\":\"{Convert.ToBase64String(Encoding.UTF8.GetBytes(new string('p', 300)))}\"}}";
        var reports = call.Model.StartsWith("gpt-", StringComparison.Ordinal);
        var size = call.Text("size") is { } asked and not "auto" ? asked : "1024x1024";
        var quality = call.Text("quality") is { } wanted and not "auto" ? wanted : "medium";
        var usage = Usage(call, entry, reports ? ImageTokens(PromptTokens(call), (quality is "low" ? 272 : quality is "high" ? 4160 : 1056) * n) : null);
        var made = reports ? $",\"background\":\"opaque\",\"output_format\":\"png\",\"size\":\"{size}\",\"quality\":\"{quality}\"" : "";
        if (call.Text("stream") is "true")
        {
            await EventsAsync(exchange, entry,
            [
                .. Enumerable.Range(0, call.Number("partial_images", 0)).Select(i => $"{{\"type\":\"image_generation.partial_image\",\"b64_json\":\"cA==\",\"created_at\":1700000000,\"partial_image_index\":{i}{made}}}"),
                $"{{\"type\":\"image_generation.completed\",\"b64_json\":\"cA==\",\"created_at\":1700000000{made}{usage}}}",
            ]);
            return;
        }

        await WholeAsync(exchange, entry, "application/json", $"{{\"created\":1700000000,\"data\":[{string.Join(',', Enumerable.Repeat(image, n))}]{made}{usage}}}");
    }

    private static async Task SpeakAsync(Exchange exchange, MediaCall call, LedgerEntry? entry)
    {
        var behaviour = call.Behaviour;
        if (call.Text("stream_format") is "sse")
        {
            var usage = Usage(call, entry, Tokens(PromptTokens(call), behaviour.Tokens, "input_token_details", "text_tokens", PromptTokens(call)));
            await EventsAsync(exchange, entry, ["{\"type\":\"speech.audio.delta\",\"audio\":\"cA==\"}", $"{{\"type\":\"speech.audio.done\"{usage}}}"]);
            return;
        }

        exchange.Dribble = behaviour.Dribble;
        exchange.Start(200, "audio/mpeg", length: null);
        await exchange.FlushHeadersAsync();
        var piece = new byte[1024];
        Array.Fill(piece, (byte)'s');
        for (var i = 0; i < behaviour.Tokens; i++)
        {
            if (behaviour.DelayMs > 0 && i > 0) await Task.Delay(behaviour.DelayMs, exchange.PeerGone);
            if (i == behaviour.DieAfter)
            {
                entry?.Close(CallState.Died);
                await exchange.AbortAfterSendingAsync();
                return;
            }

            entry?.AddTokens(1);
            await exchange.WriteAsync(piece);
        }

        entry?.Close(CallState.Finished);
    }

    private static async Task WriteDownAsync(Exchange exchange, MediaCall call, LedgerEntry? entry)
    {
        const string Said = "Hello from the mock.";
        var seconds = Seconds(call.File.Span);
        entry?.AddTokens(call.Behaviour.Tokens);
        var heard = (int)Math.Ceiling(seconds * HeardTokensPerSecond);
        var usage = Usage(call, entry, call.Model.StartsWith("gpt-", StringComparison.Ordinal)
            ? Tokens(heard, call.Behaviour.Tokens, "input_token_details", "audio_tokens", heard)
            : $"{{\"type\":\"duration\",\"seconds\":{Math.Ceiling(seconds).ToString(CultureInfo.InvariantCulture)}}}");
        if (call.Text("stream") is "true")
        {
            await EventsAsync(exchange, entry, ["{\"type\":\"transcript.text.delta\",\"delta\":\"Hello\"}", $"{{\"type\":\"transcript.text.done\",\"text\":\"{Said}\"{usage}}}"]);
            return;
        }

        var (type, answer) = call.Text("response_format") switch
        {
            "text" => ("text/plain; charset=utf-8", Said + "\n"),
            "srt" => ("text/plain; charset=utf-8", $"1\n00:00:00,000 --> 00:00:01,000\n{Said}\n"),
            "verbose_json" => ("application/json", $"{{\"task\":\"transcribe\",\"language\":\"english\",\"duration\":{seconds.ToString("0.##", CultureInfo.InvariantCulture)},\"text\":\"{Said}\"{usage}}}"),
            _ => ("application/json", $"{{\"text\":\"{Said}\"{usage}}}"),
        };
        await WholeAsync(exchange, entry, type, answer);
    }

    private static async Task WholeAsync(Exchange exchange, LedgerEntry? entry, string type, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        exchange.Start(200, type, bytes.Length);
        await exchange.WriteAsync(bytes);
        entry?.Close(CallState.Finished);
    }

    private static async Task EventsAsync(Exchange exchange, LedgerEntry? entry, IReadOnlyList<string> events)
    {
        exchange.Start(200, "text/event-stream; charset=utf-8", length: null);
        foreach (var data in events)
        {
            await exchange.WriteAsync(Encoding.UTF8.GetBytes($"data: {data}\n\n"));
        }

        entry?.Close(CallState.Finished);
    }

    private static string Usage(MediaCall call, LedgerEntry? entry, string? usage)
    {
        usage = call.Behaviour.NoUsage ? null : call.Behaviour.Usage?.GetRawText() ?? usage;
        entry?.ReportedUsage = usage;
        return usage is null ? "" : $",\"usage\":{usage}";
    }

    private static string Tokens(int input, int output, string details, string part, int partTokens) =>
        $"{{\"type\":\"tokens\",\"input_tokens\":{input},\"output_tokens\":{output},\"total_tokens\":{input + output},\"{details}\":{{\"{part}\":{partTokens}}}}}";

    private static string ImageTokens(int input, int output) =>
        $"{{\"input_tokens\":{input},\"output_tokens\":{output},\"total_tokens\":{input + output},\"input_tokens_details\":{{\"image_tokens\":0,\"text_tokens\":{input}}}}}";

    private static int PromptTokens(MediaCall call) => MockTokens.Text(Encoding.UTF8.GetByteCount(call.Text("prompt") ?? call.Text("input") ?? ""));

    /// <summary>Of a WAV file with the usual 44 bytes of header; others count a second for each 1,000 bytes.</summary>
    private static double Seconds(ReadOnlySpan<byte> file) => file.StartsWith("RIFF"u8) && file.Length > 44
        ? (file.Length - 44) / (double)BinaryPrimitives.ReadUInt32LittleEndian(file[28..])
        : file.Length / 1000.0;
}
