using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Chains;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Traffic.Decision;

/// <summary>Chooses the models a call goes to: what the caller named, or what was configured for such a call.</summary>
internal sealed class ChooseTarget(PartDirectory<StoredChain, ChainSet> chains)
{
    /// <summary>The reason where the caller's word decided.</summary>
    public const string ByPriority = "priority";

    /// <summary>Chooses.</summary>
    /// <param name="request">The call.</param>
    /// <param name="target">The models when null is returned.</param>
    /// <param name="trace">Takes down what was looked at.</param>
    public ApiFailure? Run(in DecisionRequest request, out Target? target, DecisionTrace? trace)
    {
        var facts = request.Facts;
        var known = chains.For(facts.OrganisationId);
        target = null;
        if (facts.Model.StartsWith(Chain.ModelPrefix, StringComparison.Ordinal))
        {
            var name = facts.Model[Chain.ModelPrefix.Length..];
            if (known.Find(name) is not { } chain)
            {
                return new Providers.ModelNotFound(facts.Model);
            }

            target = Target.Of(chain, $"chain:{chain.Name}");
            return null;
        }

        if (known.Taking(facts.Model) is { } taking)
        {
            target = Target.Of(taking, $"chain:{taking.Name}");
            return null;
        }

        target = new Target([new ChainEntry(facts.Model)], ByPriority);
        return null;
    }
}
