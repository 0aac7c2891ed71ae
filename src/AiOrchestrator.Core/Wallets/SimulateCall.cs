using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Money;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets;

/// <summary>The answer of <c>POST …/wallets/{id}/simulate</c>: what would become of a call that is paid from the wallet now.</summary>
/// <param name="Wallet">The wallet's id.</param>
/// <param name="AmountUsd">What the call would hold.</param>
/// <param name="WouldPass">Whether it would be let through, shortened or not, without waiting.</param>
/// <param name="StandsInTheWay">The wallet that refuses it or lets it wait, or the tightest that makes it shorter; null when none does.</param>
/// <param name="ClampedMaxTokens">How many tokens of output it would be shortened to; null when it would not.</param>
/// <param name="ClampedAmountUsd">What it would hold then.</param>
/// <param name="Levels">The wallets it is paid from, this one first.</param>
public sealed record SimulationView(
    string Wallet,
    string AmountUsd,
    bool WouldPass,
    string? StandsInTheWay,
    long? ClampedMaxTokens,
    string? ClampedAmountUsd,
    IReadOnlyList<SimulatedLevelView> Levels);

/// <summary>What one wallet of the path would say.</summary>
/// <param name="Wallet">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Verdict">
/// <c>passes</c>; <c>waits</c> (the money is there, but other calls hold it); <c>exhausted</c>; <c>frozen</c>; <c>closed</c>; or
/// <c>shadow</c>: its limit would refuse the call, but is not enforced.
/// </param>
/// <param name="AvailableUsd">What a new call could get now; null without a limit.</param>
/// <param name="UnspentUsd">What one call could at most get once all others have ended; null without a limit.</param>
/// <param name="ShortUsd">How much is missing; 0 when nothing is.</param>
/// <param name="Shadow">Whether the wallet's limit is not enforced.</param>
/// <param name="ResetsAt">When its figures begin anew, RFC 3339; null for never.</param>
public sealed record SimulatedLevelView(
    string Wallet, string Name, string Verdict, string? AvailableUsd, string? UnspentUsd, string ShortUsd, bool Shadow, string? ResetsAt);

