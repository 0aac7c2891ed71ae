using System.Collections.Concurrent;
using System.Globalization;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform.Alerts;
using AiOrchestrator.Ledger.Money;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Insight.Reviews;

/// <summary>
/// Finds calls whose reported usage is in doubt among those that have ended, and makes a review of each. It is told of a call before the call counts
/// as read, so none is missed; a call it was told of before changes nothing. What can be put in suspense at once is; the rest the job does.
/// </summary>
internal sealed class TakeDisputes(
    ReviewBook reviews, DriveReview drive, AlertBook alerts, IOptions<InsightOptions> options, TimeProvider time, ILogger<TakeDisputes> log)
{
    /// <summary>What an alert of an amount in suspense is called.</summary>
    public const string DisputedKind = AlertKinds.UsageDisputed;

    /// <summary>What an alert of a doubtful report is called that left nothing to decide.</summary>
    public const string AnomalyKind = AlertKinds.UsageAnomaly;

    /// <summary>What an alert is called that too many reviews are open.</summary>
    public const string FullKind = AlertKinds.ReviewsFull;

    /// <summary>Wallets remember every amount in dispute: beyond so many of an organisation the rule decides at once.</summary>
    public const int MostOpen = 1000;

    /// <summary>Of reports in doubt with nothing to decide, so many are kept for a provider, a model, what is wrong, and an hour.</summary>
    public const int MostNoted = 20;

    /// <summary>So many are put in suspense while the stream waits.</summary>
    private const int MostAtOnce = 50;

    private const long HourMs = 3_600_000;

    /// <summary>Reviews are kept longer: a stream that is read anew makes none twice.</summary>
    private const long ForgetMs = 60L * 24 * HourMs;

    private readonly ConcurrentDictionary<string, int> _noted = new(StringComparer.Ordinal);
    private long _hour;

    /// <summary>Whether a call is in doubt.</summary>
    public static bool IsDoubtful(UsageEvent usage) => usage is { OrganisationId: not null } and ({ SuspendedNanoUsd: > 0 } or { UsageAnomaly: not null });

    /// <summary>Takes a run of the stream in.</summary>
    /// <exception cref="IOException">A store does not answer: tell it of the run again.</exception>
    public async ValueTask ExecuteAsync(IEnumerable<StreamEntry> entries, CancellationToken cancellation)
    {
        var driven = 0;
        var open = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            if (entry.Usage is not { } usage || !IsDoubtful(usage) || usage.CreatedUnixMs < NowUnixMs - ForgetMs)
            {
                continue;
            }

            var review = await ReviewOfAsync(usage, entry.Wallets ?? [], open, cancellation);
            if (review.SuspendedNanoUsd == 0 && !MayNote(usage))
            {
                await alerts.CountAsync(AlertOf(review), cancellation);
                continue;
            }

            if (await reviews.CreateAsync(review, cancellation))
            {
                await alerts.CountAsync(AlertOf(review), cancellation);
                open[review.OrganisationId] = open.GetValueOrDefault(review.OrganisationId) + (review.State == ReviewState.Suspending ? 1 : 0);
            }

            if (review.State == ReviewState.Suspending && driven++ < MostAtOnce)
            {
                await TryDriveAsync(review, cancellation);
            }
        }
    }

    private async Task<Review> ReviewOfAsync(
        UsageEvent usage, IReadOnlyList<WalletShare> wallets, Dictionary<string, int> open, CancellationToken cancellation)
    {
        var organisation = usage.OrganisationId!;
        var review = new Review(
            usage.Id,
            organisation,
            usage.SuspendedNanoUsd > 0 ? ReviewState.Suspending : ReviewState.Closed,
            usage.UsageAnomaly ?? "above_hold",
            usage.SuspendedNanoUsd,
            [.. wallets.Select(static w => new ReviewShare(w.WalletId, w.Period))])
        {
            CreatedUnixMs = usage.CreatedUnixMs,
            KeyId = usage.KeyId,
            CostCentre = usage.CostCentre,
            Provider = usage.Provider,
            Model = usage.Model,
            ClaimedUsage = usage.ClaimedUsage,
            UsageSource = usage.UsageSource,
            ChargedNanoUsd = usage.CostNanoUsd,
            HoldNanoUsd = usage.HoldNanoUsd,
            PromptTokens = usage.PromptTokens,
            CompletionTokens = usage.CompletionTokens,
            CountedCompletionTokens = usage.CountedCompletionTokens,
            SeenUnixMs = NowUnixMs,
        };
        return usage.SuspendedNanoUsd > 0 && await IsFullAsync(organisation, open, cancellation) ? ByRule(review) : review;
    }

    private async Task<bool> IsFullAsync(string organisation, Dictionary<string, int> open, CancellationToken cancellation)
    {
        if (!open.TryGetValue(organisation, out var count))
        {
            open[organisation] = count = (await reviews.OpenAsync(organisation, afterId: null, MostOpen, cancellation)).Count;
        }

        return count >= MostOpen;
    }

    /// <summary>What the rule would decide in a day it decides now. Charged is together with others, because wallets remember what they are told.</summary>
    private Review ByRule(Review review)
    {
        var isCharged = options.Value.DisputedUsage == DisputeRule.Charge;
        var decision = new ReviewDecision(
            isCharged ? review.SuspendedNanoUsd : 0, ReviewDecision.ByRule, "too many reviews are open: decided by the rule at once", NowUnixMs);
        return review with { State = isCharged ? ReviewState.Queued : ReviewState.Closed, Decision = decision };
    }

    private async ValueTask TryDriveAsync(Review review, CancellationToken cancellation)
    {
        try
        {
            _ = await drive.ExecuteAsync(review.OrganisationId, review.Id, cancellation);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // Safe: it is noted as open, and the job drives whatever is.
            log.LogWarning(failure, "what is in dispute for {ExchangeId} is put in suspense later", review.Id);
        }
    }

    /// <summary>A provider that never reports well must not fill the store.</summary>
    private bool MayNote(UsageEvent usage)
    {
        var hour = NowUnixMs / HourMs;
        if (Interlocked.Exchange(ref _hour, hour) != hour)
        {
            _noted.Clear();
        }

        return _noted.AddOrUpdate($"{usage.OrganisationId}\n{usage.Provider}\n{usage.Model}\n{usage.UsageAnomaly}", 1, static (_, n) => n + 1) <= MostNoted;
    }

    /// <summary>One for each provider, model, fault and hour.</summary>
    private static Alert AlertOf(Review review)
    {
        var kind = review switch
        {
            { SuspendedNanoUsd: 0 } => AnomalyKind,
            { Decision: not null } => FullKind,
            _ => DisputedKind,
        };
        var hour = review.CreatedUnixMs / HourMs;
        var what = $"{review.Provider}:{review.Model}:{review.Anomaly}";
        var id = string.Create(CultureInfo.InvariantCulture, $"{kind}:{hour}:{Plain(what)}");
        var claims = $"'{review.Provider}' claims more for '{review.Model}' than calls held ({review.Anomaly})";
        var (subject, text) = kind switch
        {
            FullKind => ($"{claims}, and {MostOpen} reviews are open",
                "What it claims beyond the hold is decided at once by the rule of Insight:DisputedUsage, until some of the reviews are. GET /control/v1/reviews?state=open lists them: accept or reject each."),
            DisputedKind => (claims,
                "What it claims beyond the hold is in suspense. GET /control/v1/reviews?state=open lists the calls: accept or reject each; what nobody decides within a day is decided by the rule of Insight:DisputedUsage."),
            _ => ($"'{review.Provider}' reports usage of '{review.Model}' that is in doubt ({review.Anomaly})",
                "Calls were charged by the larger of what was reported and what was counted. GET /control/v1/reviews lists some of them with what was reported."),
        };
        return new Alert(
            id,
            review.OrganisationId,
            kind,
            AlertSeverity.Warning,
            subject,
            text,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["provider"] = review.Provider ?? "",
                ["model"] = review.Model ?? "",
                ["anomaly"] = review.Anomaly,
                ["first_exchange"] = review.Id,
                ["first_charged_usd"] = NanoUsd.FormatUsd(review.ChargedNanoUsd),
                ["first_suspended_usd"] = NanoUsd.FormatUsd(review.SuspendedNanoUsd),
            },
            review.CreatedUnixMs);
    }

    /// <summary>As far as it may stand in an alert's id.</summary>
    public static string Plain(string text)
    {
        Span<char> plain = stackalloc char[Math.Min(text.Length, 160)];
        for (var i = 0; i < plain.Length; i++)
        {
            plain[i] = char.IsAsciiLetterOrDigit(text[i]) || text[i] is '_' or '-' or '.' or ':' ? text[i] : '_';
        }

        return plain.ToString();
    }

    private long NowUnixMs => time.GetUtcNow().ToUnixTimeMilliseconds();
}
