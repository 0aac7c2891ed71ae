using System.Globalization;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// GW-11: takes one request and the tokens the call is expected to use from every limit it counts in, all or nothing; its own first, the
/// provider's last. Without limits this is one look at a null.
/// </summary>
internal sealed class CallerLimits(LimitDirectory directory, LeaseBook leases, TimeProvider time, ILogger<CallerLimits> logger)
{
    private const long SecondUs = 1_000_000;

    /// <summary>As long as a call waits for money: an authority that is slower is as good as silent.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Finds the limits there are now, and the caller's own among them, so that every answer can tell of them. Again while a call waits: what was changed or
    /// deleted meanwhile must not keep it. Only where nothing is taken.
    /// </summary>
    public void Begin(Exchange exchange)
    {
        exchange.RateLimits = directory.For(exchange.Caller.OrganisationId);
        if (exchange.RateLimits is { } limits)
        {
            exchange.RateHold.Renew(
                limits.For(exchange.Caller), limits.HasWallets ? limits.For(leases.PathOf(exchange.Caller.Key!.WalletId)) : []);
        }
    }

    /// <summary>Takes all; of one that is asked beside another, what its route counts in.</summary>
    /// <returns>Null, or the limit that stands in the way.</returns>
    public ValueTask<ApiFailure?> RunAsync(Exchange exchange) =>
        exchange.RateLimits is { } limits ? TakeAtRouteAsync(exchange, limits) : default;

    /// <summary>Takes one request and what it is charged of what is the caller's own: an answer that is given again asks nothing of a model or a provider.</summary>
    /// <returns>Null, or the limit that stands in the way.</returns>
    public ValueTask<ApiFailure?> TakeReplayAsync(Exchange exchange) =>
        exchange.RateLimits is { } limits ? TakeAsync(exchange, limits, new RateUse(0, 0, exchange.HoldNanoUsd)) : default;

    /// <summary>Goes on at another route: of the limits of the one before counts what it used; the new one's are taken.</summary>
    /// <returns>Null, or the limit that stands in the way.</returns>
    public async ValueTask<ApiFailure?> RerouteAsync(Exchange exchange)
    {
        if (exchange.RateLimits is not { } limits)
        {
            return null;
        }

        var (model, provider) = (limits.ForModel(exchange.Route!.Model.Id), limits.ForProvider(exchange.Route.Provider.Id));
        while (!exchange.RateHold.TryReroute(limits.Clock, model, provider, out var pool, out var missing))
        {
            if (await AskForAsync(pool!, missing!, exchange.RateHold.Taken, limits.Clock) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }

    /// <summary>A call that was never started counts nothing beside what tries before it used, and its answer already says so.</summary>
    public static void ReturnRefused(Exchange exchange)
    {
        if (exchange is { RateLimits: { } limits, Started: false })
        {
            exchange.RateHold.Settle(limits.Clock, admitted: false, default);
        }
    }

    /// <summary>Says how much is left, in OpenAI's headers: of each kind the limit that is closest to its end.</summary>
    public static void WriteHeaders(Exchange exchange)
    {
        if (exchange.RateLimits is null)
        {
            return;
        }

        Tightest requests = default, tokens = default;
        for (var group = 0; group < RateHold.OwnGroups; group++)
        {
            foreach (var pool in exchange.RateHold.Group(group))
            {
                requests = requests.Or(pool.PerDay).Or(pool.PerMinute);
                tokens = tokens.Or(pool.TokensPerDay).Or(pool.Tokens);
            }
        }

        var headers = exchange.Context.Response.Headers;
        if (requests.Terms is { } requestTerms)
        {
            headers["x-ratelimit-limit-requests"] = Text(requestTerms.Limit);
            headers["x-ratelimit-remaining-requests"] = Text(requests.Remaining);
            headers["x-ratelimit-reset-requests"] = Duration(requests.ResetUs);
        }

        if (tokens.Terms is { } tokenTerms)
        {
            headers["x-ratelimit-limit-tokens"] = Text(tokenTerms.Limit);
            headers["x-ratelimit-remaining-tokens"] = Text(tokens.Remaining);
            headers["x-ratelimit-reset-tokens"] = Duration(tokens.ResetUs);
        }
    }

    /// <summary>A duration as OpenAI writes it: <c>20ms</c>, <c>1s</c>, <c>6m0s</c>; rounded up.</summary>
    internal static string Duration(long us)
    {
        if (us < SecondUs)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{(us + 999) / 1000}ms");
        }

        var seconds = (us + SecondUs - 1) / SecondUs;
        return seconds < 60 ? string.Create(CultureInfo.InvariantCulture, $"{seconds}s")
            : seconds < 3600 ? string.Create(CultureInfo.InvariantCulture, $"{seconds / 60}m{seconds % 60}s")
            : string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600}h{seconds / 60 % 60}m{seconds % 60}s");
    }

