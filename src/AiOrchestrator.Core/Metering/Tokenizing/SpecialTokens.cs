using System.Collections.Frozen;
using System.Globalization;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>The special tokens of an encoding, as tiktoken's <c>openai_public.py</c> has them.</summary>
internal sealed class SpecialTokens
{
    private readonly FrozenDictionary<string, int> _ids;
    private readonly FrozenDictionary<int, string> _names;

    private SpecialTokens(IEnumerable<KeyValuePair<string, int>> tokens)
    {
        _ids = tokens.ToFrozenDictionary(StringComparer.Ordinal);
        // An id with two names is written as the one that is not reserved.
        _names = _ids.OrderBy(static t => t.Key.StartsWith("<|reserved_", StringComparison.Ordinal))
            .DistinctBy(static t => t.Value)
            .ToFrozenDictionary(static t => t.Value, static t => t.Key);
    }

    public static SpecialTokens Cl100k { get; } = new(new Dictionary<string, int>(StringComparer.Ordinal)
    {
        ["<|endoftext|>"] = 100257,
        ["<|fim_prefix|>"] = 100258,
        ["<|fim_middle|>"] = 100259,
        ["<|fim_suffix|>"] = 100260,
        ["<|endofprompt|>"] = 100276,
    });

    public static SpecialTokens O200k { get; } = new(new Dictionary<string, int>(StringComparer.Ordinal)
    {
        ["<|endoftext|>"] = 199999,
        ["<|endofprompt|>"] = 200018,
    });

    public static SpecialTokens O200kHarmony { get; } = new(Harmony());

    /// <summary>The id of a token; null where there is none.</summary>
    public int? IdOf(string name) => _ids.TryGetValue(name, out var id) ? id : null;

    /// <summary>The name of a token; null where there is none.</summary>
    public string? NameOf(int id) => _names.GetValueOrDefault(id);

    private static Dictionary<string, int> Harmony()
    {
        var tokens = new Dictionary<string, int>(StringComparer.Ordinal)
        {
            ["<|startoftext|>"] = 199998,
            ["<|endoftext|>"] = 199999,
            ["<|return|>"] = 200002,
            ["<|constrain|>"] = 200003,
            ["<|channel|>"] = 200005,
            ["<|start|>"] = 200006,
            ["<|end|>"] = 200007,
            ["<|message|>"] = 200008,
            ["<|call|>"] = 200012,
            ["<|endofprompt|>"] = 200018,
        };
        int[] reserved = [200000, 200001, 200004, 200009, 200010, 200011, .. Enumerable.Range(200013, 201088 - 200013)];
        foreach (var id in reserved)
        {
            tokens[string.Create(CultureInfo.InvariantCulture, $"<|reserved_{id}|>")] = id;
        }

        return tokens;
    }
}
