using System.Text.Json.Serialization;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Traffic.Assignments;

/// <summary>Which calls of its subject an assignment is for; all that is said must hold.</summary>
/// <param name="MinPromptTokens">As many or more; null for no bound.</param>
/// <param name="MaxPromptTokens">As many or fewer; null for no bound.</param>
/// <param name="Tags">The call has one of these; null for any call.</param>
public sealed record AssignmentConditions(long? MinPromptTokens = null, long? MaxPromptTokens = null, IReadOnlyList<string>? Tags = null)
{
    internal bool Hold(CallFacts facts) =>
        !(facts.PromptTokens < MinPromptTokens) && !(facts.PromptTokens > MaxPromptTokens) && (Tags is null || HasTag(Tags, facts.Tags));

    private static bool HasTag(IReadOnlyList<string> wanted, IReadOnlyList<string> given)
    {
        for (var index = 0; index < given.Count; index++)
        {
            for (var other = 0; other < wanted.Count; other++)
            {
                if (given[index] == wanted[other])
                {
                    return true;
                }
            }
        }

        return false;
    }
}

/// <summary>Which model does one kind of work for an organisation, a team or a user (RT-13).</summary>
/// <param name="Id"><c>asg_…</c>.</param>
/// <param name="Level">Whose calls.</param>
/// <param name="Subject">By id; <c>*</c> for everybody.</param>
/// <param name="TaskType">The word of a <see cref="TaskCategory"/>, or <c>*</c> for all.</param>
/// <param name="PrimaryModel">Who does it.</param>
/// <param name="FallbackModels">Who does it where that cannot, in order.</param>
/// <param name="AllowedModels">Names and patterns of the models that may do it; null for any.</param>
/// <param name="Priority">Of two at one level the higher holds; 0 to 1000.</param>
/// <param name="Conditions">Which calls it is for; null for all.</param>
/// <param name="ExpiresUnixMs">From when on it holds no more, milliseconds since 1970; null for never.</param>
/// <param name="AssignedBy">The principal who said so.</param>
/// <param name="IsOverride">Whether it goes before everything else that chooses a model.</param>
public sealed record Assignment(
    string Id,
    Level Level,
    string Subject,
    string TaskType,
    string PrimaryModel,
    IReadOnlyList<string> FallbackModels,
    IReadOnlyList<string>? AllowedModels = null,
    int Priority = Assignment.DefaultPriority,
    AssignmentConditions? Conditions = null,
    long? ExpiresUnixMs = null,
    string AssignedBy = "",
    bool IsOverride = false)
{
    /// <summary>Where nothing else is said.</summary>
    public const int DefaultPriority = 50;

    /// <summary>The task type that stands for all.</summary>
    public const string AnyTask = "*";

    /// <summary>The primary model and those after it, in order; made once.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Models => field ??= [PrimaryModel, .. FallbackModels];

    private ModelPatterns? Patterns => AllowedModels is null ? null : field ??= new ModelPatterns(AllowedModels);

    /// <summary>Whether a model may do the work: the primary one and those after it always.</summary>
    public bool Allows(string model) => Patterns is not { } patterns || Models.Contains(model) || patterns.Allows(model);

    internal bool Holds(CallFacts facts, TaskCategory category) =>
        !(facts.UnixMs >= ExpiresUnixMs) && (TaskType == AnyTask || TaskType == category.Word()) && Conditions?.Hold(facts) != false;
}
