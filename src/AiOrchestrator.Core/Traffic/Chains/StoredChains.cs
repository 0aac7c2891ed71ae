using System.Collections.Frozen;
using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Traffic.Chains;

/// <summary>An organisation's chains.</summary>
internal sealed class ChainSet
{
    private readonly FrozenDictionary<string, Chain> _chains;
    private readonly FrozenDictionary<string, Chain> _taking;

    public ChainSet(IReadOnlyList<StoredChain> stored)
    {
        var chains = new Dictionary<string, Chain>(StringComparer.Ordinal);
        var taking = new Dictionary<string, Chain>(StringComparer.Ordinal);
        foreach (var chain in stored)
        {
            chains[chain.Id] = chain.Chain;
            chains.TryAdd(chain.Chain.Name, chain.Chain);
            foreach (var model in chain.Chain.Takes ?? [])
            {
                taking.TryAdd(model, chain.Chain);
            }
        }

        _chains = chains.ToFrozenDictionary(StringComparer.Ordinal);
        _taking = taking.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>The chain an id or a name means; null for none.</summary>
    public Chain? Find(string idOrName) => _chains.GetValueOrDefault(idOrName);

    /// <summary>The chain that takes the calls of a model; null for none.</summary>
    public Chain? Taking(string model) => _taking.GetValueOrDefault(model);
}

/// <summary>A chain as it is stored.</summary>
internal sealed record StoredChain(string Id, Chain Chain, long CreatedUnixMs);

/// <summary>The written form of chains and of answers about them.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredChain))]
[JsonSerializable(typeof(ChainRequest))]
[JsonSerializable(typeof(ChainView))]
[JsonSerializable(typeof(Page<ChainView>))]
internal sealed partial class ChainsJson : JsonSerializerContext;
