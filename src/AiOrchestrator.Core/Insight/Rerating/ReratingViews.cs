using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Insight.Rerating;

/// <summary>The body of <c>POST /control/v1/reratings</c>.</summary>
/// <param name="Model">Calls to this model, by the name usage shows as <c>model</c>.</param>
/// <param name="From">That arrived at or after; RFC 3339.</param>
/// <param name="To">That arrived before; RFC 3339, at least <see cref="InsightOptions.ReratingSettleMinutes"/> ago; of a dry run not in the future.</param>
/// <param name="Prices">
/// <c>{"input": "2.50", "output": "10"}</c>: US dollars per million tokens, as decimal strings; or a period of a price file without dates
/// (<c>usd_per_million</c>, <c>tiers</c>, <c>usd_each</c>, <c>windows</c>); or <c>"catalogue"</c>: the prices in force now for the time of each call.
/// </param>
/// <param name="Note">Why; stands on every statement. 1 to 500 characters; a dry run needs none.</param>
/// <param name="Provider">Only calls to this provider; to any when absent.</param>
/// <param name="Id">Makes the request safe to repeat; 1 to 64 letters, digits, '_', '-' and '.'. One is made when absent.</param>
/// <param name="DryRun">Answer what it would come to, and change nothing.</param>
public sealed record RerateRequest(
    string Model, string From, string To, JsonElement Prices, string? Note = null, string? Provider = null, string? Id = null, bool DryRun = false);

/// <summary>A re-rating. Amounts are decimal strings of US dollars.</summary>
/// <param name="Id">The caller's, or <c>rr_…</c>; null of a dry run.</param>
/// <param name="State"><c>planned</c>, <c>running</c>, <c>done</c> or <c>failed</c>; null of a dry run.</param>
/// <param name="Provider">Only calls to this provider; null: to any.</param>
/// <param name="Model">The model.</param>
/// <param name="From">RFC 3339.</param>
/// <param name="To">RFC 3339.</param>
/// <param name="Prices">The prices, as a period of a price file, or <c>"catalogue"</c>.</param>
/// <param name="Note">Why.</param>
/// <param name="RequestedBy">The principal who asked.</param>
/// <param name="CreatedAt">RFC 3339.</param>
/// <param name="StartedAt">RFC 3339, or null.</param>
/// <param name="EndedAt">RFC 3339, or null.</param>
/// <param name="Calls">Calls looked at so far.</param>
/// <param name="CallsPriced">Of them, priced again.</param>
/// <param name="CallsCorrected">Of these, those that come to something else.</param>
/// <param name="Skipped">
/// Those that were not priced again, by why: <c>refused</c> before anything was sent, <c>nothing_used</c>, <c>usage_unknown</c> (charged by rule),
/// <c>under_review</c>, <c>review_rejected</c>, <c>refunded</c>, <c>price_unknown</c>.
/// </param>
/// <param name="BeforeUsd">What the priced calls came to before, earlier re-ratings included.</param>
/// <param name="NowUsd">What they come to now.</param>
/// <param name="AdjustmentUsd">The difference: above 0 a charge, below a refund.</param>
/// <param name="Models">The same by provider and model.</param>
/// <param name="WalletsCorrected">How many corrections of wallets there are, one for each period; null until they are added up.</param>
/// <param name="WalletsDone">Of them, carried out; those that refused are not among them.</param>
/// <param name="Wallets">The first thousand of them, in order of wallet and period; empty in lists.</param>
/// <param name="Refusals">Wallets that could not be corrected, or not yet: while it is running they are told again.</param>
/// <param name="Problem">Why it failed, or why it has not ended yet; or null.</param>
/// <param name="Warnings">What whoever asked should know: that no call matched, or that another re-rating goes on; empty for nothing.</param>
public sealed record ReratingView(
    string? Id,
    ReratingState? State,
    string? Provider,
    string Model,
    string From,
    string To,
    JsonElement Prices,
    string? Note,
    string RequestedBy,
    string CreatedAt,
    string? StartedAt,
    string? EndedAt,
    long Calls,
    long CallsPriced,
    long CallsCorrected,
    IReadOnlyDictionary<string, long> Skipped,
    string BeforeUsd,
    string NowUsd,
    string AdjustmentUsd,
    IReadOnlyList<ReratedModelView> Models,
    int? WalletsCorrected,
    int WalletsDone,
    IReadOnlyList<ReratedWalletView> Wallets,
    IReadOnlyList<ReratingRefusalView> Refusals,
    string? Problem,
    IReadOnlyList<string> Warnings)
{
    /// <summary>How many wallets an answer shows.</summary>
    internal const int MostWallets = 1000;

    internal static ReratingView Of(StoredRerating rerating, IReadOnlyList<WalletCorrection> wallets)
    {
        var figures = rerating.Figures;
        var (before, now) = (figures.Models.Sum(static m => m.BeforeNanoUsd), figures.Models.Sum(static m => m.NowNanoUsd));
        return new ReratingView(
            rerating.Id,
            rerating.State,
            rerating.Provider,
            rerating.Model,
            Rfc3339.Format(rerating.FromUnixMs),
            Rfc3339.Format(rerating.UntilUnixMs),
            PricesOf(rerating.Prices),
            rerating.Note,
            rerating.RequestedBy,
            Rfc3339.Format(rerating.CreatedUnixMs),
            Rfc3339.Format(rerating.StartedUnixMs),
            Rfc3339.Format(rerating.EndedUnixMs),
            figures.Calls,
            figures.Priced,
            figures.Corrected,
            figures.Skipped,
            NanoUsd.FormatUsd(before),
            NanoUsd.FormatUsd(now),
            NanoUsd.FormatUsd(now - before),
            [.. figures.Models.Select(ReratedModelView.Of)],
            rerating.Wallets,
            rerating.Posted - rerating.Refusals.Count,
            [.. wallets.Take(MostWallets).Select(static w => new ReratedWalletView(w.Wallet, w.Period, w.Calls, w.AmountUsd))],
            [.. rerating.Refusals.Select(static r => new ReratingRefusalView(r.Wallet, r.Period, NanoUsd.FormatUsd(r.AmountNanoUsd), r.Code))],
            rerating.Problem,
            rerating.Warnings);
    }

    private static JsonElement PricesOf(string stored)
    {
        using var document = JsonDocument.Parse(stored == ReratingPrices.InForce ? $"\"{stored}\"" : stored);
        return document.RootElement.Clone();
    }
}

