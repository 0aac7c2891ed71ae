using System.Text.Json.Serialization;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Insight.Quotas;

/// <summary>The answer of <c>GET /control/v1/plan/quotas</c>.</summary>
/// <param name="Data">The quotas in the order of the plan.</param>
/// <param name="AsOf">When they were counted, RFC 3339; calls of the last seconds may not be in.</param>
public sealed record QuotasView(IReadOnlyList<QuotaView> Data, string AsOf);

/// <summary>How far a free quota is used.</summary>
/// <param name="Provider">The provider's row.</param>
/// <param name="Model">One model of it; null: all together.</param>
/// <param name="Window"><c>day</c> or <c>month</c>.</param>
/// <param name="WindowStart">RFC 3339.</param>
/// <param name="WindowEnd">RFC 3339; there it begins anew.</param>
/// <param name="Requests">Calls, if they are bounded.</param>
/// <param name="Tokens">Tokens, if they are bounded.</param>
/// <param name="Percent">Of the bound that is nearer to its end; above 100 when it is exceeded.</param>
public sealed record QuotaView(
    string Provider,
    string? Model,
    QuotaWindow Window,
    string WindowStart,
    string WindowEnd,
    QuotaCountView? Requests,
    QuotaCountView? Tokens,
    long Percent)
{
    internal static QuotaView Of(QuotaStatus status) => new(
        status.Quota.Provider,
        status.Quota.Model,
        status.Quota.Window,
        Rfc3339.Format(status.StartUnixMs),
        Rfc3339.Format(status.EndUnixMs),
        status.Quota.Requests is { } requests ? new QuotaCountView(status.Requests, requests) : null,
        status.Quota.Tokens is { } tokens ? new QuotaCountView(status.Tokens, tokens) : null,
        status.Percent);
}

/// <summary>One count of a quota.</summary>
/// <param name="Used">What is used.</param>
/// <param name="Limit">What is free.</param>
public sealed record QuotaCountView(long Used, long Limit);

/// <summary>The written form of quotas.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(QuotasView))]
internal sealed partial class QuotasJson : JsonSerializerContext;

internal static class QuotasEndpoints
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/control/v1/plan/quotas", GetAsync).WithTags("Prices").Requires(Permission.Administer)
        .WithName("getQuotas").WithSummary("How far the plan's free quotas are used").Produces<QuotasView>();

    private static async Task<IResult> GetAsync(HttpContext context, [FromServices] ReadQuotas read, [FromServices] TimeProvider time)
    {
        var asOf = time.GetUtcNow().ToUnixTimeMilliseconds();
        var quotas = await read.ExecuteAsync(context.GetCaller().OrganisationId, context.RequestAborted);
        return Replies.Json(new QuotasView([.. quotas.Select(QuotaView.Of)], Rfc3339.Format(asOf)), QuotasJson.Default.QuotasView);
    }
}
