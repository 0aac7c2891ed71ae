using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Platform;

/// <summary>The answer of <c>GET /health</c>.</summary>
/// <param name="Status">Always <c>ok</c>: a process that answers is alive.</param>
public sealed record HealthView(string Status);

/// <summary>The answer of <c>GET /ready</c>.</summary>
/// <param name="Status"><c>ready</c>, <c>degraded</c> (calls are served, something is missing or late) or <c>not_ready</c>.</param>
/// <param name="Checks">What was looked at.</param>
public sealed record ReadyView(string Status, IReadOnlyList<CheckView> Checks);

/// <summary>One dependency.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="Status"><c>ready</c>, <c>degraded</c> or <c>not_ready</c>.</param>
/// <param name="Detail">What is wrong and what to do; null when ready.</param>
public sealed record CheckView(string Name, string Status, string? Detail);

/// <summary>The written form of the platform's answers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(HealthView))]
[JsonSerializable(typeof(ReadyView))]
[JsonSerializable(typeof(ErrorEnvelope))]
internal sealed partial class PlatformJson : JsonSerializerContext;

internal static class PlatformEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health", Health)
            .WithTags("Platform").WithName("health").WithSummary("Whether the process is alive")
            .Produces<HealthView>();
        routes.MapGet("/ready", Ready)
            .WithTags("Platform").WithName("ready").WithSummary("Whether calls can be served, and what is degraded")
            .Produces<ReadyView>()
            .Produces<ReadyView>(StatusCodes.Status503ServiceUnavailable);
    }

    private static IResult Health() => Replies.Json(new HealthView("ok"), PlatformJson.Default.HealthView);

    private static IResult Ready([FromServices] IEnumerable<IReadinessCheck> checks)
    {
        var reports = checks.Select(static c => c.Check()).OrderBy(static r => r.Name, StringComparer.Ordinal).ToList();
        var worst = reports.Count == 0 ? Readiness.Ready : reports.Max(static r => r.Readiness);
        var view = new ReadyView(Word(worst), [.. reports.Select(static r => new CheckView(r.Name, Word(r.Readiness), r.Detail))]);
        return Replies.Json(
            view,
            PlatformJson.Default.ReadyView,
            worst == Readiness.NotReady ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
    }

    private static string Word(Readiness readiness) => readiness switch
    {
        Readiness.Ready => "ready",
        Readiness.Degraded => "degraded",
        _ => "not_ready",
    };
}