/// <summary>What the calls to a model came to.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Model">The model.</param>
/// <param name="Calls">Calls that were priced again.</param>
/// <param name="BeforeUsd">What they came to.</param>
/// <param name="NowUsd">What they come to now.</param>
/// <param name="AdjustmentUsd">The difference.</param>
public sealed record ReratedModelView(string Provider, string Model, long Calls, string BeforeUsd, string NowUsd, string AdjustmentUsd)
{
    internal static ReratedModelView Of(StoredModel model) => new(
        model.Provider,
        model.Model,
        model.Calls,
        NanoUsd.FormatUsd(model.BeforeNanoUsd),
        NanoUsd.FormatUsd(model.NowNanoUsd),
        NanoUsd.FormatUsd(model.NowNanoUsd - model.BeforeNanoUsd));
}

/// <summary>What the calls a wallet paid for in one of its periods were corrected by.</summary>
/// <param name="Wallet">The wallet.</param>
/// <param name="Period">The number of its period; 0 where it is not known.</param>
/// <param name="Calls">Calls that come to something else.</param>
/// <param name="AdjustmentUsd">Above 0 a charge, below a refund.</param>
public sealed record ReratedWalletView(string Wallet, int Period, long Calls, string AdjustmentUsd);

/// <summary>A wallet that could not be corrected.</summary>
/// <param name="Wallet">The wallet.</param>
/// <param name="Period">The number of its period.</param>
/// <param name="AdjustmentUsd">What it was to be corrected by.</param>
/// <param name="Code">Why: the code of an error.</param>
public sealed record ReratingRefusalView(string Wallet, int Period, string AdjustmentUsd, string Code);
