using System.Text.Json;
using Microsoft.Azure.Cosmos;

namespace AiOrchestrator.Azure.Documents;

/// <summary>How the SDK behaves for all stores: what would otherwise be its defaults, and differ from version to version.</summary>
internal static class CosmosSettings
{
    /// <summary>
    /// Settings of a client. Consistency is the account's (session, see infra): a client reads what it has written and what it has seen; what
    /// others wrote it sees a moment later, and every decision is made by a tag in one write.
    /// </summary>
    public static CosmosClientOptions Options(ConnectionMode mode) => new()
    {
        ApplicationName = "AiOrchestrator",
        ConnectionMode = mode,

        // A request that is throttled is tried again after the time the service names, so often and so long; then it fails to the caller.
        MaxRetryAttemptsOnRateLimitedRequests = 5,
        MaxRetryWaitTimeOnRateLimitedRequests = TimeSpan.FromSeconds(5),
        RequestTimeout = TimeSpan.FromSeconds(10),

        // Nothing is gained by an answer that repeats what was written.
        EnableContentResponseOnWrite = false,
        UseSystemTextJsonSerializerWithOptions = JsonSerializerOptions.Default,
    };
}
