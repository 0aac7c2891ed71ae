using System.Buffers.Text;

namespace AiOrchestrator.Core.Platform;

/// <summary>The escapes of JSON's texts (RFC 8259, section 7), for those who read texts where they stand and cannot have them refused for half a surrogate pair.</summary>
internal static class JsonEscape
{
    private const int CodedBytes = 6;

    /// <summary>Reads the escape a text begins with. What is none stands for the character behind its backslash; never throws.</summary>
    /// <param name="json">From a backslash on, to where the text ends.</param>
    /// <param name="unit">What it means, in UTF-16; may be half a surrogate pair.</param>
    /// <returns>The bytes it takes, 1 or more.</returns>
    public static int Read(ReadOnlySpan<byte> json, out char unit)
    {
        if (json.Length >= CodedBytes && json[1] == (byte)'u' && Utf8Parser.TryParse(json[2..CodedBytes], out ushort coded, out var digits, 'x') && digits == CodedBytes - 2)
        {
            unit = (char)coded;
            return CodedBytes;
        }

        var named = json.Length > 1 ? json[1] : (byte)'\\';
        unit = named switch { (byte)'n' => '\n', (byte)'t' => '\t', (byte)'r' => '\r', (byte)'b' => '\b', (byte)'f' => '\f', _ => (char)named };
        return Math.Min(2, json.Length);
    }
}
