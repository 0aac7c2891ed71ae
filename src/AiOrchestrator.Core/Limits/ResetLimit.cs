using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Limits;

/// <summary>Makes a limit's counters as new, for one subject or for all.</summary>
internal sealed class ResetLimit(IRateAuthority authority, RatePools pools, DayCounters? days = null)
{
    private const int MaxSubjectLength = 200;

    /// <summary>Null when it is done, or what is wrong with the request.</summary>
    public async Task<ApiFailure?> ExecuteAsync(Limit limit, MemberReader body, CancellationToken cancellation)
    {
        var subject = body.Text("subject", MaxSubjectLength);
        if (body.Finish() is { } invalid)
        {
            return invalid;
        }

        // What is out in grants is told first: it belongs to what is forgotten.
        await pools.ReportAllAsync(limit.Id);
        await authority.ResetAsync(limit.Id, subject);
        pools.TellChanged();
        if (days is not null)
        {
            await days.SaveAsync(cancellation);
        }

        return null;
    }
}
