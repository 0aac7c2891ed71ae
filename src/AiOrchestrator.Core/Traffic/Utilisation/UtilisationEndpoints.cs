using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Traffic.Utilisation;

/// <summary>How far one window of a provider is used.</summary>
/// <param name="Window">Which.</param>
/// <param name="LimitId">The limit it is of; null for connections.</param>
/// <param name="Limit">What is allowed in it; null for money.</param>
/// <param name="Used">Requests admitted, or tokens settled, in the present minute or day of UTC; calls under way in this instance; null for money.</param>
/// <param name="Utilisation">0 where nothing is used, 1 where nothing more may be taken now. By the minute a bucket fills evenly, so this is not what is used by what is allowed.</param>
/// <param name="ResetMs">Milliseconds until nothing is used any more; 0 for connections.</param>
/// <param name="LimitUsd">Of money: what is allowed, US dollars as decimal text; else null.</param>
/// <param name="UsedUsd">Of money: settled today, and held by calls under way; else null.</param>
public sealed record UseWindowView(
    UseWindow Window, string? LimitId, long? Limit, long? Used, double Utilisation, long ResetMs, string? LimitUsd = null, string? UsedUsd = null);

/// <summary>The most that was used in an hour of the day, of the last seven days: 0 to 1.</summary>
/// <param name="Hour">0 to 23, UTC.</param>
/// <param name="RequestsPerMinute">Of the limit that was used most.</param>
/// <param name="TokensPerMinute">Likewise.</param>
/// <param name="RequestsPerDay">Likewise.</param>
/// <param name="TokensPerDay">Likewise.</param>
/// <param name="CostUsdPerDay">Likewise.</param>
/// <param name="Connections">Of the instance that used most.</param>
public sealed record UsePeakView(
    int Hour, double RequestsPerMinute, double TokensPerMinute, double RequestsPerDay, double TokensPerDay, double CostUsdPerDay, double Connections);

/// <summary>How far a provider is used.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Utilisation">Of the window that is used most, 0 to 1.</param>
/// <param name="Windows">All of them: those its limits have, and its connections.</param>
/// <param name="Peaks">Hours of the day in which anything was used.</param>
public sealed record ProviderUtilisationView(string Provider, double Utilisation, IReadOnlyList<UseWindowView> Windows, IReadOnlyList<UsePeakView> Peaks);

internal static class UtilisationEndpoints
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/control/v1/utilisation", ListAsync)
        .WithTags("Queue").WithName("listUtilisation").WithSummary("How far each provider's limits and places are used, and when most")
        .Requires(Permission.Administer).Produces<Page<ProviderUtilisationView>>();

    private static async Task<IResult> ListAsync(HttpContext context, [FromServices] ShowUtilisation show, [FromServices] ProviderDirectory providers) => Replies.Json(
        new Page<ProviderUtilisationView>(await show.ExecuteAsync(context.GetCaller().OrganisationId, providers.Current, context.RequestAborted), Next: null),
        UtilisationJson.Default.PageProviderUtilisationView);
}
