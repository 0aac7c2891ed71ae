namespace AiOrchestrator.Core.Insight;

/// <summary>The answer of <c>GET …/chargeback</c> as JSON; it is written row by row (<see cref="ChargebackJson"/>), this type describes it.</summary>
/// <param name="Data">The groups, in order of what they are grouped by.</param>
public sealed record ChargebackView(IReadOnlyList<ChargebackRowView> Data);

/// <summary>A group of calls. What it is not grouped by is not there. Amounts are decimal strings of US dollars.</summary>
/// <param name="Wallet">The wallet that was charged, nearest to the caller; null where there was none.</param>
/// <param name="WalletName">Its name now.</param>
/// <param name="Team">The nearest team or department on the path; where there is none, the wallet right below the top.</param>
/// <param name="TeamName">Its name now.</param>
/// <param name="CostCentre">As it was at the time of the call.</param>
/// <param name="Key">The API key.</param>
/// <param name="Model">The model.</param>
/// <param name="Provider">The provider.</param>
/// <param name="Day">The day in UTC.</param>
/// <param name="Calls">How many.</param>
/// <param name="PromptTokens">Charged prompt tokens.</param>
/// <param name="CompletionTokens">Charged completion tokens.</param>
/// <param name="CostUsd">What they were charged when they ended.</param>
/// <param name="AdjustmentsUsd">What they were corrected by since: re-ratings, and what reviews charged later; in the hour of the call and not of the correction.</param>
/// <param name="TotalUsd">Both together.</param>
public sealed record ChargebackRowView(
    string? Wallet,
    string? WalletName,
    string? Team,
    string? TeamName,
    string? CostCentre,
    string? Key,
    string? Model,
    string? Provider,
    string? Day,
    long Calls,
    long PromptTokens,
    long CompletionTokens,
    string CostUsd,
    string AdjustmentsUsd,
    string TotalUsd);
