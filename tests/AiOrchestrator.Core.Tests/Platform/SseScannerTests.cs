using System.Text;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Tests.Platform;

public sealed class SseScannerTests
{
    private const string Stream = "data: {\"a\":1}\n\n: ping\n\nevent: x\r\ndata: é☃𠀀\r\n\r\ndata: one\ndata: two\n\ndata:tight\n\n\n\ndata: [DONE]\n\n";

    private const string Mixed = "\uFEFFdata: a\r\rid: 1\rretry: 5\rdata: b\r\r: c\n\nevent: e\r\ndata: d\r\n\r\ndata: z\n\n";

    private static readonly string[] MixedEvents = ["\uFEFFdata: a\r\r", "id: 1\rretry: 5\rdata: b\r\r", ": c\n\n", "event: e\r\ndata: d\r\n\r\n", "data: z\n\n"];

    private static readonly string[] Events =
    [
        "data: {\"a\":1}\n\n", ": ping\n\n", "event: x\r\ndata: é☃𠀀\r\n\r\n", "data: one\ndata: two\n\n", "data:tight\n\n", "\n", "\n", "data: [DONE]\n\n",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Events_are_found_whole_however_the_bytes_arrive(int pieceBytes)
    {
        Assert.Equal(Events, Found(Stream, pieceBytes));
        Assert.Equal(MixedEvents, Found(Mixed, pieceBytes));
    }

    private static List<string> Found(string stream, int pieceBytes)
    {
        var bytes = Encoding.UTF8.GetBytes(stream);
        var scanner = new SseScanner();
        var found = new List<string>();
        var start = 0;
        for (var end = Math.Min(pieceBytes, bytes.Length); ; end = Math.Min(end + pieceBytes, bytes.Length))
        {
            int length;
            while ((length = scanner.Next(bytes.AsSpan(start, end - start))) > 0)
            {
                found.Add(Encoding.UTF8.GetString(bytes, start, length));
                start += length;
            }

            if (end == bytes.Length)
            {
                break;
            }
        }

        return found;
    }

    [Fact]
    public void An_event_of_lines_that_end_with_CR_does_not_wait_for_the_next()
    {
        var scanner = new SseScanner();
        Assert.Equal(9, scanner.Next("data: a\r\r"u8));
    }

    [Fact]
    public void An_event_without_its_empty_line_is_not_an_event_yet()
    {
        var scanner = new SseScanner();
        Assert.Equal(0, scanner.Next("data: half\n"u8));
        Assert.Equal(0, scanner.Next("data: half\n"u8));
        Assert.Equal(12, scanner.Next("data: half\n\n"u8));
    }

    [Theory]
    [InlineData("data: {}\n\n", "{}")]
    [InlineData("data:{}\r\n\r\n", "{}")]
    [InlineData("event: e\nid: 4\ndata: x\n\n", "x")]
    [InlineData(": comment\n\n", "")]
    [InlineData("data: a\ndata: b\n\n", "a\nb")]
    [InlineData("data: a\r\ndata: b\r\n\r\n", "a\nb")]
    [InlineData("id: 1\rdata: {}\r\r", "{}")]
    [InlineData("\uFEFFdata: {}\n\n", "{}")]
    [InlineData("\n", "")]
    public void The_payload_is_that_of_its_data_lines(string sseEvent, string data) =>
        Assert.Equal(data, Encoding.UTF8.GetString(SseScanner.Data(Encoding.UTF8.GetBytes(sseEvent))));

    [Theory]
    [InlineData("event: e\r\ndata: x\r\n\r\n", "e")]
    [InlineData("data: event: x\n\n", "")]
    public void The_name_is_that_of_its_event_line(string sseEvent, string name) =>
        Assert.Equal(name, Encoding.UTF8.GetString(SseScanner.Name(Encoding.UTF8.GetBytes(sseEvent))));
}
