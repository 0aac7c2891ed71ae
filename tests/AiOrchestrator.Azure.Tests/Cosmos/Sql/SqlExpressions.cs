using System.Text.Json;
using System.Text.Json.Nodes;

namespace AiOrchestrator.Azure.Tests.Cosmos.Sql;

/// <summary>What an expression is evaluated over: an item, the query's parameters, and where it aggregates, the items of the group.</summary>
internal sealed record SqlRow(JsonElement Item, IReadOnlyDictionary<string, JsonElement> Parameters, IReadOnlyList<JsonElement>? Group = null)
{
    public SqlRow(JsonElement item, IEnumerable<KeyValuePair<string, JsonElement>> parameters)
        : this(item, parameters.ToDictionary(StringComparer.Ordinal))
    {
    }
}

internal abstract record SqlExpression
{
    public abstract JsonElement Evaluate(SqlRow row);

    /// <summary>The expressions within.</summary>
    public virtual IEnumerable<SqlExpression> Parts => [];

    public bool Aggregates => this is SqlCall { IsAggregate: true } || Parts.Any(static p => p.Aggregates);
}

internal sealed record SqlLiteral(JsonElement Value) : SqlExpression
{
    public override JsonElement Evaluate(SqlRow row) => Value;
}

internal sealed record SqlParameter(string Name) : SqlExpression
{
    public override JsonElement Evaluate(SqlRow row) =>
        row.Parameters.TryGetValue(Name, out var value) ? value : throw new SqlException($"the parameter {Name} is not given");
}

/// <summary>The item itself.</summary>
internal sealed record SqlItem : SqlExpression
{
    public override JsonElement Evaluate(SqlRow row) => row.Item;
}

internal sealed record SqlMember(SqlExpression Of, SqlExpression Name) : SqlExpression
{
    public override IEnumerable<SqlExpression> Parts => [Of, Name];

    public override JsonElement Evaluate(SqlRow row)
    {
        var (of, name) = (Of.Evaluate(row), Name.Evaluate(row));
        return (of.ValueKind, name.ValueKind) switch
        {
            (JsonValueKind.Object, JsonValueKind.String) => of.TryGetProperty(name.GetString()!, out var member) ? member : SqlValues.Undefined,
            (JsonValueKind.Array, JsonValueKind.Number) when name.GetInt32() < of.GetArrayLength() => of[name.GetInt32()],
            _ => SqlValues.Undefined,
        };
    }
}

internal sealed record SqlNot(SqlExpression Inner) : SqlExpression
{
    public override IEnumerable<SqlExpression> Parts => [Inner];

    public override JsonElement Evaluate(SqlRow row) => Inner.Evaluate(row).ValueKind switch
    {
        JsonValueKind.True => SqlValues.False,
        JsonValueKind.False => SqlValues.True,
        _ => SqlValues.Undefined,
    };
}

internal sealed record SqlIn(SqlExpression Value, IReadOnlyList<SqlExpression> Choices) : SqlExpression
{
    public override IEnumerable<SqlExpression> Parts => [Value, .. Choices];

    public override JsonElement Evaluate(SqlRow row)
    {
        var value = Value.Evaluate(row);
        return value.IsDefined() ? SqlValues.Of(Choices.Any(c => SqlValues.Same(value, c.Evaluate(row)))) : SqlValues.Undefined;
    }
}

internal sealed record SqlObject(IReadOnlyList<(string Name, SqlExpression Value)> Members) : SqlExpression
{
    public override IEnumerable<SqlExpression> Parts => Members.Select(static m => m.Value);

    public override JsonElement Evaluate(SqlRow row)
    {
        var made = new JsonObject();
        foreach (var (name, expression) in Members)
        {
            if (expression.Evaluate(row) is var value && value.IsDefined())
            {
                made[name] = JsonNode.Parse(value.GetRawText());
            }
        }

        return JsonSerializer.SerializeToElement(made);
    }
}

internal sealed record SqlArray(IReadOnlyList<SqlExpression> Elements) : SqlExpression
{
    public override IEnumerable<SqlExpression> Parts => Elements;

    public override JsonElement Evaluate(SqlRow row) =>
        JsonSerializer.SerializeToElement(Elements.Select(e => e.Evaluate(row)).Where(SqlValues.IsDefined));
}

internal sealed record SqlBinary(string Operator, SqlExpression Left, SqlExpression Right) : SqlExpression
{
    public override IEnumerable<SqlExpression> Parts => [Left, Right];

    public override JsonElement Evaluate(SqlRow row)
    {
        var (a, b) = (Left.Evaluate(row), Right.Evaluate(row));
        return Operator switch
        {
            // Undefined decides nothing: false and undefined is false, true or undefined is true.
            "AND" => a.ValueKind == JsonValueKind.False || b.ValueKind == JsonValueKind.False ? SqlValues.False
                : a.IsTrue() && b.IsTrue() ? SqlValues.True
                : SqlValues.Undefined,
            "OR" => a.IsTrue() || b.IsTrue() ? SqlValues.True
                : a.ValueKind == JsonValueKind.False && b.ValueKind == JsonValueKind.False ? SqlValues.False
                : SqlValues.Undefined,
            "??" => a.IsDefined() ? a : b,
            "||" => a.ValueKind == JsonValueKind.String && b.ValueKind == JsonValueKind.String
                ? SqlValues.Of(a.GetString() + b.GetString())
                : SqlValues.Undefined,
            "+" or "-" or "*" or "/" or "%" => Calculate(a, b),
            _ => Compare(a, b),
        };
    }

    private JsonElement Calculate(JsonElement a, JsonElement b)
    {
        if (a.ValueKind != JsonValueKind.Number || b.ValueKind != JsonValueKind.Number)
        {
            return SqlValues.Undefined;
        }

        var (x, y) = (a.GetDouble(), b.GetDouble());
        return SqlValues.Of(Operator switch { "+" => x + y, "-" => x - y, "*" => x * y, "/" => x / y, _ => x % y });
    }

    private JsonElement Compare(JsonElement a, JsonElement b)
    {
        if (!a.IsDefined() || !b.IsDefined())
        {
            return SqlValues.Undefined;
        }

        if (Operator is "=" or "!=" or "<>")
        {
            return SqlValues.Of(SqlValues.Same(a, b) == (Operator == "="));
        }

        // Values of different kinds have no order.
        var comparable = a.ValueKind == b.ValueKind && a.ValueKind is JsonValueKind.Number or JsonValueKind.String;
        return !comparable ? SqlValues.Undefined : SqlValues.Of(Operator switch
        {
            "<" => SqlValues.Compare(a, b) < 0,
            "<=" => SqlValues.Compare(a, b) <= 0,
            ">" => SqlValues.Compare(a, b) > 0,
            ">=" => SqlValues.Compare(a, b) >= 0,
            _ => throw new SqlException($"the operator {Operator} is not emulated"),
        });
    }
}
