using System.Globalization;
using System.Text;

namespace AiOrchestrator.Azure.Tests.Cosmos.Sql;

internal enum SqlTokenKind
{
    Word,
    Parameter,
    Number,
    Text,
    Symbol,
    End,
}

/// <summary>A piece of a query. Words keep their letters; keywords are compared without case.</summary>
internal readonly record struct SqlToken(SqlTokenKind Kind, string Text)
{
    public bool Is(string word) => Kind is SqlTokenKind.Word or SqlTokenKind.Symbol && Text.Equals(word, StringComparison.OrdinalIgnoreCase);
}

internal static class SqlLexer
{
    private static readonly string[] TwoCharacters = ["!=", "<>", "<=", ">=", "||", "??"];

    public static IReadOnlyList<SqlToken> Read(string sql)
    {
        var tokens = new List<SqlToken>();
        for (var at = 0; at < sql.Length;)
        {
            var c = sql[at];
            if (char.IsWhiteSpace(c))
            {
                at++;
            }
            else if (char.IsLetter(c) || c is '_' or '@')
            {
                var end = While(sql, at + 1, static c => char.IsLetterOrDigit(c) || c == '_');
                tokens.Add(new SqlToken(c == '@' ? SqlTokenKind.Parameter : SqlTokenKind.Word, sql[at..end]));
                at = end;
            }
            else if (char.IsDigit(c))
            {
                var end = While(sql, at, static c => char.IsLetterOrDigit(c) || c == '.');
                tokens.Add(new SqlToken(SqlTokenKind.Number, double.Parse(sql[at..end], CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture)));
                at = end;
            }
            else if (c is '"' or '\'')
            {
                tokens.Add(new SqlToken(SqlTokenKind.Text, Quoted(sql, ref at)));
            }
            else
            {
                var text = at + 1 < sql.Length && TwoCharacters.Contains(sql.Substring(at, 2)) ? sql.Substring(at, 2) : c.ToString();
                tokens.Add(new SqlToken(SqlTokenKind.Symbol, text));
                at += text.Length;
            }
        }

        tokens.Add(new SqlToken(SqlTokenKind.End, ""));
        return tokens;
    }

    private static int While(string sql, int at, Func<char, bool> holds)
    {
        while (at < sql.Length && holds(sql[at]))
        {
            at++;
        }

        return at;
    }

    private static string Quoted(string sql, ref int at)
    {
        var quote = sql[at++];
        var text = new StringBuilder();
        while (sql[at] != quote)
        {
            if (sql[at] == '\\')
            {
                at++;
            }

            text.Append(sql[at++]);
        }

        at++;
        return text.ToString();
    }
}