/// <summary>Says whether a call would pass, wallet by wallet; holds and changes nothing.</summary>
internal sealed class SimulateCall(
    WalletDirectory wallets, DescribeWallets describe, WalletSight sight, PriceTable prices, PriceBooks books, TimeProvider time)
{
    public async Task<Result<SimulationView>> ExecuteAsync(Caller caller, string walletId, MemberReader body, CancellationToken cancellation)
    {
        var call = Read(caller.OrganisationId, body);
        if (body.Finish() is { } invalid)
        {
            return invalid;
        }

        if (sight.Find(caller, walletId) is null)
        {
            return new WalletNotFound();
        }

        var path = await describe.PathAsync(walletId, cancellation);
        return path.Failed ? path.Failure : Simulate(caller.OrganisationId, call, path.Value);
    }

    /// <summary>What the wallet could at most give one call: allowance and overdraft less what is spent or in suspense.</summary>
    private static long Unspent(WalletState state) => state.AllowanceNanoUsd is { } allowance
        ? Math.Max(0, allowance + state.OverdraftNanoUsd - state.SpentNanoUsd - state.SuspenseNanoUsd)
        : long.MaxValue;

    private static bool Bars(WalletState state) => state.Closed || state.Frozen;

    private static bool Lacks(WalletState state, long amountNanoUsd) => !state.Settings.IsShadow && amountNanoUsd > state.AvailableNanoUsd;

    private static string Verdict(WalletState state, long amountNanoUsd) => state switch
    {
        { Closed: true } => "closed",
        { Frozen: true } => "frozen",
        _ when amountNanoUsd <= state.AvailableNanoUsd => "passes",
        { Settings.IsShadow: true } => "shadow",
        _ => amountNanoUsd <= Unspent(state) ? "waits" : "exhausted",
    };

    /// <summary>What the organisation charges for a model that a provider serves as the catalogue has it.</summary>
    private ModelPrice? PriceOf(string organisationId, string model)
    {
        var subject = prices.TryFindModel(model, out var entry)
            ? new PriceSubject(entry.Provider, model, entry.Id, entry, isRowsOwn: false)
            : new PriceSubject("", model, model, UnpricedModel.Entry("", model, ModelKind.Chat), isRowsOwn: false);
        return books.For(organisationId).Find(subject, time.GetUtcNow())?.Price;
    }

    private Call Read(string organisationId, MemberReader body)
    {
        var amount = WalletMembers.Amount(body, "amount_usd", 0);
        var model = body.Text("model", WalletMembers.MaxNameLength);
        var prompt = body.Whole("prompt_tokens", 0, TokenUsage.MaxTokens);
        var output = body.Whole("max_tokens", 0, TokenUsage.MaxTokens);
        if (body.Has("amount_usd") == body.Has("model"))
        {
            body.Problem("amount_usd", "or 'model' must be given, and not both");
        }

        if (!body.Has("model"))
        {
            return new Call(amount ?? 0, null, 0, 0);
        }

        foreach (var name in (string[])["prompt_tokens", "max_tokens"])
        {
            if (body.Raw(name) is null)
            {
                body.Problem(name, "is required with 'model'");
            }
        }

        var price = model is null ? null : PriceOf(organisationId, model);
        if (model is not null && price is null)
        {
            body.Problem("model", "has no price");
        }

        var most = price is null ? 0 : CostEngine.WorstCaseNanoUsd(price, prompt ?? 0, output ?? 0, n: 1);
        return new Call(most, price, prompt ?? 0, output ?? 0);
    }

    private SimulationView Simulate(string organisationId, Call call, IReadOnlyList<WalletState> path)
    {
        // In the order of the gateway: the nearest to the root that refuses is named; what all of them can give together decides about
        // shortening.
        var amount = call.AmountNanoUsd;
        var barred = path.LastOrDefault(Bars);
        long? clamped = null;
        if (barred is null && call.Price is not null && path.Any(s => Lacks(s, call.AmountNanoUsd) && call.AmountNanoUsd > Unspent(s)))
        {
            var budget = path.Where(static s => !s.Settings.IsShadow).Min(Unspent);
            clamped = OutputClamp.Fit(call.Price, call.PromptTokens, call.MaxTokens, choices: 1, budget);
            amount = clamped is { } tokens ? CostEngine.WorstCaseNanoUsd(call.Price, call.PromptTokens, tokens, n: 1) : amount;
        }

        var inTheWay = barred ?? path.LastOrDefault(s => Lacks(s, amount));
        var asked = call.AmountNanoUsd;
        return new SimulationView(
            path[0].Id,
            NanoUsd.FormatUsd(asked),
            inTheWay is null,
            (inTheWay ?? path.Where(s => Lacks(s, asked)).MinBy(static s => s.AvailableNanoUsd))?.Id,
            clamped,
            clamped is null ? null : NanoUsd.FormatUsd(amount),
            [.. path.Select(s => Level(organisationId, s, asked))]);
    }

    private SimulatedLevelView Level(string organisationId, WalletState state, long amountNanoUsd) => new(
        state.Id,
        wallets.Get(organisationId, state.Id)?.Name ?? state.Id,
        Verdict(state, amountNanoUsd),
        WalletView.Available(state),
        state.AllowanceNanoUsd is null ? null : NanoUsd.FormatUsd(Unspent(state)),
        NanoUsd.FormatUsd(Math.Max(0, amountNanoUsd - state.AvailableNanoUsd)),
        state.Settings.IsShadow,
        Rfc3339.Format(state.ResetsUnixMs));

    private readonly record struct Call(long AmountNanoUsd, ModelPrice? Price, long PromptTokens, long MaxTokens);
}
