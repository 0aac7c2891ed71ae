using System.Text.Json.Serialization;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Money;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Insight.Legacy;

/// <summary>The answer of <c>GET /control/v1/usage/legacy</c>.</summary>
/// <param name="Data">In order of what is used, team and key.</param>
/// <param name="AsOf">When they were counted, RFC 3339; calls of the last seconds may not be in.</param>
public sealed record LegacyUsesView(IReadOnlyList<LegacyUseView> Data, string AsOf);

/// <summary>Calls of one key that used one thing of an earlier time.</summary>
/// <param name="Use">What: <c>functions</c>, <c>max_tokens</c>, <c>completions</c>, or <c>model:</c> and the name that was asked for.</param>
/// <param name="Team">The team's wallet at the time of the calls; null for none.</param>
/// <param name="TeamName">Its name now.</param>
/// <param name="Key">The API key.</param>
/// <param name="Calls">How many; one that used several things counts for each. Those that were refused are not counted.</param>
/// <param name="CostUsd">What they cost when they ended; decimal string of US dollars.</param>
/// <param name="LastUsed">The last day (UTC) of them.</param>
public sealed record LegacyUseView(string Use, string? Team, string? TeamName, string? Key, long Calls, string CostUsd, string LastUsed);

/// <summary>The written form of the report.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(LegacyUsesView))]
internal sealed partial class LegacyJson : JsonSerializerContext;

internal static class LegacyEndpoints
{
    private const long WindowHours = 30 * 24;

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/control/v1/usage/legacy", GetAsync).WithTags("Usage").Requires(Permission.Administer)
        .WithName("getLegacyUse").WithSummary("Who still uses models and shapes of requests of an earlier time, by team and key")
        .Produces<LegacyUsesView>().Fails(400);

    private static async Task<IResult> GetAsync(
        HttpContext context,
        [FromServices] ReadLegacyUse read,
        [FromServices] WalletDirectory wallets,
        [FromServices] TimeProvider time,
        [FromQuery(Name = "from")] string? from,
        [FromQuery(Name = "to")] string? to)
    {
        _ = (from, to);
        var asOf = time.GetUtcNow().ToUnixTimeMilliseconds();
        var query = new QueryReader(context.Request.Query);
        var fromHour = Chargeback.Hour(query, "from");
        var untilHour = Chargeback.Hour(query, "to");
        if (fromHour >= untilHour)
        {
            query.Problem("to", "must be later than 'from'");
        }

        if (query.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        var organisationId = context.GetCaller().OrganisationId;
        var uses = await read.ExecuteAsync(
            organisationId, fromHour ?? (untilHour ?? ChargebackQuery.HourOf(asOf)) - WindowHours, untilHour, context.RequestAborted);
        return Replies.Json(
            new LegacyUsesView(
                [
                    .. uses.Select(u => new LegacyUseView(
                        u.Use,
                        u.TeamId,
                        u.TeamId is { } team ? wallets.Get(organisationId, team)?.Name : null,
                        u.KeyId,
                        u.Calls,
                        NanoUsd.FormatUsd(u.CostNanoUsd),
                        u.LastDay)),
                ],
                Rfc3339.Format(asOf)),
            LegacyJson.Default.LegacyUsesView);
    }
}
