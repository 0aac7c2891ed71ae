using System.Text;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Tests.Platform;

public sealed class SseScannerTests
{
    private const string Stream = "data: {\"a\":1}\n\n: ping\n\nevent: x\r\ndata: é☃𠀀\r\n\r\ndata: one\ndata: two\n\ndata:tight\n\n\n\ndata: [DONE]\n\n";

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
        var bytes = Encoding.UTF8.GetBytes(Stream);
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

        Assert.Equal(Events, found);
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
    [InlineData("data: a\ndata: b\n\n", "")]
    [InlineData("\n", "")]
    public void The_payload_is_that_of_a_single_data_line(string sseEvent, string data) =>
        Assert.Equal(data, Encoding.UTF8.GetString(SseScanner.Data(Encoding.UTF8.GetBytes(sseEvent))));
}
