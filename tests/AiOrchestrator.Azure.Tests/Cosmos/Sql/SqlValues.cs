using System.Text;
using System.Text.Json;

namespace AiOrchestrator.Azure.Tests.Cosmos.Sql;

/// <summary>Values of the query language: JSON, and undefined (<see cref="JsonValueKind.Undefined"/>), which is what is not there.</summary>
internal static class SqlValues
{
    public static JsonElement Undefined => default;

    public static JsonElement True { get; } = JsonSerializer.SerializeToElement(true);

    public static JsonElement False { get; } = JsonSerializer.SerializeToElement(false);

    public static JsonElement Null { get; } = JsonSerializer.SerializeToElement<string?>(null);

    public static JsonElement Of(bool value) => value ? True : False;

    public static JsonElement Of(string value) => JsonSerializer.SerializeToElement(value);

    /// <summary>Numbers are doubles; a whole one is written without a point.</summary>
    public static JsonElement Of(double value) => JsonSerializer.SerializeToElement(value);

    public static bool IsTrue(this JsonElement value) => value.ValueKind == JsonValueKind.True;

    public static bool IsDefined(this JsonElement value) => value.ValueKind != JsonValueKind.Undefined;

    /// <summary>Equality of any two values; objects and arrays by what is in them.</summary>
    public static bool Same(JsonElement a, JsonElement b) =>
        a.ValueKind == b.ValueKind && (a.ValueKind switch
        {
            JsonValueKind.Undefined => true,
            JsonValueKind.Number => a.GetDouble() == b.GetDouble(),
            _ => JsonElement.DeepEquals(a, b),
        });

    /// <summary>The order of <c>ORDER BY</c>: undefined, null, false, true, numbers, strings (by their UTF-8 bytes), arrays, objects.</summary>
    public static int Compare(JsonElement a, JsonElement b)
    {
        var ranks = Rank(a).CompareTo(Rank(b));
        return ranks != 0 ? ranks : a.ValueKind switch
        {
            JsonValueKind.Number => a.GetDouble().CompareTo(b.GetDouble()),
            JsonValueKind.String => Encoding.UTF8.GetBytes(a.GetString()!).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b.GetString()!)),
            JsonValueKind.Array or JsonValueKind.Object => string.CompareOrdinal(a.GetRawText(), b.GetRawText()),
            _ => 0,
        };
    }

    private static int Rank(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Undefined => 0,
        JsonValueKind.Null => 1,
        JsonValueKind.False => 2,
        JsonValueKind.True => 3,
        JsonValueKind.Number => 4,
        JsonValueKind.String => 5,
        JsonValueKind.Array => 6,
        _ => 7,
    };
}
