using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Traffic.Assignments;

/// <summary>Which models do which kind of work, for whom.</summary>
internal static class AssignmentsModule
{
    /// <summary>Registers them.</summary>
    public static IServiceCollection AddAssignments(this IServiceCollection services)
    {
        services.AddJson(AssignmentsJson.Default);
        return services.AddParts(static _ => new PartKind<StoredAssignment, AssignmentSet>(
            "assignments",
            AssignmentsJson.Default.StoredAssignment,
            static a => a.Id,
            static (organisationId, stored) => new AssignmentSet(organisationId, stored),
            static () => new AssignmentNotFound()));
    }
}
