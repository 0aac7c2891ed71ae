using System.Text.Json;

namespace AiOrchestrator.Azure.Tests.Cosmos.Sql;

internal sealed class SqlException(string message) : Exception(message);

/// <summary>A call of a function. Another function is one more line in <see cref="Evaluate"/>, another aggregate one in <see cref="Aggregate"/>.</summary>
internal sealed record SqlCall(string Name, IReadOnlyList<SqlExpression> Arguments) : SqlExpression
{
    public bool IsAggregate => Name is "COUNT" or "SUM" or "MIN" or "MAX" or "AVG";

    public override IEnumerable<SqlExpression> Parts => Arguments;

    public override JsonElement Evaluate(SqlRow row)
    {
        if (IsAggregate)
        {
            return Aggregate(row);
        }

        JsonElement[] a = [.. Arguments.Select(x => x.Evaluate(row))];
        return Name switch
        {
            "IS_DEFINED" => SqlValues.Of(a[0].IsDefined()),
            "IS_NULL" => SqlValues.Of(a[0].ValueKind == JsonValueKind.Null),
            "IS_STRING" => SqlValues.Of(a[0].ValueKind == JsonValueKind.String),
            "IS_NUMBER" => SqlValues.Of(a[0].ValueKind == JsonValueKind.Number),
            "ARRAY_CONTAINS" => a[0].ValueKind == JsonValueKind.Array
                ? SqlValues.Of(a[0].EnumerateArray().Any(e => SqlValues.Same(e, a[1])))
                : SqlValues.Undefined,
            "ARRAY_LENGTH" => a[0].ValueKind == JsonValueKind.Array ? SqlValues.Of(a[0].GetArrayLength()) : SqlValues.Undefined,
            "STARTSWITH" => OfText(a, static (x, y) => SqlValues.Of(x.StartsWith(y, StringComparison.Ordinal))),
            "ENDSWITH" => OfText(a, static (x, y) => SqlValues.Of(x.EndsWith(y, StringComparison.Ordinal))),
            "CONTAINS" => OfText(a, static (x, y) => SqlValues.Of(x.Contains(y, StringComparison.Ordinal))),
            "LOWER" => a[0].ValueKind == JsonValueKind.String ? SqlValues.Of(a[0].GetString()!.ToLowerInvariant()) : SqlValues.Undefined,
            "LENGTH" => a[0].ValueKind == JsonValueKind.String ? SqlValues.Of(a[0].GetString()!.Length) : SqlValues.Undefined,
            "FLOOR" => a[0].ValueKind == JsonValueKind.Number ? SqlValues.Of(Math.Floor(a[0].GetDouble())) : SqlValues.Undefined,
            "IIF" => a[0].IsTrue() ? a[1] : a[2],
            _ => throw new SqlException($"the function {Name} is not emulated"),
        };
    }

    private static JsonElement OfText(JsonElement[] a, Func<string, string, JsonElement> function) =>
        a[0].ValueKind == JsonValueKind.String && a[1].ValueKind == JsonValueKind.String
            ? function(a[0].GetString()!, a[1].GetString()!)
            : SqlValues.Undefined;

    private JsonElement Aggregate(SqlRow row)
    {
        JsonElement[] values =
        [
            .. row.Group!.Select(i => Arguments[0].Evaluate(row with { Item = i, Group = null })).Where(SqlValues.IsDefined),
        ];

        // A sum over anything that is no number is undefined; so is a greatest of nothing.
        var numbers = values.All(static v => v.ValueKind == JsonValueKind.Number);
        return Name switch
        {
            "COUNT" => SqlValues.Of(values.Length),
            "SUM" => numbers ? SqlValues.Of(values.Sum(static v => v.GetDouble())) : SqlValues.Undefined,
            "AVG" => numbers && values.Length > 0 ? SqlValues.Of(values.Average(static v => v.GetDouble())) : SqlValues.Undefined,
            "MIN" => values.Order(Comparer<JsonElement>.Create(SqlValues.Compare)).FirstOrDefault(),
            _ => values.Order(Comparer<JsonElement>.Create(SqlValues.Compare)).LastOrDefault(),
        };
    }
}
