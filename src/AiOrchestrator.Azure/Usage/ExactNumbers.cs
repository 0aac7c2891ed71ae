using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AiOrchestrator.Azure;

/// <summary>
/// Whole numbers in items. Cosmos DB keeps JSON numbers as IEEE 754 doubles: what such a number cannot hold exactly is written as a string, all
/// others as numbers, so that queries compare them.
/// </summary>
internal sealed class ExactNumberConverter : JsonConverter<long>
{
    /// <summary>2^53: up to here every whole number is a double.</summary>
    private const long MostExact = 1L << 53;

    /// <inheritdoc/>
    public override long Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String
            ? long.Parse(reader.GetString()!, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)
            : reader.GetInt64();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, long value, JsonSerializerOptions options)
    {
        if (value is >= -MostExact and <= MostExact)
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
        }
    }
}

/// <summary>
/// A sum in two members, whole billions and the rest: each grows by increments of its own and stays exact as a double. 2^53 billions are out of
/// reach, and the rest stays below 2^53 for nine million additions; one item has those of one hour and shard.
/// </summary>
/// <param name="Billions">Whole billions.</param>
/// <param name="Rest">The rest; more than a billion after additions.</param>
internal readonly record struct SplitSum(long Billions, long Rest)
{
    private const long Billion = 1_000_000_000;

    /// <summary>The amount.</summary>
    /// <exception cref="OverflowException">It does not fit.</exception>
    public long Value => (long)(((Int128)Billions * Billion) + Rest);

    /// <summary>An amount in two parts.</summary>
    public static SplitSum Of(long amount) => new(amount / Billion, amount % Billion);

    /// <summary>Both together, without a carry: as the members grow.</summary>
    public static SplitSum operator +(SplitSum left, SplitSum right) => new(left.Billions + right.Billions, left.Rest + right.Rest);
}
