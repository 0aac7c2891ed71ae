namespace AiOrchestrator.Core.Wallets;

/// <summary>When a wallet's periods begin.</summary>
/// <param name="Kind"><c>lifetime</c>, <c>daily</c>, <c>weekly</c>, <c>monthly</c> or <c>quarterly</c>.</param>
/// <param name="Day">Weekly: 1 (Monday, the default) to 7; monthly and quarterly: day of the month, 1 to 31, where a month without it uses its last.</param>
/// <param name="TimeZone">The IANA name of the time zone whose days count; UTC when absent.</param>
public sealed record PeriodRequest(string Kind, int? Day = null, string? TimeZone = null);

/// <summary>The body of <c>POST /control/v1/wallets</c>.</summary>
/// <param name="Name">For people; 1 to 200 characters.</param>
/// <param name="LimitUsd">Decimal US dollars, 0 to a billion; null tracks only. Must be said, either way.</param>
/// <param name="ParentId">The wallet above it, whose allowance covers it too; null for the top of a tree.</param>
/// <param name="Kind">What it stands for: organisation, department, team, project, user or key.</param>
/// <param name="CostCentre">Whom its calls are charged to in the books of the enterprise; 1 to 64 characters.</param>
/// <param name="OverdraftPercent">How far above the limit calls are still admitted: 0 to 100 percent of it, two decimals.</param>
/// <param name="Thresholds">Soft thresholds, percent of the allowance: 1 to 99, ascending, at most 8. 80, 90 and 95 when absent.</param>
/// <param name="Period">When its periods begin; a lifetime when absent.</param>
/// <param name="Shadow">Calls the limit would refuse are let through and counted.</param>
/// <param name="Note">Stands on the statement.</param>
public sealed record CreateWalletRequest(
    string Name,
    string? LimitUsd,
    string? ParentId = null,
    string? Kind = null,
    string? CostCentre = null,
    decimal? OverdraftPercent = null,
    IReadOnlyList<int>? Thresholds = null,
    PeriodRequest? Period = null,
    bool? Shadow = null,
    string? Note = null);

/// <summary>The body of <c>PATCH /control/v1/wallets/{id}</c>: what is absent stays as it is.</summary>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="LimitUsd">Decimal US dollars, 0 to a billion; null removes the limit.</param>
/// <param name="ParentId">The wallet above it; null makes it the top of a tree. Counts for calls that begin afterwards.</param>
/// <param name="Kind">What it stands for; null for nothing.</param>
/// <param name="CostCentre">1 to 64 characters; null: as the wallet above.</param>
/// <param name="OverdraftPercent">0 to 100, two decimals.</param>
/// <param name="Thresholds">1 to 99, ascending, at most 8.</param>
/// <param name="Period">The current period keeps its figures and ends where the new rule says.</param>
/// <param name="Shadow">Calls the limit would refuse are let through and counted.</param>
/// <param name="Note">Stands on the statement beside every change.</param>
public sealed record ChangeWalletRequest(
    string? Name = null,
    string? LimitUsd = null,
    string? ParentId = null,
    string? Kind = null,
    string? CostCentre = null,
    decimal? OverdraftPercent = null,
    IReadOnlyList<int>? Thresholds = null,
    PeriodRequest? Period = null,
    bool? Shadow = null,
    string? Note = null);

/// <summary>The body of <c>POST /control/v1/wallets/{id}/top-ups</c>.</summary>
/// <param name="AmountUsd">Added to the current period's allowance: more than 0, at most a billion.</param>
/// <param name="Id">Whoever repeats the request with the same id within three days changes nothing; one is made when it is absent.</param>
/// <param name="Note">Stands on the statement.</param>
public sealed record TopUpRequest(string AmountUsd, string? Id = null, string? Note = null);

/// <summary>The body of <c>POST /control/v1/wallets/{id}/adjustments</c>.</summary>
/// <param name="AmountUsd">Added to what was spent in the current period; below 0 it is a refund, of at most what was spent.</param>
/// <param name="Note">Why; stands on the statement.</param>
/// <param name="Id">Whoever repeats the request with the same id within three days changes nothing; one is made when it is absent.</param>
public sealed record AdjustmentRequest(string AmountUsd, string Note, string? Id = null);

/// <summary>The body of <c>POST /control/v1/wallets/{id}/freeze</c> and <c>…/unfreeze</c>; it may be left out.</summary>
/// <param name="Note">Stands on the statement.</param>
public sealed record FreezeRequest(string? Note = null);

/// <summary>The answer to a top-up or an adjustment.</summary>
/// <param name="Id">Its id, as it stands on the statement.</param>
/// <param name="Applied">False when it was applied before and nothing changed.</param>
/// <param name="Wallet">The wallet afterwards.</param>
public sealed record MovementView(string Id, bool Applied, WalletView Wallet);

/// <summary>The body of <c>POST …/wallets/{id}/simulate</c>: an amount, or a model with its tokens.</summary>
/// <param name="AmountUsd">What the call could cost at most.</param>
/// <param name="Model">A model of the price table; prices of provider rows are not looked at.</param>
/// <param name="PromptTokens">With <paramref name="Model"/>: at most.</param>
/// <param name="MaxTokens">With <paramref name="Model"/>: the output asked for.</param>
public sealed record SimulateRequest(string? AmountUsd = null, string? Model = null, long? PromptTokens = null, long? MaxTokens = null);
