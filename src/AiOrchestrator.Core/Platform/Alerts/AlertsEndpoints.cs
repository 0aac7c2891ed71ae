using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Platform.Alerts;

/// <summary>Who asks for alerts. Identity knows; Platform comes before it and is told.</summary>
/// <param name="context">The request.</param>
/// <returns>The caller's organisation, and the person or service that acts.</returns>
public delegate (string OrganisationId, string PrincipalId) FindAlertCaller(HttpContext context);

/// <summary>The body of <c>POST /control/v1/alerts/{id}/acknowledge</c>; may be left out.</summary>
/// <param name="Note">What whoever takes note has to say; 1 to 500 characters.</param>
public sealed record AcknowledgeRequest(string? Note = null);

/// <summary>An alert as the control API shows it.</summary>
/// <param name="Id">To acknowledge it by.</param>
/// <param name="Kind">What kind of thing happened.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Subject">One line.</param>
/// <param name="Text">What happened and what to do.</param>
/// <param name="Data">Ids and figures.</param>
/// <param name="Count">How often it happened, where that is counted.</param>
/// <param name="CreatedAt">RFC 3339.</param>
/// <param name="AcknowledgedAt">RFC 3339, or null.</param>
/// <param name="AcknowledgedBy">Who took note of it, or null.</param>
/// <param name="Note">What they said, or null.</param>
public sealed record AlertView(
    string Id,
    string Kind,
    AlertSeverity Severity,
    string Subject,
    string Text,
    IReadOnlyDictionary<string, string> Data,
    long Count,
    string CreatedAt,
    string? AcknowledgedAt,
    string? AcknowledgedBy,
    string? Note)
{
    internal static AlertView Of(Alert alert) => new(
        alert.Id,
        alert.Kind,
        alert.Severity,
        alert.Subject,
        alert.Text,
        alert.Data,
        alert.Count,
        Rfc3339.Format(alert.CreatedUnixMs),
        Rfc3339.Format(alert.AcknowledgedUnixMs),
        alert.AcknowledgedBy,
        alert.Note);
}

internal static class AlertsEndpoints
{
    private const int MaxNoteLength = 500;

    public static void Map(IEndpointRouteBuilder routes, FindAlertCaller callerOf)
    {
        routes.MapGet("", (HttpContext context, [FromServices] AlertBook book, string? kind, string? limit, string? after) =>
                ListAsync(context, callerOf(context).OrganisationId, book))
            .WithTags("Platform").WithName("listAlerts").WithSummary("What a person should know, newest first")
            .Produces<Page<AlertView>>().Fails(400);
        routes.MapPost("/{id}/acknowledge", (HttpContext context, string id, [FromServices] AlertBook book) =>
                AcknowledgeAsync(context, id, callerOf(context), book))
            .WithTags("Platform").WithName("acknowledgeAlert").WithSummary("Somebody took note of it")
            .Accepts<AcknowledgeRequest>(isOptional: true, "application/json").Produces<AlertView>().Fails(400, 404, 409, 413);
    }

    private static async Task<IResult> ListAsync(HttpContext context, string organisationId, AlertBook book)
    {
        var parameters = new QueryReader(context.Request.Query);
        var limit = parameters.Limit();
        var after = parameters.Text("after");
        var kind = parameters.Text("kind");
        if (kind is not null && !AlertKinds.All.Contains(kind))
        {
            parameters.Problem("kind", $"must be one of {string.Join(", ", AlertKinds.All)}");
        }

        if (parameters.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        var (alerts, next) = await book.ListAsync(organisationId, after, kind, limit, context.RequestAborted);
        return Replies.Json(new Page<AlertView>([.. alerts.Select(AlertView.Of)], next), AlertsJson.Default.PageAlertView);
    }

    private static async Task<IResult> AcknowledgeAsync(
        HttpContext context, string id, (string OrganisationId, string PrincipalId) caller, AlertBook book)
    {
        var body = await RequestBody.ReadOptionalAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var note = body.Value.Text("note", MaxNoteLength);
        if (body.Value.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        var result = await book.AcknowledgeAsync(caller.OrganisationId, id, caller.PrincipalId, note, context.RequestAborted);
        return result.Failed ? Replies.Fail(result.Failure) : Replies.Json(AlertView.Of(result.Value), AlertsJson.Default.AlertView);
    }
}
