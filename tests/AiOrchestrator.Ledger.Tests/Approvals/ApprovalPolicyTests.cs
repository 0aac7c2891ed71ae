using AiOrchestrator.Ledger.Approvals;

namespace AiOrchestrator.Ledger.Tests.Approvals;

public sealed class ApprovalPolicyTests
{
    [Theory]
    [InlineData(1, "team_lead,finops,admin,owner")]
    [InlineData(100_000_000_000, "team_lead,finops,admin,owner")]
    [InlineData(100_000_000_001, "finops,admin,owner")]
    [InlineData(long.MaxValue, "finops,admin,owner")]
    public void Who_has_no_policy_has_team_leads_agree_up_to_a_hundred_dollars(long amount, string roles)
    {
        var level = ApprovalPolicy.Default.For(amount);
        Assert.Equal((roles, 1), (string.Join(',', level.Roles), level.Approvals));
    }

    public static TheoryData<string, bool> Policies => new()
    {
        { "any:1", true },
        { "5:1 any:3", true },
        { "5:1 6:2 any:3", true },
        { "", false },
        { "5:1", false },
        { "any:1 any:1", false },
        { "any:1 5:1", false },
        { "5:1 5:1 any:1", false },
        { "0:1 any:1", false },
        { "any:0", false },
        { "any:4", false },
        { "any:1:nobody", false },
        { "1:1 2:1 3:1 4:1 5:1 6:1 7:1 8:1 9:1 any:1", true },
        { "1:1 2:1 3:1 4:1 5:1 6:1 7:1 8:1 9:1 10:1 any:1", false },
    };

    [Theory]
    [MemberData(nameof(Policies))]
    public void A_policy_has_one_level_for_every_amount(string levels, bool isValid)
    {
        var policy = new ApprovalPolicy(
        [
            .. levels.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static text => text.Split(':')).Select(static parts => new ApprovalLevel(
                parts[0] == "any" ? null : long.Parse(parts[0], null),
                parts.Length == 3 ? [] : ["finops"],
                int.Parse(parts[1], null))),
        ]);
        Assert.Equal(isValid, policy.IsValid);
    }

    [Fact]
    public void The_policy_of_whoever_has_none_is_valid() => Assert.True(ApprovalPolicy.Default.IsValid);
}
