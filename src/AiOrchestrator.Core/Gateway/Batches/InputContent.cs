using System.Net;
using System.Text;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>A checked file as the form a provider takes, written line by line from where it was put, with the provider's names; never in memory as a whole.</summary>
internal sealed class InputContent : HttpContent
{
    private readonly Func<CancellationToken, Task<Stream>> _open;
    private readonly CheckedInput _input;
    private readonly int _maxLineBytes;
    private readonly byte[] _before;
    private readonly byte[] _after;

    /// <param name="open">Opens the file.</param>
    /// <param name="input">What was found in it.</param>
    /// <param name="upload">What was sent beside it.</param>
    /// <param name="boundary">Between the parts of the form; random, so that it stands in no file.</param>
    /// <param name="maxLineBytes">The longest line.</param>
    public InputContent(Func<CancellationToken, Task<Stream>> open, CheckedInput input, Upload upload, string boundary, int maxLineBytes)
    {
        (_open, _input, _maxLineBytes) = (open, input, maxLineBytes);
        var before = new StringBuilder();
        foreach (var (name, value) in upload.Fields)
        {
            before.Append(null, $"--{boundary}\r\nContent-Disposition: form-data; name={Quoted(name)}\r\n\r\n{value}\r\n");
        }

        before.Append(null, $"--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename={Quoted(upload.FileName)}\r\nContent-Type: application/jsonl\r\n\r\n");
        _before = Encoding.UTF8.GetBytes(before.ToString());
        _after = Encoding.UTF8.GetBytes($"\r\n--{boundary}--\r\n");
        Headers.TryAddWithoutValidation("Content-Type", $"multipart/form-data; boundary={boundary}");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(_before, cancellationToken);
        await using var source = await _open(cancellationToken);
        using var lines = new JsonLines(source, _maxLineBytes);
        while (await lines.NextAsync(cancellationToken) is { } line)
        {
            if (BatchLine.Read(line.Span, out var read) is { } failure)
            {
                throw new InvalidOperationException($"what could be read of a file once cannot be read again: {failure.Code}");
            }

            await BatchLineEdits.WriteAsync(stream, line, read.Body, Edits(line.Slice(read.Body.Start, read.Body.Length), read), cancellationToken);
        }

        await stream.WriteAsync(_after, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _before.Length + _input.Input.Bytes + _after.Length;
        return true;
    }

    private IReadOnlyList<Edit> Edits(ReadOnlyMemory<byte> body, in BatchLine read)
    {
        var (call, facts) = (BatchLine.CallOf(read.Endpoint)!.Value, new RequestFacts());
        return OpenAiRequestReader.Read(body.Span, call, facts) is { } failure
            ? throw new InvalidOperationException($"what could be read of a file once cannot be read again: {failure.Code}")
            : BatchLineEdits.Of(body.Span, facts, _input.Route, call, dropped: null);
    }

    /// <summary>As a form has it: the few characters that would end the name are written as browsers do (https://html.spec.whatwg.org/#multipart-form-data).</summary>
    private static string Quoted(string text) =>
        $"\"{text.Replace("\"", "%22", StringComparison.Ordinal).Replace("\r", "%0D", StringComparison.Ordinal).Replace("\n", "%0A", StringComparison.Ordinal)}\"";
}
