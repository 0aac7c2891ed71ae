using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight;

/// <summary>Lists calls, newest first: an API key's own, or all of the organisation for whoever sees all.</summary>
internal static class QueryUsage
{
    public static async Task<Result<Page<UsageView>>> ExecuteAsync(
        IUsageStore store, Caller caller, QueryReader parameters, CancellationToken cancellation)
    {
        var limit = parameters.Limit();
        var key = parameters.Text("key");
        var from = parameters.Moment("from");
        var until = parameters.Moment("to");
        if (from >= until)
        {
            parameters.Problem("to", "must be later than 'from'");
        }

        var query = new UsageQuery(caller.OrganisationId)
        {
            KeyId = caller.SeesAll ? key : caller.Key!.Id,
            Model = parameters.Text("model"),
            Provider = parameters.Text("provider"),
            Status = Status(parameters),
            RequestId = parameters.Text("request_id"),
            FromUnixMs = from,
            UntilUnixMs = until,
            Before = After(parameters),
            Limit = limit,
        };
        if (parameters.Finish() is { } invalid)
        {
            return invalid;
        }

        if (!caller.SeesAll && key is not null && key != caller.Key!.Id)
        {
            return PermissionDenied.NotYours;
        }

        var events = await store.QueryAsync(query, cancellation);

        // A full page may have been the last one; then the next is empty. Asking for one more would break the port's bound of 1000.
        return new Page<UsageView>([.. events.Select(UsageView.Of)], events.Count == limit ? events[^1].Id : null);
    }

    private static UsageStatus? Status(QueryReader parameters)
    {
        UsageStatus? status = parameters.Text("status") switch
        {
            null => null,
            "ok" => UsageStatus.Ok,
            "refused" => UsageStatus.Refused,
            "error" => UsageStatus.Error,
            "timeout" => UsageStatus.Timeout,
            "cancelled" => UsageStatus.Cancelled,
            "cut" => UsageStatus.Cut,
            _ => (UsageStatus)(-1),
        };
        if (status == (UsageStatus)(-1))
        {
            parameters.Problem("status", "must be ok, refused, error, timeout, cancelled or cut");
        }

        return status;
    }

    private static ExchangeId? After(QueryReader parameters)
    {
        if (parameters.Text("after") is not { } text)
        {
            return null;
        }

        if (ExchangeId.TryParse(text, out var id))
        {
            return id;
        }

        parameters.Problem("after", "must be the 'next' of an earlier page");
        return null;
    }
}
