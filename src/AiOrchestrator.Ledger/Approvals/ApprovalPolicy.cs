using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Ledger.Approvals;

/// <summary>Who must agree to a proposal of some size.</summary>
/// <param name="UpToNanoUsd">The largest amount this level decides on, nano-dollars, more than 0; null decides on any.</param>
/// <param name="Roles">Whoever has one of these may agree or refuse; words of the host, at least one.</param>
/// <param name="Approvals">How many different people must agree: 1 to <see cref="MaxApprovals"/>.</param>
public sealed record ApprovalLevel(long? UpToNanoUsd, IReadOnlyList<string> Roles, int Approvals)
{
    /// <summary>The most approvals a level may ask for.</summary>
    public const int MaxApprovals = 3;
}

/// <summary>The levels of approval, by amount.</summary>
/// <param name="Levels">Ascending by amount; the last decides on any. 1 to <see cref="MaxLevels"/>.</param>
public sealed record ApprovalPolicy(IReadOnlyList<ApprovalLevel> Levels)
{
    /// <summary>The most levels a policy may have.</summary>
    public const int MaxLevels = 10;

    /// <summary>The policy of whoever has none: up to 100 USD a team lead may agree, above it only who answers for all money.</summary>
    public static ApprovalPolicy Default { get; } = new(
    [
        new ApprovalLevel(100 * NanoUsd.PerUsd, ["team_lead", "finops", "admin", "owner"], 1),
        new ApprovalLevel(null, ["finops", "admin", "owner"], 1),
    ]);

    /// <summary>Whether there is one level for every amount, and each can be met.</summary>
    public bool IsValid
    {
        get
        {
            for (var i = 0; i < Levels.Count; i++)
            {
                var level = Levels[i];
                var isLast = i == Levels.Count - 1;
                if (level.Approvals is < 1 or > ApprovalLevel.MaxApprovals || level.Roles.Count == 0
                    || isLast != level.UpToNanoUsd is null
                    || (!isLast && level.UpToNanoUsd <= (i == 0 ? 0 : Levels[i - 1].UpToNanoUsd)))
                {
                    return false;
                }
            }

            return Levels.Count is >= 1 and <= MaxLevels;
        }
    }

    /// <summary>The level that decides on an amount, in nano-dollars.</summary>
    public ApprovalLevel For(long amountNanoUsd) => Levels.First(level => level.UpToNanoUsd is not { } most || amountNanoUsd <= most);
}
