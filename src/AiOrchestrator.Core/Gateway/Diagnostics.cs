using System.Diagnostics;
using System.Text.Json.Serialization;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Gateway;

/// <summary>What the process itself uses, for whoever measures it.</summary>
/// <param name="InstanceId">As in usage events.</param>
/// <param name="CallsUnderWay">Calls not yet settled.</param>
/// <param name="DrainsUnderWay">Of them, answers that are read on though their clients have gone.</param>
/// <param name="AllocatedBytes">Allocated on the managed heap since the start.</param>
/// <param name="WorkingSetBytes">Resident memory.</param>
/// <param name="HeapBytes">Managed heap now.</param>
/// <param name="GcGen0">Collections of the youngest generation.</param>
/// <param name="GcGen2">Full collections.</param>
/// <param name="ThreadPoolThreads">Threads in the pool.</param>
public sealed record Diagnostics(
    string InstanceId,
    int CallsUnderWay,
    int DrainsUnderWay,
    long AllocatedBytes,
    long WorkingSetBytes,
    long HeapBytes,
    int GcGen0,
    int GcGen2,
    int ThreadPoolThreads);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Diagnostics))]
internal sealed partial class DiagnosticsJson : JsonSerializerContext;

/// <summary><c>GET /control/v1/diagnostics</c>.</summary>
internal static class DiagnosticsEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var drain = routes.ServiceProvider.GetRequiredService<Drain>();
        var places = routes.ServiceProvider.GetRequiredService<DrainPlaces>();
        var instance = routes.ServiceProvider.GetRequiredService<InstanceIdentity>();
        routes.MapGet("/control/v1/diagnostics", () => TypedResults.Json(Read(drain, places, instance), DiagnosticsJson.Default.Diagnostics))
            .WithName("getDiagnostics")
            .WithSummary("What this process uses: memory, collections, calls under way.")
            .WithTags("Control plane")
            .Produces<Diagnostics>()
            .Requires(Permission.Administer);
    }

    private static Diagnostics Read(Drain drain, DrainPlaces places, InstanceIdentity instance)
    {
        using var process = Process.GetCurrentProcess();
        return new Diagnostics(
            instance.Id,
            drain.UnderWay,
            places.Taken,
            GC.GetTotalAllocatedBytes(),
            process.WorkingSet64,
            GC.GetTotalMemory(forceFullCollection: false),
            GC.CollectionCount(0),
            GC.CollectionCount(2),
            ThreadPool.ThreadCount);
    }
}
