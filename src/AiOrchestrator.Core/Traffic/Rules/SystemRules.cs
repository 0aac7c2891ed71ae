using System.Text.Json;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>
/// The rules that ship (RT-02). Every organisation has them until it disables or overrides them. They act on conversations whose caller leaves the choice to the
/// gateway. Models are named as the registry names them; what takes the place of one that has ended takes its place here.
/// </summary>
internal static class SystemRules
{
    private const string EmbeddedName = "AiOrchestrator.Core.Traffic.Rules.system-rules.json";

    private static readonly Lazy<IReadOnlyList<StoredRule>> Shipped = new(Load);

    /// <summary>All of them, in order of id.</summary>
    public static IReadOnlyList<StoredRule> All => Shipped.Value;

    /// <summary>The one with an id; null for none.</summary>
    public static StoredRule? Find(string id) => All.FirstOrDefault(r => r.Id == id);

    private static IReadOnlyList<StoredRule> Load()
    {
        using var file = typeof(SystemRules).Assembly.GetManifestResourceStream(EmbeddedName)
            ?? throw new InvalidOperationException($"resource {EmbeddedName} is missing");
        var rules = JsonSerializer.Deserialize(file, RulesJson.Default.IReadOnlyListStoredRule) ?? throw new InvalidOperationException($"resource {EmbeddedName} is empty");
        return [.. rules.OrderBy(static r => r.Id, StringComparer.Ordinal)];
    }
}
