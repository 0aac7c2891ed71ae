using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Insight;

internal static class ChargebackEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        Map(routes.MapGroup("/control/v1/chargeback").Requires(Permission.Administer), "chargeback");
        Map(routes.MapGroup("/v1/chargeback").Requires(Permission.UseWallets), "myChargeback");
    }

    private static void Map(RouteGroupBuilder group, string name) =>
        group.WithTags("Usage").MapGet("", ReportAsync).WithName(name)
            .WithSummary("What calls cost, by wallet, team, cost centre, key, model, provider or day; as JSON or CSV")
            .Produces<ChargebackView>(StatusCodes.Status200OK, "application/json", "text/csv").Fails(400, 404);

    private static IResult ReportAsync(HttpContext context, [FromServices] Chargeback chargeback, [AsParameters] ChargebackFilter filter)
    {
        _ = filter;
        var report = chargeback.Read(context.GetCaller(), new QueryReader(context.Request.Query), context.Request.Headers.Accept.ToString());
        return report.Failed ? Replies.Fail(report.Failure) : new ReportReply(chargeback, report.Value);
    }

    /// <summary>Writes rows as they are read. The first is read before the answer begins, so that what fails at once is told as a failure.</summary>
    private sealed class ReportReply(Chargeback chargeback, ChargebackReport report) : IResult
    {
        private const int FlushBytes = 16 * 1024;

        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            ChargebackText text = report.IsCsv ? new ChargebackCsv(report.Columns) : new ChargebackJson(report.Columns);
            await using var rows = chargeback.RowsAsync(report, httpContext.RequestAborted).GetAsyncEnumerator(httpContext.RequestAborted);
            var more = await rows.MoveNextAsync();
            response.ContentType = report.IsCsv ? "text/csv; charset=utf-8" : "application/json; charset=utf-8";
            if (report.IsCsv)
            {
                response.Headers.ContentDisposition = "attachment; filename=\"chargeback.csv\"";
            }

            text.Begin(response.BodyWriter);
            for (; more; more = await rows.MoveNextAsync())
            {
                text.Write(response.BodyWriter, rows.Current);
                if (response.BodyWriter.UnflushedBytes >= FlushBytes)
                {
                    await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
                }
            }

            text.End(response.BodyWriter);
            await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
        }
    }
}

/// <summary>The query parameters of a report. Declared for the OpenAPI document; <see cref="Chargeback"/> reads them by hand.</summary>
internal sealed record ChargebackFilter(
    [property: FromQuery(Name = "from")] string? From,
    [property: FromQuery(Name = "to")] string? To,
    [property: FromQuery(Name = "group_by")] string? GroupBy,
    [property: FromQuery(Name = "wallet")] string? Wallet,
    [property: FromQuery(Name = "format")] string? Format);