    private ValueTask<ApiFailure?> TakeAtRouteAsync(Exchange exchange, OrganisationLimits limits)
    {
        var route = exchange.Route!;
        exchange.RateHold.Route(limits.ForModel(route.Model.Id), limits.ForProvider(route.Provider.Id));
        return TakeAsync(exchange, limits, MostUse(exchange));
    }

    private async ValueTask<ApiFailure?> TakeAsync(Exchange exchange, OrganisationLimits limits, RateUse use)
    {
        while (!exchange.RateHold.TryTake(limits.Clock, use, out var pool, out var missing))
        {
            if (await AskForAsync(pool!, missing!, use, limits.Clock) is { } failure)
            {
                return failure;
            }

            // Others may have taken what was brought; then there is less for them, so this ends.
        }

        return null;
    }

    /// <summary>Has a share topped up; null where it was, or why not.</summary>
    private async ValueTask<ApiFailure?> AskForAsync(RatePool pool, RateShare missing, RateUse use, RateClock clock)
    {
        var need = pool.Held(missing.Id.Kind, use);
        try
        {
            var waitUs = await AskAsync(missing, need);
            return waitUs > 0 ? Refuse(pool.Limit, missing, need, waitUs, clock.UnixMs) : null;
        }
        catch (Exception failure)
        {
            // Whatever the authority failed by: nobody knows what is left. What was taken elsewhere goes back like that of any refused call.
            logger.LogError(failure, "The limit {Limit} cannot be asked", pool.Limit.Id);
            return new LimitsUnavailable();
        }
    }

    /// <summary>
    /// The tokens of a batch are used in a day, on capacity beside that of calls: limits by the minute do not count them. What is a maximum of a day is held for
    /// the worst case, whatever is expected; money as it is held from wallets, a later clamp not counted.
    /// </summary>
    internal static RateUse MostUse(Exchange exchange)
    {
        var output = exchange.OutputTokensMax * exchange.Request.Choices;
        return new RateUse(
            exchange.Order is null ? exchange.PromptTokensExpected + output : 0,
            Math.Max(exchange.PromptTokensExpected, exchange.PromptTokensMax) + output,
            exchange.HoldNanoUsd);
    }

    private async ValueTask<long> AskAsync(RateShare share, long need)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        var asked = share.TopUpAsync(need, patience.Token);
        return asked.IsCompletedSuccessfully ? asked.Result : await asked.AsTask().WaitAsync(patience.Token);
    }

    private static ApiFailure Refuse(Limit limit, RateShare missing, long need, long waitUs, long unixMs)
    {
        var seconds = (int)Math.Min((waitUs + SecondUs - 1) / SecondUs, int.MaxValue);
        var refusal = new RateRefusal(
            limit.Id, limit.Scope.ToString().ToLowerInvariant(), missing.Id.Subject, missing.Terms.Limit, missing.Id.Kind, seconds)
        {
            Used = Math.Max(0, missing.Terms.Limit - missing.Look(missing.Terms).Remaining),
            Needed = need,
            ResetUnixMs = (unixMs / RateClock.DayMs + 1) * RateClock.DayMs,
        };
        return limit.Level is { } level ? new DailyMaximumReached(refusal, level)
            : limit.Scope == LimitScope.Provider ? new ProviderLimitReached(refusal) { WaitUs = waitUs } : new RateLimitExceeded(refusal);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The share with the least left.</summary>
    private readonly record struct Tightest(RateTerms? Terms, long Remaining, long ResetUs)
    {
        public Tightest Or(RateShare? share)
        {
            if (share is null)
            {
                return this;
            }

            var terms = share.Terms;
            var (remaining, resetUs) = share.Look(terms);
            return Terms is null || remaining < Remaining ? new Tightest(terms, remaining, resetUs) : this;
        }
    }
}
