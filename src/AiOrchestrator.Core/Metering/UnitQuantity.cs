using System.Globalization;
using System.Text;

namespace AiOrchestrator.Core.Metering;

/// <summary>What is charged by something other than tokens (MT-10). The order is that of <see cref="UnitQuantity.Names"/>.</summary>
public enum PriceUnit
{
    /// <summary>A request, whatever it holds.</summary>
    Request,

    /// <summary>A generated image; qualified by size and quality.</summary>
    Image,

    /// <summary>A second of generated video; qualified by resolution.</summary>
    VideoSecond,

    /// <summary>A second of audio, heard or spoken.</summary>
    AudioSecond,

    /// <summary>A character of text to be spoken.</summary>
    Character,

    /// <summary>A search of the web.</summary>
    WebSearch,

    /// <summary>A search in stored files, or a query that orders up to 100 pieces of documents.</summary>
    FileSearch,

    /// <summary>A page of a document.</summary>
    Page,

    /// <summary>A page of a document that is annotated as well.</summary>
    AnnotatedPage,
}

/// <summary>So much of a unit.</summary>
/// <param name="Unit">Of what.</param>
/// <param name="Qualifier">
/// What its price may depend on, from the general to the special, joined with a slash: <c>1024x1024/hd</c>, <c>720p</c>. Null for none. Visible ASCII
/// without <c>;</c> and <c>=</c>.
/// </param>
/// <param name="QuantityMilli">How much, in thousandths: 12,345 is 12.345 seconds. 0 to <see cref="MaxQuantityMilli"/>.</param>
public readonly record struct UnitQuantity(PriceUnit Unit, string? Qualifier, long QuantityMilli)
{
    /// <summary>The most a call may report of a unit, in thousandths: a billion of it.</summary>
    public const long MaxQuantityMilli = 1_000_000_000_000;

    private static readonly string[] NamesInOrder =
        ["request", "image", "video_second", "audio_second", "character", "web_search", "file_search", "page", "annotated_page"];

    /// <summary>The units as the price file names them, by <see cref="PriceUnit"/>.</summary>
    public static ReadOnlySpan<string> Names => NamesInOrder;

    /// <summary>The unit and its qualifier as the price file names them: <c>image/1024x1024/hd</c>.</summary>
    public string Name => Qualifier is null ? NamesInOrder[(int)Unit] : $"{NamesInOrder[(int)Unit]}/{Qualifier}";

    /// <summary>Quantities as text for a usage event: <c>image/1024x1024/hd=2;audio_second=12.345</c>; null for none.</summary>
    /// <param name="quantities">What to write.</param>
    public static string? Format(ReadOnlySpan<UnitQuantity> quantities)
    {
        if (quantities.IsEmpty)
        {
            return null;
        }

        var text = new StringBuilder();
        foreach (var quantity in quantities)
        {
            _ = text.Append(text.Length == 0 ? "" : ";")
                .Append(quantity.Name)
                .Append(CultureInfo.InvariantCulture, $"={quantity.QuantityMilli / 1000m:0.###}");
        }

        return text.ToString();
    }

    /// <summary>Reads what <see cref="Format"/> wrote.</summary>
    /// <param name="text">The text; null and empty hold nothing.</param>
    /// <exception cref="FormatException">It was not written by <see cref="Format"/>.</exception>
    public static IReadOnlyList<UnitQuantity> Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return [];
        }

        return [.. text.Split(';').Select(One)];
    }

    private static UnitQuantity One(string item)
    {
        var equals = item.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? item : item[..equals];
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var unit = Array.IndexOf(NamesInOrder, slash < 0 ? name : name[..slash]);
        if (equals < 0 || unit < 0
            || !decimal.TryParse(item.AsSpan(equals + 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var quantity))
        {
            throw new FormatException($"'{item}' is no quantity of a unit.");
        }

        return new UnitQuantity((PriceUnit)unit, slash < 0 ? null : name[(slash + 1)..], decimal.ToInt64(quantity * 1000));
    }
}
