using System.Collections.Frozen;
using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Traffic.Assignments;

/// <summary>An organisation's assignments, as calls use them.</summary>
internal sealed class AssignmentSet
{
    private readonly string _organisationId;
    private readonly Levels<Assignment[]> _overrides;
    private readonly Levels<Assignment[]> _others;

    /// <summary>Orders them.</summary>
    /// <param name="organisationId">Whose.</param>
    /// <param name="stored">All.</param>
    public AssignmentSet(string organisationId, IReadOnlyList<StoredAssignment> stored)
    {
        _organisationId = organisationId;
        _overrides = Order(stored, overrides: true);
        _others = Order(stored, overrides: false);
    }

    /// <summary>
    /// The assignment of a call: of the most specific level that has one which holds; of several there the one of the highest priority, then of the lowest id.
    /// Those that have expired are passed over. Does not allocate.
    /// </summary>
    /// <param name="facts">The call.</param>
    /// <param name="category">What kind of work it is.</param>
    /// <param name="overrides">Among those that go before everything else, or among the others.</param>
    /// <returns>Null for none.</returns>
    public Assignment? Find(CallFacts facts, TaskCategory category, bool overrides)
    {
        var levels = overrides ? _overrides : _others;
        if (levels.IsEmpty)
        {
            return null;
        }

        var places = Levels<Assignment[]>.PlacesOf(facts.WalletIds);
        for (var place = 0; place < places; place++)
        {
            foreach (var assignment in levels.At(place, _organisationId, facts.UserId, facts.WalletIds) ?? [])
            {
                if (assignment.Holds(facts, category))
                {
                    return assignment;
                }
            }
        }

        return null;
    }

    /// <summary>Whether a call could have one: only then it matters what kind of work it is.</summary>
    public bool HasAny(bool overrides) => !(overrides ? _overrides : _others).IsEmpty;

    private static Levels<Assignment[]> Order(IReadOnlyList<StoredAssignment> stored, bool overrides) => new(
        stored.Select(static s => s.Assignment).Where(a => a.IsOverride == overrides).GroupBy(static a => new LevelSubject(a.Level, a.Subject))
            .ToFrozenDictionary(static g => g.Key, static g => g.OrderByDescending(static a => a.Priority).ThenBy(static a => a.Id, StringComparer.Ordinal).ToArray()));
}

/// <summary>An assignment as it is stored.</summary>
internal sealed record StoredAssignment(string Id, Assignment Assignment, long CreatedUnixMs);

/// <summary>The written form of assignments and of answers about them.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredAssignment))]
[JsonSerializable(typeof(AssignmentRequest))]
[JsonSerializable(typeof(AssignmentView))]
[JsonSerializable(typeof(Page<AssignmentView>))]
internal sealed partial class AssignmentsJson : JsonSerializerContext;
