using System.Globalization;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Chains;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Periods;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>Reads a rule from a request, and notes all that is wrong with it.</summary>
internal sealed class ReadRule(PartDirectory<StoredRule, RuleSet> rules)
{
    /// <summary>Most rules of an organisation, those that ship not counted.</summary>
    public const int MaxRules = 1_000;

    private const int MaxName = 100;
    private const int MaxDescription = 1_000;
    private const int MaxPriority = 1_000;

    /// <summary>Reads it.</summary>
    /// <param name="body">The request's.</param>
    /// <param name="request">Who asks, and for which.</param>
    /// <param name="before">What it replaces; null for a new one.</param>
    public StoredRule Run(MemberReader body, PartRequest request, StoredRule? before)
    {
        var shipped = SystemRules.Find(request.Id);
        var name = body.Text("name", MaxName, required: shipped is null) ?? shipped?.Name ?? "";
        if (before is null && rules.All(request.OrganisationId).Count(static r => !r.Value.IsSystem) >= MaxRules)
        {
            body.Problem("name", string.Create(CultureInfo.InvariantCulture, $"would be that of one rule too many: an organisation has at most {MaxRules}"));
        }

        var scope = body.Text("scope", MaxName);
        if (scope is not null && scope != RuleView.ScopeOf(shipped is not null))
        {
            body.Problem("scope", $"must be '{RuleView.ScopeOf(shipped is not null)}', or absent");
        }

        var isNew = before is null || before.CreatedUnixMs == 0;
        return new StoredRule(
            request.Id,
            name,
            body.Text("description", MaxDescription) ?? shipped?.Description,
            (int)(body.Whole("priority", 0, MaxPriority) ?? shipped?.Priority ?? StoredRule.DefaultPriority),
            body.Flag("enabled") ?? shipped?.Enabled ?? true,
            body.Raw("conditions") is null ? shipped?.Conditions : Conditions(body, request),
            body.Raw("action") is null && shipped is not null ? shipped.Action : Action(body, request),
            isNew ? request.Caller.PrincipalId : before!.CreatedBy,
            isNew ? request.NowUnixMs : before!.CreatedUnixMs,
            request.NowUnixMs);
    }

    private static RuleCondition? Conditions(MemberReader body, PartRequest request)
    {
        var wallets = request.Services.GetRequiredService<WalletDirectory>();
        return new ReadConditions(request.Services.GetRequiredService<ITimeZones>(), id => wallets.Get(request.OrganisationId, id) is not null).Run(body);
    }

    private static RuleAction Action(MemberReader body, PartRequest request)
    {
        if (body.Object("action") is not { } action)
        {
            if (body.Raw("action") is null)
            {
                body.Problem("action", "is required");
            }

            return new RuleAction();
        }

        var chains = request.Services.GetRequiredService<PartDirectory<StoredChain, ChainSet>>().For(request.OrganisationId);
        return ReadAction.Run(action, body, chains);
    }
}
