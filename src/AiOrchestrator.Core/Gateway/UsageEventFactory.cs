using System.Globalization;
using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Caching.Requests;
using AiOrchestrator.Core.Gateway.Stages;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Providers.Registry;
using AiOrchestrator.Core.Traffic.Rules;

namespace AiOrchestrator.Core.Gateway;

/// <summary>Writes down what is known of an exchange when it ends (MT-08).</summary>
internal sealed class UsageEventFactory(TimeProvider time, InstanceIdentity instance)
{
    public UsageEvent Create(Exchange exchange, in Charge charge)
    {
        var now = time.GetTimestamp();
        var failure = exchange.IsSuperseded ? new Superseded() : exchange.ClientGone ? new ClientGone() : exchange.Failure;
        var usage = new UsageEvent
        {
            Id = exchange.IdText,
            RequestId = exchange.RequestId,
            TraceId = exchange.Trace.TraceId,
            CreatedUnixMs = exchange.Arrived.ToUnixTimeMilliseconds(),
            InstanceId = instance.Id,
            ConfigurationVersion = exchange.Providers.Version,
            Endpoint = exchange.Call.Traits().Name,
            Dialect = "openai",
            Status = StatusOf(exchange),
            HttpStatus = failure?.Status ?? 200,
            ErrorCode = failure?.Code,
            DurationUs = Microseconds(exchange.ArrivedTimestamp, now),
            SchemaVersion = UsageEvent.CurrentSchemaVersion,
        };
        AddCaller(usage, exchange);
        AddRequest(usage, exchange);
        AddRoute(usage, exchange);
        AddAnswer(usage, exchange, now);
        AddMoney(usage, exchange, charge);
        AddCache(usage, exchange, charge);
        return usage;
    }

    private static UsageStatus StatusOf(Exchange exchange)
    {
        if (exchange.IsSuperseded || exchange.ClientGone || exchange.Failure is ClientGone)
        {
            return UsageStatus.Cancelled;
        }

        return exchange.Failure switch
        {
            null => exchange.AnswerFacts.HasError ? UsageStatus.Error : UsageStatus.Ok,
            _ when !exchange.Started => UsageStatus.Refused,
            UpstreamTimeout => UsageStatus.Timeout,
            JournalUnavailable => UsageStatus.Refused,
            _ when exchange.ResponseBytes > 0 => UsageStatus.Cut,
            _ => UsageStatus.Error,
        };
    }

    private static void AddCaller(UsageEvent usage, Exchange exchange)
    {
        var request = exchange.Context.Request;
        usage.OrganisationId = exchange.Caller.OrganisationId;
        usage.KeyId = exchange.Caller.Key?.Id;
        usage.WalletId = exchange.Caller.Key?.WalletId;
        usage.WalletPath = exchange.Path?.Text;
        usage.CostCentre = exchange.Path?.CostCentre;
        usage.FeatureId = Short(request.Headers["x-feature-id"], 128);
        usage.UserAgent = Short(request.Headers.UserAgent, 200);
        usage.ClientAddress = exchange.Context.Connection.RemoteIpAddress?.ToString();
        usage.EndUser = exchange.Request.EndUser;
    }

    private static void AddRequest(UsageEvent usage, Exchange exchange)
    {
        var request = exchange.Request;
        usage.Stream = request.Stream;
        usage.ModelRequested = request.Model == exchange.Route?.Model.Id ? null : Short(request.Model, 256);
        usage.LegacyUse = exchange.LegacyUse;
        usage.AttemptList = exchange.FailedAttempts.Count == 0 ? null : RouteHeaders.Text(exchange);
        usage.RetryOf = exchange.RetryOf;
        var (rule, denied) = (exchange.Plan?.Rule, exchange.Failure as DeniedByRule);
        (usage.RuleId, usage.RouteMarks) = (rule?.Id ?? denied?.RuleId, rule is null ? denied?.Marks : rule.Marks);
        usage.EarlierCostNanoUsd = exchange.EarlierNanoUsd;
        usage.ExperimentId = exchange.Plan?.ExperimentId;
        usage.Variant = exchange.Plan?.Variant;
        usage.ExperimentCluster = exchange.Plan?.ExperimentCluster ?? 0;
        usage.Choices = request.Choices;
        usage.Messages = request.Messages;
        usage.Tools = request.Tools;
        usage.Images = request.Images;
        usage.RequestBytes = exchange.Body.Length;
        usage.PromptTokensExpected = exchange.PromptTokensExpected;
        usage.PromptTokensMax = exchange.PromptTokensMax;
        usage.CompletionTokensMax = exchange.OutputTokensMax;
        usage.ClampedCompletionTokens = exchange.ClampedTo ?? 0;
    }

    private static void AddRoute(UsageEvent usage, Exchange exchange)
    {
        if (exchange.Route is not { } route)
        {
            return;
        }

        usage.Provider = route.Provider.Id;
        usage.WireFormat = route.Provider.WireFormat;
        usage.Model = route.Model.Id;
        usage.Tokenizer = route.Model.Family.CountsWith;
        usage.UpstreamModel = route.Model.UpstreamId == route.Model.Id ? null : route.Model.UpstreamId;
        usage.RouteReason = exchange.Found.By switch
        {
            FoundBy.Alias => "alias",
            FoundBy.Replacement => "replacement",
            FoundBy.DefaultModel => "default_model",
            _ => exchange.RouteReason,
        };
    }

