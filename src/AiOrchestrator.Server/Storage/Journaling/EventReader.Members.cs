using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Server.Storage;

/// <summary>Which member has which bit; in the order of <see cref="EventWriter"/>.</summary>
internal ref partial struct EventReader
{
    private void Outcome(UsageEvent usage)
    {
        usage.Status = (UsageStatus)Small(3);
        usage.ConfigurationVersion = Number(4);
        usage.Stream = Bits(5) != 0;
        usage.HttpStatus = Small(6) ^ EventWriter.UsualStatus;
        usage.UpstreamStatus = Small(7) ^ EventWriter.UsualStatus;
        usage.Attempts = Small(8) ^ 1;
    }

    private void Tokens(UsageEvent usage)
    {
        usage.PromptTokens = Number(9);
        usage.CachedPromptTokens = Number(10);
        usage.AudioPromptTokens = Number(11);
        usage.CompletionTokens = Number(12);
        usage.ReasoningTokens = Number(13);
        usage.AudioCompletionTokens = Number(14);
        usage.AcceptedPredictionTokens = Number(15);
        usage.RejectedPredictionTokens = Number(16);
        usage.PromptTokensExpected = Number(17);
        usage.PromptTokensMax = Number(18);
        usage.CompletionTokensMax = Number(19);
        usage.ClampedCompletionTokens = Number(20);
    }

    private void Sizes(UsageEvent usage)
    {
        usage.Choices = Small(21) ^ 1;
        usage.Messages = Small(22);
        usage.Tools = Small(23);
        usage.Images = Small(24);
        usage.RequestBytes = Number(25);
        usage.ResponseBytes = Number(26);
        usage.Chunks = Number(27);
        usage.HoldWaitUs = Number(28);
        usage.StartDurableUs = Number(29);
        usage.FirstByteUs = Number(30);
        usage.UpstreamUs = Number(31);
        usage.DurationUs = Number(32);
    }

    private void Parties(UsageEvent usage)
    {
        usage.OrganisationId = Shared(0);
        usage.KeyId = Shared(1);
        usage.Provider = Shared(2);
        usage.Model = Shared(3);
        usage.InstanceId = Shared(4);
        usage.WalletId = Has(EventWriter.WalletOfPath) ? _path.Leaf : Shared(5);
        usage.WalletPath = Has(EventWriter.PathOfPath) ? _path.Joined : Shared(6);
        usage.Period = Shared(7);
        usage.CostCentre = Shared(8);
        usage.FeatureId = Shared(9);
        usage.EndUser = Shared(10);
        usage.UserAgent = Shared(11);
        usage.ClientAddress = Shared(12);
    }

    private void Facts(UsageEvent usage)
    {
        usage.Endpoint = Shared(13);
        usage.Dialect = Shared(14);
        usage.ModelRequested = Shared(15);
        usage.UpstreamModel = Shared(16);
        usage.ModelReported = Shared(17);
        usage.WireFormat = Shared(18);
        usage.RouteReason = Shared(19);
        usage.ErrorCode = Shared(20);
        usage.FinishReason = Shared(21);
        usage.ServiceTier = Shared(22);
        usage.UsageSource = Shared(23);
        usage.PriceSource = Shared(24);
        usage.PriceFrom = Shared(25);
        usage.InputUsdPerMillion = Shared(26);
        usage.OutputUsdPerMillion = Shared(27);
    }
}
