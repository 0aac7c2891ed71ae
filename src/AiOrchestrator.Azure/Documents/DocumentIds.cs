using System.Globalization;
using System.Text;

namespace AiOrchestrator.Azure.Documents;

/// <summary>
/// Ids of documents as ids of items. Cosmos DB takes no <c>/ \ ? #</c> and at most 1023 bytes, and says little about the order of the rest; so
/// what is not a letter, a digit, <c>_</c> or <c>-</c> is written as a mark and two hexadecimal digits for each byte of its UTF-8. There is one
/// mark for each gap between the characters that stand for themselves, and it lies in that gap: items are ASCII in the order of their
/// documents' bytes, and every item's id leads back to one document's.
/// </summary>
internal static class DocumentIds
{
    private const int MaxBytes = 1023;

    /// <summary>The item's id.</summary>
    /// <exception cref="ArgumentException">It is empty or too long for the service.</exception>
    public static string ToItem(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        var item = new StringBuilder(id.Length);
        foreach (var b in Encoding.UTF8.GetBytes(id))
        {
            if (StandsForItself(b))
            {
                item.Append((char)b);
            }
            else
            {
                item.Append(Mark(b)).Append(b.ToString("x2", CultureInfo.InvariantCulture));
            }
        }

        return item.Length <= MaxBytes
            ? item.ToString()
            : throw new ArgumentException($"an id of {item.Length} bytes is too long for the store: at most {MaxBytes}", nameof(id));
    }

    /// <summary>The document's id.</summary>
    /// <exception cref="FormatException">This never was one.</exception>
    public static string ToDocument(string item)
    {
        var bytes = new List<byte>(item.Length);
        for (var at = 0; at < item.Length; at++)
        {
            var c = item[at];
            if (c < 0x80 && StandsForItself((byte)c))
            {
                bytes.Add((byte)c);
            }
            else if (at + 2 < item.Length && byte.TryParse(item.AsSpan(at + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var b))
            {
                bytes.Add(b);
                at += 2;
            }
            else
            {
                throw new FormatException($"the item '{item}' is no document");
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    private static bool StandsForItself(byte b) => char.IsAsciiLetterOrDigit((char)b) || b is (byte)'_' or (byte)'-';

    private static char Mark(byte b) => b switch
    {
        < (byte)'-' => '!',
        < (byte)'0' => '.',
        < (byte)'A' => ':',
        < (byte)'_' => '^',
        < (byte)'a' => '`',
        _ => '~',
    };
}
