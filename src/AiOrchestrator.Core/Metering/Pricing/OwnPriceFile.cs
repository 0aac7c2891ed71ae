using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace AiOrchestrator.Core.Metering.Pricing;

/// <summary>
/// Prices that an organisation states by API. They are written as a price file of one model and read by the file's own reader, so that both
/// obey the same rules.
/// </summary>
internal static class OwnPriceFile
{
    private const string Name = "own";
    private const string ModelPlace = $"models[0] {Name}/{Name}";
    private const string PeriodPlace = $"{ModelPlace}.prices[0]";

    /// <summary>Members of a period that stand elsewhere.</summary>
    public static IReadOnlyList<string> Elsewhere { get; } = ["from", "until", "source"];

    /// <summary>The price, or everything that is wrong with it, each with the member it is about.</summary>
    /// <param name="kind">A kind of the price file.</param>
    /// <param name="prices">An object with the members of a period of the price file, but those <see cref="Elsewhere"/>.</param>
    /// <param name="from">The first day; null: as far back as there are days.</param>
    /// <param name="until">The day it ends, exclusive; null where no end is known.</param>
    /// <param name="source">Where the figures come from, for records.</param>
    public static (PriceEntry? Entry, IReadOnlyList<(string Member, string Problem)> Problems) Read(
        string kind, JsonElement prices, DateOnly? from, DateOnly? until, string source)
    {
        var file = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(file))
        {
            Write(writer, kind, prices, from, until, source);
        }

        var (table, errors) = PriceTable.Load(file.WrittenSpan);
        return (table?.Models[0], [.. errors.Select(Placed)]);
    }

    private static void Write(Utf8JsonWriter writer, string kind, JsonElement prices, DateOnly? from, DateOnly? until, string source)
    {
        writer.WriteStartObject();
        writer.WriteNumber("format", 1);
        writer.WriteString("currency", "USD");
        writer.WriteStartObject("source");
        writer.WriteString("name", source);
        writer.WriteEndObject();
        writer.WriteStartArray("models");
        writer.WriteStartObject();
        writer.WriteString("provider", Name);
        writer.WriteString("id", Name);
        writer.WriteString("kind", kind);
        writer.WriteStartArray("prices");
        writer.WriteStartObject();
        WriteDay(writer, "from", from);
        WriteDay(writer, "until", until);
        foreach (var member in prices.EnumerateObject())
        {
            member.WriteTo(writer);
        }

        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteDay(Utf8JsonWriter writer, string name, DateOnly? day)
    {
        if (day is { } known)
        {
            writer.WriteString(name, known.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The reader's place in its file as a member of what the caller sent.</summary>
    private static (string Member, string Problem) Placed(string error)
    {
        if (error.StartsWith(PeriodPlace, StringComparison.Ordinal))
        {
            var rest = error[PeriodPlace.Length..];
            var end = rest.IndexOf(": ", StringComparison.Ordinal);
            return ($"prices{rest[..end]}", rest[(end + 2)..]);
        }

        return error.StartsWith(ModelPlace, StringComparison.Ordinal) && error.Contains("kind", StringComparison.Ordinal)
            ? ("kind", error[(ModelPlace.Length + 2)..])
            : ("prices", error);
    }
}
