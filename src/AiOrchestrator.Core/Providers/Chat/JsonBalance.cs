using System.Buffers.Text;

namespace AiOrchestrator.Core.Providers.Chat;

/// <summary>Follows a JSON object that comes in pieces, each the inside of a JSON string, and knows when it is whole. Keeps nothing of it.</summary>
internal struct JsonBalance
{
    private int _depth;
    private bool _isText;
    private bool _isEscaped;

    /// <summary>Whether it has begun.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Whether all that was opened is closed.</summary>
    public readonly bool IsWhole => HasBegun && _depth == 0;

    /// <summary>Takes the next piece; escapes are whole in it.</summary>
    public void Read(ReadOnlySpan<byte> inside)
    {
        for (var i = 0; i < inside.Length; i++)
        {
            var letter = inside[i];
            if (letter == (byte)'\\' && i + 1 < inside.Length)
            {
                letter = inside[++i] switch
                {
                    (byte)'u' => Coded(inside, ref i),
                    (byte)'"' or (byte)'\\' or (byte)'/' => inside[i],
                    _ => (byte)' ',
                };
            }

            Read(letter);
        }
    }

    private void Read(byte letter)
    {
        if (_isEscaped)
        {
            _isEscaped = false;
        }
        else if (_isText)
        {
            _isEscaped = letter == (byte)'\\';
            _isText = letter != (byte)'"';
        }
        else if (letter == (byte)'"')
        {
            _isText = true;
        }
        else if (letter is (byte)'{' or (byte)'[')
        {
            HasBegun = true;
            _depth++;
        }
        else if (letter is (byte)'}' or (byte)']')
        {
            _depth--;
        }
    }

    /// <summary>What four digits stand for; what is beyond ASCII means nothing here.</summary>
    private static byte Coded(ReadOnlySpan<byte> inside, ref int at)
    {
        var digits = inside[(at + 1)..Math.Min(at + 5, inside.Length)];
        at += digits.Length;
        return Utf8Parser.TryParse(digits, out ushort code, out _, 'x') && code < 128 ? (byte)code : (byte)' ';
    }
}
