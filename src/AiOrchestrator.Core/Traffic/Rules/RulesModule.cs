using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>Rules of organisations, and those that ship.</summary>
internal static class RulesModule
{
    /// <summary>Registers them.</summary>
    public static IServiceCollection AddRules(this IServiceCollection services)
    {
        services.AddJson(RulesJson.Default);
        return services.AddParts(static _ => new PartKind<StoredRule, RuleSet>(
            "rules", RulesJson.Default.StoredRule, static r => r.Id, static (_, rules) => new RuleSet(rules), static () => new RuleNotFound())
        {
            Shipped = SystemRules.All,
        });
    }
}
