using System.Globalization;
using System.Text.Json;

namespace AiOrchestrator.Azure.Tests.Cosmos.Sql;

/// <summary>One selected expression and the member it becomes; no name: <c>$1</c>, <c>$2</c>, ...</summary>
internal sealed record SqlSelected(SqlExpression Expression, string Name);

/// <summary>A query, taken apart.</summary>
internal sealed record SqlQuery
{
    public required bool Distinct { get; init; }

    public SqlExpression? Top { get; init; }

    /// <summary>Null: <see cref="Selected"/> or everything.</summary>
    public SqlExpression? Value { get; init; }

    /// <summary>Empty with no <see cref="Value"/>: <c>*</c>.</summary>
    public required IReadOnlyList<SqlSelected> Selected { get; init; }

    public SqlExpression? Where { get; init; }

    public IReadOnlyList<SqlExpression> GroupBy { get; init; } = [];

    public IReadOnlyList<(SqlExpression Expression, bool Descending)> OrderBy { get; init; } = [];

    public SqlExpression? Offset { get; init; }

    public SqlExpression? Limit { get; init; }

    public bool Aggregates => GroupBy.Count > 0 || Value is { Aggregates: true } || Selected.Any(static s => s.Expression.Aggregates);
}

/// <summary>
/// <c>SELECT [DISTINCT] [TOP n] (* | VALUE e | e [AS name], ...) FROM c [WHERE e] [GROUP BY e, ...] [ORDER BY e [ASC|DESC], ...] [OFFSET n LIMIT n]</c>.
/// </summary>
internal sealed class SqlParser
{
    private static readonly string[][] Operators =
        [["OR"], ["AND"], ["=", "!=", "<>", "<", "<=", ">", ">=", "IN", "NOT", "BETWEEN"], ["||", "??"], ["+", "-"], ["*", "/", "%"]];

    private const int Comparisons = 2;

    private readonly IReadOnlyList<SqlToken> _tokens;
    private int _at;
    private string _alias = "root";

    private SqlParser(string sql)
    {
        _tokens = SqlLexer.Read(sql);

        // The alias stands behind what is selected and is needed to read it.
        var from = _tokens.ToList().FindIndex(static t => t.Is("FROM"));
        if (from >= 0)
        {
            var named = from + 1;
            named += _tokens[named + 1].Is("AS") ? 2 : _tokens[named + 1].Kind == SqlTokenKind.Word && !IsClause(_tokens[named + 1]) ? 1 : 0;
            _alias = _tokens[named].Text;
        }
    }

    private SqlToken Next => _tokens[_at];

    public static SqlQuery Parse(string sql)
    {
        var parser = new SqlParser(sql);
        var query = parser.Query();
        return parser.Next.Kind == SqlTokenKind.End ? query : throw parser.Unexpected();
    }

    private static bool IsClause(SqlToken token) =>
        token.Is("WHERE") || token.Is("GROUP") || token.Is("ORDER") || token.Is("OFFSET") || token.Is("JOIN");

    private SqlQuery Query()
    {
        Expect("SELECT");
        var distinct = Accept("DISTINCT");
        var top = Accept("TOP") ? Primary() : null;
        var value = Accept("VALUE") ? Expression() : null;
        var selected = new List<SqlSelected>();
        if (value is null && !Accept("*"))
        {
            do
            {
                selected.Add(Selected(selected.Count + 1));
            }
            while (Accept(","));
        }

        if (Accept("FROM"))
        {
            _at++;
            _ = Accept("AS");
            _at += Next.Kind == SqlTokenKind.Word && !IsClause(Next) ? 1 : 0;
        }

        var where = Accept("WHERE") ? Expression() : null;
        var groupBy = AcceptBy("GROUP") ? Many(Expression) : [];
        var orderBy = AcceptBy("ORDER") ? Many(Ordered) : [];
        var offset = Accept("OFFSET") ? Primary() : null;
        return new SqlQuery
        {
            Distinct = distinct,
            Top = top,
            Value = value,
            Selected = selected,
            Where = where,
            GroupBy = groupBy,
            OrderBy = orderBy,
            Offset = offset,
            Limit = Accept("LIMIT") ? Primary() : null,
        };
    }

    private SqlSelected Selected(int number)
    {
        var expression = Expression();
        return new SqlSelected(expression, Accept("AS") ? Word() : expression switch
        {
            SqlMember { Name: SqlLiteral { Value: { ValueKind: JsonValueKind.String } name } } => name.GetString()!,
            SqlItem => _alias,
            _ => $"${number}",
        });
    }

