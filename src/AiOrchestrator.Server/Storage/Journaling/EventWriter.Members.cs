using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Server.Storage;

/// <summary>Which member has which bit.</summary>
internal sealed partial class EventWriter
{
    /// <summary>What most calls come to, and is therefore not written.</summary>
    public const int UsualStatus = 200;

    /// <summary>Bits without a number: the wallet is the first of the entry's path, and the path of the event is the entry's.</summary>
    public const int WalletOfPath = 33;

    /// <inheritdoc cref="WalletOfPath"/>
    public const int PathOfPath = 34;

    private void Outcome(UsageEvent usage)
    {
        Number(3, (long)usage.Status);
        Number(4, usage.ConfigurationVersion);
        Number(5, usage.Stream ? 1L : 0);
        Number(6, (long)(usage.HttpStatus ^ UsualStatus));
        Number(7, (long)(usage.UpstreamStatus ^ UsualStatus));
        Number(8, (long)(usage.Attempts ^ 1));
    }

    private void Tokens(UsageEvent usage)
    {
        Number(9, usage.PromptTokens);
        Number(10, usage.CachedPromptTokens);
        Number(11, usage.AudioPromptTokens);
        Number(12, usage.CompletionTokens);
        Number(13, usage.ReasoningTokens);
        Number(14, usage.AudioCompletionTokens);
        Number(15, usage.AcceptedPredictionTokens);
        Number(16, usage.RejectedPredictionTokens);
        Number(17, usage.PromptTokensExpected);
        Number(18, usage.PromptTokensMax);
        Number(19, usage.CompletionTokensMax);
        Number(20, usage.ClampedCompletionTokens);
    }

    private void Sizes(UsageEvent usage)
    {
        Number(21, (long)(usage.Choices ^ 1));
        Number(22, (long)usage.Messages);
        Number(23, (long)usage.Tools);
        Number(24, (long)usage.Images);
        Number(25, usage.RequestBytes);
        Number(26, usage.ResponseBytes);
        Number(27, usage.Chunks);
        Number(28, usage.HoldWaitUs);
        Number(29, usage.StartDurableUs);
        Number(30, usage.FirstByteUs);
        Number(31, usage.UpstreamUs);
        Number(32, usage.DurationUs);
    }

    private void SharedTexts(UsageEvent usage, IReadOnlyList<WalletShare> wallets)
    {
        Share(0, usage.OrganisationId);
        Share(1, usage.KeyId);
        Share(2, usage.Provider);
        Share(3, usage.Model);
        Share(4, usage.InstanceId);
        Wallets(usage, wallets);
        Share(7, usage.Period);
        Share(8, usage.CostCentre);
        Share(9, usage.FeatureId);
        Share(10, usage.EndUser);
        Share(11, usage.UserAgent);
        Share(12, usage.ClientAddress);
        Share(13, usage.Endpoint);
        Share(14, usage.Dialect);
        Share(15, usage.ModelRequested);
        Share(16, usage.UpstreamModel);
        Share(17, usage.ModelReported);
        Share(18, usage.WireFormat);
        Share(19, usage.RouteReason);
        Share(20, usage.ErrorCode);
        Share(21, usage.FinishReason);
        Share(22, usage.ServiceTier);
        Share(23, usage.UsageSource);
        Share(24, usage.PriceSource);
        Share(25, usage.PriceFrom);
        Share(26, usage.InputUsdPerMillion);
        Share(27, usage.OutputUsdPerMillion);
    }

    private void Wallets(UsageEvent usage, IReadOnlyList<WalletShare> wallets)
    {
        if (wallets.Count > 0 && usage.WalletId == wallets[0].WalletId)
        {
            Flag(WalletOfPath);
        }
        else
        {
            Share(5, usage.WalletId);
        }

        if (IsJoined(usage.WalletPath, wallets))
        {
            Flag(PathOfPath);
        }
        else
        {
            Share(6, usage.WalletPath);
        }
    }

    private static bool IsJoined(ReadOnlySpan<char> text, IReadOnlyList<WalletShare> wallets)
    {
        for (var i = 0; i < wallets.Count; i++)
        {
            var id = wallets[i].WalletId;
            if (!text.StartsWith(id))
            {
                return false;
            }

            text = text[id.Length..];
            if (i + 1 < wallets.Count)
            {
                if (text.IsEmpty || text[0] != '/')
                {
                    return false;
                }

                text = text[1..];
            }
        }

        return text.IsEmpty && wallets.Count > 0;
    }
}
