using System.Runtime.CompilerServices;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>
/// The class of every code point as of Unicode 16, the version tiktoken's patterns are compiled with: a table of our own, so that a count
/// does not change with the runtime. Built by <c>eng/vocabulary</c>.
/// </summary>
internal static class CharClasses
{
    private const int BlockBits = 7;
    private const int Blocks = 0x110000 >> BlockBits;
    private const byte LeadOf3 = 0xE0;
    private const byte Mixed = 0xFF;
    private static readonly byte[] Table = TokenResource.Read("classes.bin");
    private static readonly byte[] Leads = ReadLeads();

    /// <summary>The class of the code point that begins at <paramref name="at"/>.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="at">Where a code point begins, within the text.</param>
    /// <param name="length">Its length in bytes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CharClass At(ReadOnlySpan<byte> text, int at, out int length)
    {
        var first = text[at];
        if (first < 0x80)
        {
            length = 1;
            // The first block is ASCII.
            return (CharClass)Table[Blocks + first];
        }

        if (first < LeadOf3 + 16 && Leads[first] != Mixed)
        {
            length = 3;
            return (CharClass)Leads[first];
        }

        return Beyond(text[at..], out length);
    }

    /// <summary>Of each first byte of three, the class that all its code points have, as Chinese and Korean ones do; else <see cref="Mixed"/>.</summary>
    private static byte[] ReadLeads()
    {
        var leads = new byte[LeadOf3 + 16];
        Array.Fill(leads, Mixed);
        for (var lead = LeadOf3; lead < leads.Length; lead++)
        {
            var blocks = Table.AsSpan((lead & 0x0F) << (12 - BlockBits), 1 << (12 - BlockBits));
            var block = Table.AsSpan(Blocks + (blocks[0] << BlockBits), 1 << BlockBits);
            if (!blocks.ContainsAnyExcept(blocks[0]) && !block.ContainsAnyExcept(block[0]))
            {
                leads[lead] = block[0];
            }
        }

        return leads;
    }

    private static CharClass Beyond(ReadOnlySpan<byte> text, out int length)
    {
        int codePoint;
        if (text[0] < 0xE0)
        {
            length = 2;
            codePoint = ((text[0] & 0x1F) << 6) | (text[1] & 0x3F);
        }
        else if (text[0] < 0xF0)
        {
            length = 3;
            codePoint = ((text[0] & 0x0F) << 12) | ((text[1] & 0x3F) << 6) | (text[2] & 0x3F);
        }
        else
        {
            length = 4;
            codePoint = ((text[0] & 0x07) << 18) | ((text[1] & 0x3F) << 12) | ((text[2] & 0x3F) << 6) | (text[3] & 0x3F);
        }

        return (CharClass)Table[Blocks + (Table[codePoint >> BlockBits] << BlockBits) + (codePoint & ((1 << BlockBits) - 1))];
    }
}