    private void AddAnswer(UsageEvent usage, Exchange exchange, long now)
    {
        var facts = exchange.AnswerFacts;
        usage.ModelReported = facts.Model;
        usage.FinishReason = facts.FinishReason;
        usage.UpstreamStatus = exchange.UpstreamStatus;
        usage.UpstreamRequestId = exchange.UpstreamRequestId;
        usage.Attempts = exchange.FailedAttempts.Count + (exchange is { Started: true, IsNoted: false } ? 1 : 0);
        usage.ResponseBytes = exchange.ResponseBytes;
        usage.Chunks = exchange.Chunks;
        usage.QueueWaitUs = exchange.QueuedUs;
        usage.HoldWaitUs = exchange.HeldTimestamp == 0 ? 0 : Microseconds(exchange.AskedTimestamp, exchange.HeldTimestamp);
        if (exchange.SentTimestamp == 0)
        {
            return;
        }

        usage.StartDurableUs = exchange.DurableTimestamp == 0 ? 0 : Microseconds(exchange.SentTimestamp, exchange.DurableTimestamp);
        usage.FirstByteUs = exchange.Watch!.FirstByteTimestamp is 0 ? 0 : Microseconds(exchange.ArrivedTimestamp, exchange.Watch.FirstByteTimestamp);
        var end = exchange.UpstreamEndTimestamp is 0 ? now : exchange.UpstreamEndTimestamp;
        usage.UpstreamUs = Microseconds(exchange.SentTimestamp, end);
        usage.DrainedUs = exchange.Watch.DrainTimestamp is 0 ? 0 : Math.Max(1, Microseconds(exchange.Watch.DrainTimestamp, end));
    }

    private static void AddCache(UsageEvent usage, Exchange exchange, in Charge charge)
    {
        if (exchange.Cache is not { } cache || (cache.Entry is not null && !exchange.IsReplayed))
        {
            // What was refused to the caller he was not given.
            return;
        }

        usage.CacheOutcome = cache.Outcome.Word();
        usage.CacheReason = cache.Refusal.Word();
        usage.CacheNamespace = cache.Request is null ? null : CacheNamespaces.NameOf(cache.Namespace);
        if (cache.Entry is not { } entry)
        {
            return;
        }

        usage.Provider = entry.Provider;
        usage.CacheOf = entry.ExchangeId;
        usage.CacheSimilarityMicro = (long)Math.Round(cache.Similarity * 1_000_000d);
        usage.CacheSavedNanoUsd = Math.Max(0, entry.CostNanoUsd - charge.CostNanoUsd);
        usage.CacheSavedPromptTokens = entry.PromptTokens;
        usage.CacheSavedCompletionTokens = entry.CompletionTokens;
    }

    private static void AddMoney(UsageEvent usage, Exchange exchange, in Charge charge)
    {
        usage.SetUsage(charge.Usage);
        usage.Units = UnitQuantity.Format(charge.Units);
        usage.UsageSource = charge.Source;
        usage.CountedPromptTokens = exchange.PromptTokensExpected;
        usage.CountedCompletionTokens = exchange.AnswerFacts.CountedTokens;
        usage.HoldNanoUsd = exchange.HoldNanoUsd;
        usage.CostNanoUsd = charge.CostNanoUsd;
        AddDoubt(usage, exchange, charge);
        usage.Period = exchange.Period;
        if (exchange.Pinned is { } pinned)
        {
            AddPrice(usage, exchange, pinned, charge);
        }
    }

    /// <summary>All of the tier that is charged. A word the price does not know is kept: prices that know it may correct the call.</summary>
    private static void AddPrice(UsageEvent usage, Exchange exchange, PinnedPrice pinned, in Charge charge)
    {
        var answered = exchange.AnswerFacts.ServiceTier;
        var (price, tier) = exchange.Billing.Served(answered);
        usage.ServiceTier = tier ?? answered;
        usage.PriceSource = price.Source;
        usage.PriceFrom = price.FromText;
        usage.InputUsdPerMillion = price.InputUsdPerMillion;
        usage.OutputUsdPerMillion = price.OutputUsdPerMillion;
        usage.PriceId = pinned.PriceId;
        usage.PriceMultiplier = pinned.Multiplier;
        if (charge.Source is null or Charge.Cached)
        {
            return;
        }

        usage.CostLines = CostLineText.Of(price, charge.Usage, charge.Units);
        if (!ReferenceEquals(pinned.Price, pinned.ListPrice))
        {
            var list = new CallPrices(pinned.ListPrice, exchange.Request.ServiceTier).Served(answered).Price;
            usage.ListCostNanoUsd = CostEngine.CostNanoUsd(list, charge.Usage, charge.Units);
        }
    }

    /// <summary>Kept only where somebody may want to look: most reports are sound.</summary>
    private static void AddDoubt(UsageEvent usage, Exchange exchange, in Charge charge)
    {
        if (charge.Source is null or "reported" && charge.Anomaly is null)
        {
            return;
        }

        var facts = exchange.AnswerFacts;
        usage.UsageAnomaly = charge.Anomaly;
        usage.SuspendedNanoUsd = charge.SuspendedNanoUsd;
        usage.ClaimedUsage = charge.Anomaly is null ? null : facts.ClaimedUsage ?? Claim(facts);
    }

    /// <summary>What a provider wrote is kept only where something is wrong with it: here it is put together again.</summary>
    private static string? Claim(AnswerFacts facts) => facts.Reported is not { } reported
        ? null
        : string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"prompt_tokens":{{reported.Tokens.PromptTokens}},"completion_tokens":{{reported.Tokens.CompletionTokens}}}""");

    private static string? Short(string? text, int length) =>
        string.IsNullOrEmpty(text) ? null : text.Length <= length ? text : text[..length];

    private long Microseconds(long from, long to) => (long)time.GetElapsedTime(from, to).TotalMicroseconds;
}
