using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Providers.Chat;

namespace AiOrchestrator.Core.Tests.Platform;

/// <summary>Binary events, found in whatever pieces they come and refused where a bit is not what was sent.</summary>
public sealed class EventStreamScannerTests
{
    /// <summary>The vectors AWS publishes for its own clients (awslabs/aws-c-event-stream, aws-sdk-go's eventstream testdata).</summary>
    [Theory]
    [InlineData("000000100000000005c248eb7d98c8ff", "")]
    [InlineData("0000001d00000000fd528c5a7b27666f6f273a27626172277dc3653936", "{'foo':'bar'}")]
    [InlineData("0000003d0000002007fd83960c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e7b27666f6f273a27626172277d8d9c08b1", "{'foo':'bar'}")]
    public void AWS_own_vectors_are_read(string hex, string payload)
    {
        Assert.Equal(EventStreamPiece.Event, EventStreamScanner.Next(Convert.FromHexString(hex), 1_000, out var found));
        Assert.Equal((payload, hex.Length / 2), (System.Text.Encoding.UTF8.GetString(found.Data), found.Length));
    }

    [Fact]
    public void The_checksum_is_the_usual_one() => Assert.Equal(0xCBF43926u, Crc32.Of("123456789"u8));

    [Fact]
    public void An_event_that_is_not_all_there_is_waited_for()
    {
        var frame = BinaryEvents.Frame("event", "messageStart", """{"role":"assistant"}""");
        for (var length = 0; length < frame.Length; length++)
        {
            Assert.Equal(EventStreamPiece.Incomplete, EventStreamScanner.Next(frame.AsSpan(0, length), 1_000, out _));
        }

        Assert.Equal(EventStreamPiece.Event, EventStreamScanner.Next([.. frame, 1, 2], 1_000, out var found));
        Assert.Equal("messageStart", System.Text.Encoding.UTF8.GetString(found.Name));
    }

    [Fact]
    public void No_bit_of_an_event_may_be_another()
    {
        var frame = BinaryEvents.Frame("event", "messageStart", """{"role":"assistant"}""");
        for (var bit = 0; bit < frame.Length * 8; bit++)
        {
            frame[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(EventStreamPiece.Invalid, EventStreamScanner.Next(frame, 1_000, out _));
            frame[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void What_is_larger_than_may_be_is_refused_at_its_first_bytes()
    {
        var frame = BinaryEvents.Frame("event", "metadata", new string(' ', 2_000));
        Assert.Equal(EventStreamPiece.TooLarge, EventStreamScanner.Next(frame.AsSpan(0, 12), 2_000, out _));
    }

    [Theory]
    [InlineData(false, new byte[] { 1, 97, 0, 1, 98, 2, 5, 1, 99, 3, 5, 5, 1, 100, 8, 1, 2, 3, 4, 5, 6, 7, 8 })]
    [InlineData(true, new byte[] { 1, 97, 10 })]
    [InlineData(true, new byte[] { 9, 97 })]
    [InlineData(true, new byte[] { 1, 97, 7, 0 })]
    [InlineData(true, new byte[] { 1, 97, 7, 0, 9, 97 })]
    [InlineData(true, new byte[] { 1, 97, 4, 0 })]
    public void Headers_of_every_kind_are_passed_over_and_those_of_none_refused(bool isRefused, byte[] headers)
    {
        var piece = EventStreamScanner.Next(BinaryEvents.Frame(headers, [1]), 1_000, out var found);
        Assert.Equal((isRefused ? EventStreamPiece.Invalid : EventStreamPiece.Event, isRefused ? 0 : 1), (piece, found.Data.Length));
    }

    [Fact]
    public void An_exception_and_an_error_say_what_they_are()
    {
        _ = EventStreamScanner.Next(BinaryEvents.Frame("exception", "throttlingException", """{"message":"Slow down"}"""), 1_000, out var exception);
        Assert.Equal("throttlingException", System.Text.Encoding.UTF8.GetString(exception.Name));
        byte[] headers = [.. BinaryEvents.Header(":message-type", "error"), .. BinaryEvents.Header(":error-code", "Broken"), .. BinaryEvents.Header(":error-message", "It broke")];
        _ = EventStreamScanner.Next(BinaryEvents.Frame(headers, []), 1_000, out var error);
        Assert.Equal(("Broken", "It broke"), (System.Text.Encoding.UTF8.GetString(error.Name), System.Text.Encoding.UTF8.GetString(error.Data)));
    }
}