    private (SqlExpression, bool) Ordered()
    {
        var expression = Expression();
        var descending = Accept("DESC");
        _ = descending || Accept("ASC");
        return (expression, descending);
    }

    private List<T> Many<T>(Func<T> one)
    {
        var many = new List<T> { one() };
        while (Accept(","))
        {
            many.Add(one());
        }

        return many;
    }

    private SqlExpression Expression() => Binary(0);

    private SqlExpression Binary(int level)
    {
        if (level == Operators.Length)
        {
            return Primary();
        }

        if (level == Comparisons && Accept("NOT"))
        {
            return new SqlNot(Binary(level));
        }

        var left = Binary(level + 1);
        while (Array.Find(Operators[level], Next.Is) is { } found)
        {
            _at++;
            left = found switch
            {
                "NOT" => new SqlNot(Comparison(left, Word().ToUpperInvariant())),
                "IN" or "BETWEEN" => Comparison(left, found),
                _ => new SqlBinary(found, left, Binary(level + 1)),
            };
        }

        return left;
    }

    private SqlExpression Comparison(SqlExpression left, string kind)
    {
        if (kind == "IN")
        {
            Expect("(");
            var choices = Many(Expression);
            Expect(")");
            return new SqlIn(left, choices);
        }

        var low = Binary(Comparisons + 1);
        Expect("AND");
        return new SqlBinary("AND", new SqlBinary(">=", left, low), new SqlBinary("<=", left, Binary(Comparisons + 1)));
    }

    private SqlExpression Primary()
    {
        var token = Next;
        _at++;
        SqlExpression made = token.Kind switch
        {
            SqlTokenKind.Number => new SqlLiteral(SqlValues.Of(double.Parse(token.Text, CultureInfo.InvariantCulture))),
            SqlTokenKind.Text => new SqlLiteral(SqlValues.Of(token.Text)),
            SqlTokenKind.Parameter => new SqlParameter(token.Text),
            SqlTokenKind.Word when Next.Is("(") => Call(token.Text.ToUpperInvariant()),
            SqlTokenKind.Word => token.Text switch
            {
                "true" => new SqlLiteral(SqlValues.True),
                "false" => new SqlLiteral(SqlValues.False),
                "null" => new SqlLiteral(SqlValues.Null),
                "undefined" => new SqlLiteral(SqlValues.Undefined),
                _ when token.Text == _alias => new SqlItem(),
                _ => throw new SqlException($"the identifier {token.Text} could not be resolved"),
            },
            SqlTokenKind.Symbol when token.Text == "(" => Closed(Expression(), ")"),
            SqlTokenKind.Symbol when token.Text == "[" => new SqlArray(Accept("]") ? [] : Closed(Many(Expression), "]")),
            SqlTokenKind.Symbol when token.Text == "{" => new SqlObject(Closed(Many(Member), "}")),
            SqlTokenKind.Symbol when token.Text == "-" => new SqlBinary("-", new SqlLiteral(SqlValues.Of(0)), Primary()),
            _ => throw Unexpected(),
        };
        return Members(made);
    }

    private SqlExpression Members(SqlExpression of)
    {
        while (true)
        {
            if (Accept("."))
            {
                of = new SqlMember(of, new SqlLiteral(SqlValues.Of(Word())));
            }
            else if (Accept("["))
            {
                of = new SqlMember(of, Closed(Expression(), "]"));
            }
            else
            {
                return of;
            }
        }
    }

    private (string, SqlExpression) Member()
    {
        var name = Next.Text;
        _at++;
        Expect(":");
        return (name, Expression());
    }

    private SqlCall Call(string name)
    {
        Expect("(");
        return new SqlCall(name, Accept(")") ? [] : Closed(Many(Expression), ")"));
    }

    private T Closed<T>(T value, string by)
    {
        Expect(by);
        return value;
    }

    private string Word()
    {
        var token = Next;
        _at++;
        return token.Kind == SqlTokenKind.Word ? token.Text : throw Unexpected();
    }

    private bool AcceptBy(string word)
    {
        if (!Accept(word))
        {
            return false;
        }

        Expect("BY");
        return true;
    }

    private bool Accept(string word)
    {
        var accepted = Next.Is(word);
        _at += accepted ? 1 : 0;
        return accepted;
    }

    private void Expect(string word)
    {
        if (!Accept(word))
        {
            throw Unexpected();
        }
    }

    private SqlException Unexpected() => new($"syntax error near '{string.Join(' ', _tokens.Skip(Math.Max(0, _at - 1)).Take(4).Select(static t => t.Text))}'");
}
