using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Server.Storage;

/// <summary>The journal's line of <c>GET /ready</c>: without it no call may start.</summary>
internal sealed class JournalReadiness(Journal journal) : IReadinessCheck
{
    /// <inheritdoc/>
    public ReadinessReport Check()
    {
        if (journal.Failure is { } failure)
        {
            var dropped = journal.DroppedEvents;
            var also = dropped == 0 ? "" : $" {dropped} events of refused calls were dropped.";
            return new("journal", Readiness.NotReady, $"{failure}. Calls are refused until there is space again.{also}");
        }

        return new("journal", Readiness.Ready, Detail: null);
    }
}
