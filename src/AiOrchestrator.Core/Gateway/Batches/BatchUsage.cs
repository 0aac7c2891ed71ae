using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>
/// The usage of all calls of a batch, as one event. It charges nothing: the call that began the batch was charged the reserve, and keeps of it what this comes
/// to. Only what is beyond the reserve is in it: suspended, to be looked at, as of a call that comes to more than it holds.
/// </summary>
internal static class BatchUsage
{
    /// <summary>What it is for, in usage events.</summary>
    public const string Endpoint = "batches.results";

    /// <summary>The end of no call: holds and costs nothing.</summary>
    public static ExchangeSettlement Of(BatchJob job, BatchOutcome outcome, string instanceId)
    {
        var totals = outcome.Totals;
        var usage = new UsageEvent
        {
            Id = outcome.UsageId,
            CreatedUnixMs = outcome.ReadUnixMs,
            OrganisationId = job.OrganisationId,
            KeyId = job.KeyId,
            Provider = job.Provider,
            Model = job.Input.Model,
            Status = UsageStatus.Ok,
            RequestId = job.Id,
            InstanceId = instanceId,
            WalletId = job.Wallets is [var leaf, ..] ? leaf.WalletId : null,
            WalletPath = string.Join('/', job.Wallets.Select(static w => w.WalletId)),
            CostCentre = job.CostCentre,
            Endpoint = Endpoint,
            Dialect = "openai",
            WireFormat = "openai",
            HttpStatus = 200,
            ServiceTier = PriceTerms.Batch,
            PromptTokens = totals.PromptTokens,
            CachedPromptTokens = totals.CachedPromptTokens,
            CacheWritePromptTokens = totals.CacheWritePromptTokens,
            AudioPromptTokens = totals.AudioPromptTokens,
            CompletionTokens = totals.CompletionTokens,
            ReasoningTokens = totals.ReasoningTokens,
            AudioCompletionTokens = totals.AudioCompletionTokens,
            UsageSource = totals.Source,
            UsageAnomaly = totals.CostNanoUsd > job.ReservedNanoUsd ? totals.Anomaly ?? Charge.AboveHold : totals.Anomaly,
            SuspendedNanoUsd = Math.Max(0, totals.CostNanoUsd - job.ReservedNanoUsd),
            SchemaVersion = UsageEvent.CurrentSchemaVersion,
        };
        return new ExchangeSettlement(outcome.Usage, job.Shares, HoldNanoUsd: 0, CostNanoUsd: 0, usage);
    }
}
