using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>A rule as it is stored.</summary>
/// <param name="Id"><c>rul_…</c>, or <c>sys_…</c> of one that ships.</param>
/// <param name="Name">For people; 1 to 100 characters.</param>
/// <param name="Description">Why it is there; null for nothing.</param>
/// <param name="Priority">Higher comes first; 0 to 1000.</param>
/// <param name="Enabled">Whether calls are compared with it.</param>
/// <param name="Conditions">What it asks of a call; null: nothing.</param>
/// <param name="Action">What it does.</param>
/// <param name="CreatedBy">The principal that made it.</param>
/// <param name="CreatedUnixMs">When; 0 for what ships.</param>
/// <param name="UpdatedUnixMs">When it was last written; 0 for what ships.</param>
internal sealed record StoredRule(
    string Id,
    string Name,
    string? Description,
    int Priority,
    bool Enabled,
    RuleCondition? Conditions,
    RuleAction Action,
    string CreatedBy,
    long CreatedUnixMs,
    long UpdatedUnixMs)
{
    /// <summary>The priority where nothing else is said.</summary>
    public const int DefaultPriority = 50;

    /// <summary>What the ids of those that ship begin with.</summary>
    public const string SystemPrefix = "sys_";

    /// <summary>Whether it ships, or stands in the place of one that does.</summary>
    public bool IsSystem => Id.StartsWith(SystemPrefix, StringComparison.Ordinal);

    /// <summary>Whether it is one that ships, as it ships: what an organisation puts in its place is the organisation's own word.</summary>
    [JsonIgnore]
    public bool IsAsShipped => IsSystem && UpdatedUnixMs == 0;
}

/// <summary>The written form of rules and of answers about them.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredRule))]
[JsonSerializable(typeof(IReadOnlyList<StoredRule>))]
[JsonSerializable(typeof(RuleRequest))]
[JsonSerializable(typeof(RuleView))]
[JsonSerializable(typeof(Page<RuleView>))]
internal sealed partial class RulesJson : JsonSerializerContext;
