using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Registry;

/// <summary>Which models are wanted.</summary>
/// <param name="Capabilities">They have all of these.</param>
/// <param name="Statuses">They are in one of these; empty for any.</param>
internal sealed record ModelFilter(ModelCapabilities Capabilities, IReadOnlyList<LifecycleStatus> Statuses)
{
    private const int Most = 8;

    /// <summary>Reads <c>capability</c> and <c>status</c>, each as often as is wanted or joined with commas.</summary>
    public static ModelFilter Read(QueryReader query)
    {
        var set = ModelCapabilities.None;
        foreach (var word in query.Words("capability", Most))
        {
            if (CapabilityWords.Parse(word) is { } capability)
            {
                set |= capability;
            }
            else
            {
                query.Problem("capability", $"must be one of {string.Join(", ", CapabilityWords.All)}");
            }
        }

        var statuses = new List<LifecycleStatus>();
        foreach (var word in query.Words("status", Most))
        {
            LifecycleStatus? status = word.ToUpperInvariant() switch
            {
                "ACTIVE" => LifecycleStatus.Active,
                "DYING" => LifecycleStatus.Dying,
                "DEAD" => LifecycleStatus.Dead,
                _ => null,
            };
            if (status is { } known)
            {
                statuses.Add(known);
            }
            else
            {
                query.Problem("status", "must be ACTIVE, DYING or DEAD");
            }
        }

        return new ModelFilter(set, statuses);
    }

    /// <summary>Whether a model is one of them.</summary>
    public bool Takes(KnownModel model, long unixMs) =>
        model.Capabilities.Cover(Capabilities) && (Statuses.Count == 0 || Statuses.Contains(model.Life.StatusAt(unixMs)));
}
