using System.Text;
using System.Text.Json;
using AiOrchestrator.Azure.Tests.Cosmos.Sql;

namespace AiOrchestrator.Azure.Tests.Cosmos;

/// <summary>
/// Runs a query, page by page. A continuation token says after which place the next page begins, so what is written or deleted between two
/// pages moves nothing.
/// </summary>
internal static class EmulatedQuery
{
    /// <summary>A page.</summary>
    /// <param name="container">Over which.</param>
    /// <param name="request"><c>{"query": text, "parameters": [{"name", "value"}]}</c>.</param>
    /// <param name="partitionKey">Only of this partition key; null: of all.</param>
    /// <param name="continuation">Where the page before ended; null: the first.</param>
    /// <param name="limit">At most.</param>
    public static EmulatedAnswer Page(EmulatedContainer container, JsonElement request, string? partitionKey, string? continuation, int limit)
    {
        try
        {
            var query = SqlParser.Parse(request.GetProperty("query").GetString()!);
            var parameters = request.TryGetProperty("parameters", out var given)
                ? given.EnumerateArray().ToDictionary(static p => p.GetProperty("name").GetString()!, static p => p.GetProperty("value"), StringComparer.Ordinal)
                : [];
            lock (container.Lock)
            {
                return Page(container, query, new SqlRow(SqlValues.Undefined, parameters), partitionKey, Place.Read(continuation), limit);
            }
        }
        catch (SqlException e)
        {
            return EmulatedAnswer.BadRequest($"Syntax error: {e.Message}");
        }
    }

    private static EmulatedAnswer Page(
        EmulatedContainer container, SqlQuery query, SqlRow scope, string? partitionKey, Place? after, int limit)
    {
        var items = container.Live()
            .Where(i => partitionKey is null || i.PartitionKey == partitionKey)
            .Where(i => query.Where?.Evaluate(scope with { Item = i.Json }).IsTrue() ?? true);
        var rows = query.Aggregates ? Groups(query, scope, items) : items.Select(i => new Row(scope with { Item = i.Json }, i.Number));
        var order = new RowOrder(query);
        var results = rows
            .Select(r => new Result(Select(query, r.Scope), order.Place(r)))
            .Where(static r => r.Value.IsDefined())
            .OrderBy(static r => r.Place, order)
            .AsEnumerable();
        if (query.Distinct)
        {
            results = results.DistinctBy(static r => r.Value.GetRawText());
        }

        var skip = Count(query.Offset, scope) ?? 0;
        var most = Math.Min(Count(query.Top, scope) ?? int.MaxValue, Count(query.Limit, scope) ?? int.MaxValue);
        Result[] left =
        [
            .. after is null
                ? results.Skip(skip).Take(most)
                : results.Where(r => order.Compare(r.Place, after) > 0).Take(most - after.Taken),
        ];
        var page = left.Take(limit).ToArray();
        var answer = container.Page([.. page.Select(static r => r.Value)]);
        return left.Length == page.Length
            ? answer
            : answer with { Continuation = (page[^1].Place with { Taken = (after?.Taken ?? 0) + page.Length }).Write() };
    }

    private static IEnumerable<Row> Groups(SqlQuery query, SqlRow scope, IEnumerable<EmulatedItem> items)
    {
        JsonElement[] all = [.. items.Select(static i => i.Json)];

        // Without GROUP BY there is one group, and it may be empty.
        var groups = query.GroupBy.Count == 0
            ? [all]
            : all.GroupBy(i => string.Join(',', query.GroupBy.Select(g => Raw(g.Evaluate(scope with { Item = i }))))).Select(static g => g.ToArray());
        return groups.Select((g, number) => new Row(scope with { Item = g.FirstOrDefault(), Group = g }, number));
    }

    private static JsonElement Select(SqlQuery query, SqlRow scope)
    {
        if (query.Value is { } value)
        {
            return value.Evaluate(scope);
        }

        return query.Selected.Count == 0
            ? scope.Item
            : new SqlObject([.. query.Selected.Select(static s => (s.Name, s.Expression))]).Evaluate(scope);
    }

    private static string Raw(JsonElement value) => value.IsDefined() ? value.GetRawText() : "";

    private static int? Count(SqlExpression? expression, SqlRow scope) => expression is null ? null : (int)expression.Evaluate(scope).GetDouble();

    private sealed record Row(SqlRow Scope, long Number);

    private sealed record Result(JsonElement Value, Place Place);

    /// <summary>A place in the order of results.</summary>
    /// <param name="Keys">What they are ordered by; an element that is undefined is an empty array's.</param>
    /// <param name="Number">The item, which decides between equals.</param>
    /// <param name="Taken">How many results there were up to it.</param>
    private sealed record Place(IReadOnlyList<JsonElement[]> Keys, long Number, int Taken)
    {
        public static Place? Read(string? token) =>
            token is null ? null : JsonSerializer.Deserialize<Place>(Convert.FromBase64String(token));

        public string Write() => Convert.ToBase64String(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(this)));
    }

    private sealed class RowOrder(SqlQuery query) : IComparer<Place>
    {
        public Place Place(Row row) => new(
            [.. query.OrderBy.Select(o => o.Expression.Evaluate(row.Scope) is var key && key.IsDefined() ? [key] : Array.Empty<JsonElement>())],
            row.Number,
            0);

        public int Compare(Place? x, Place? y)
        {
            for (var i = 0; i < query.OrderBy.Count; i++)
            {
                var compared = SqlValues.Compare(x!.Keys[i].FirstOrDefault(), y!.Keys[i].FirstOrDefault());
                if (compared != 0)
                {
                    return query.OrderBy[i].Descending ? -compared : compared;
                }
            }

            return x!.Number.CompareTo(y!.Number);
        }
    }
}
