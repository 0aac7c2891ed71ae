using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// A thread's own buffer and writer for one usage event: the event is serialized outside the journal's lock, which then only
/// copies bytes. Reused, so an event allocates nothing.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "It lives as long as its thread, and its writer holds nothing but memory.")]
internal sealed class EventScratch
{
    private const int RetainBytes = 64 << 10;

    [ThreadStatic]
    private static EventScratch? _mine;

    private readonly Utf8JsonWriter _writer;
    private ArrayBufferWriter<byte> _buffer = new(initialCapacity: 2048);

    private EventScratch() => _writer = new Utf8JsonWriter(_buffer, new JsonWriterOptions { SkipValidation = true });

    /// <summary>The calling thread's.</summary>
    public static EventScratch Mine => _mine ??= new EventScratch();

    /// <summary>The event's written form; valid until the thread writes the next one.</summary>
    public ReadOnlySpan<byte> Write(UsageEvent usage)
    {
        if (_buffer.Capacity > RetainBytes)
        {
            _buffer = new ArrayBufferWriter<byte>(initialCapacity: 2048);
        }

        _buffer.ResetWrittenCount();
        _writer.Reset(_buffer);
        JsonSerializer.Serialize(_writer, usage, UsageEventJson.Default.UsageEvent);
        return _buffer.WrittenSpan;
    }
}
