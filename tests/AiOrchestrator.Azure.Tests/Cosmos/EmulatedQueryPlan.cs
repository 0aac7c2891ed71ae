using System.Text.Json;
using AiOrchestrator.Azure.Tests.Cosmos.Sql;

namespace AiOrchestrator.Azure.Tests.Cosmos;

/// <summary>
/// How a query is to be run. The SDK asks for it unless <c>EnableOptimisticDirectExecution</c> is set, and for aggregates, DISTINCT and GROUP BY
/// even then (it only checks them by it, and sends the query as it stands). Without that option it would put those together itself, from a
/// query that the service rewrites: that is not emulated, and the SDK fails on what it gets.
/// </summary>
internal static class EmulatedQueryPlan
{
    public static EmulatedAnswer Of(JsonElement request, string? partitionKey)
    {
        var query = SqlParser.Parse(request.GetProperty("query").GetString()!);
        if (partitionKey is null && (query.OrderBy.Count > 0 || query.Top is not null || query.Offset is not null))
        {
            return EmulatedAnswer.BadRequest("order and number over partition keys are not emulated");
        }

        var plan = new
        {
            partitionedQueryExecutionInfoVersion = 2,
            queryInfo = new
            {
                distinctType = query.Distinct ? "Unordered" : "None",
                orderBy = query.OrderBy.Select(static o => o.Descending ? "Descending" : "Ascending").ToArray(),
                groupByExpressions = query.GroupBy.Select(static _ => "c").ToArray(),
                aggregates = query.Aggregates ? ["Sum"] : Array.Empty<string>(),
                groupByAliases = Array.Empty<string>(),
                groupByAliasToAggregateType = new { },
                rewrittenQuery = "",
                hasSelectValue = query.Value is not null,
                hasNonStreamingOrderBy = false,
            },
            queryRanges = new object[] { new { min = "", max = "FF", isMinInclusive = true, isMaxInclusive = false } },
        };
        return new EmulatedAnswer(200, JsonSerializer.SerializeToUtf8Bytes(plan));
    }
}
