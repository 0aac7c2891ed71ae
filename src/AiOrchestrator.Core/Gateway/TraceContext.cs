using System.Buffers;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Gateway;

/// <summary>W3C trace context (https://www.w3.org/TR/trace-context/): the caller's trace goes on upstream under a span of ours.</summary>
/// <param name="TraceId">32 hex digits.</param>
/// <param name="SpanId">16 hex digits: this call's own.</param>
/// <param name="Flags">2 hex digits.</param>
internal readonly record struct TraceContext(string TraceId, string SpanId, string Flags)
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>Continues a valid <c>traceparent</c>, or begins a trace.</summary>
    public static TraceContext From(string? traceparent, IdSource ids)
    {
        if (traceparent is { Length: >= 55 } text
            && text[2] == '-' && text[35] == '-' && text[52] == '-'
            && IsHex(text.AsSpan(0, 2)) && !text.StartsWith("ff", StringComparison.Ordinal)
            && (text.Length == 55 || (!text.StartsWith("00", StringComparison.Ordinal) && text[55] == '-'))
            && IsHex(text.AsSpan(3, 32)) && text.AsSpan(3, 32).ContainsAnyExcept('0')
            && IsHex(text.AsSpan(36, 16)) && text.AsSpan(36, 16).ContainsAnyExcept('0')
            && IsHex(text.AsSpan(53, 2)))
        {
            return new TraceContext(text.Substring(3, 32), ids.NewSpanId(), text.Substring(53, 2));
        }

        return new TraceContext(ids.NewTraceId(), ids.NewSpanId(), "00");
    }

    /// <summary>The header for the next hop.</summary>
    public override string ToString() => $"00-{TraceId}-{SpanId}-{Flags}";

    private static bool IsHex(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(HexDigits);
}
