namespace AiOrchestrator.Core.Metering.Experiments;

/// <summary>
/// What the calls of one variant of an experiment came to: all of them, each once, however many exchanges it took. What the gateway refused and what never
/// reached a provider is not among them.
/// </summary>
public sealed record VariantFigures
{
    /// <summary>Of no calls.</summary>
    public static VariantFigures None { get; } = new();

    /// <summary>Calls that were sent to a provider.</summary>
    public long Calls { get; init; }

    /// <summary>Of them, answered in full.</summary>
    public long Succeeded { get; init; }

    /// <summary>Of them, ended by an error, a timeout or a cut. What is neither ended because the client went away.</summary>
    public long Failed { get; init; }

    /// <summary>What those that succeeded cost, all their exchanges together, nano-dollars. What failed is no bargain, however little it cost.</summary>
    public Moments CostNanoUsd { get; init; }

    /// <summary>From arrival to the first byte, of those that succeeded, microseconds.</summary>
    public Moments FirstByteUs { get; init; }

    /// <summary>From arrival to the end, of those that succeeded, microseconds.</summary>
    public Moments DurationUs { get; init; }

    /// <summary>What users thought of answers, thousandths: -1000 to 1000.</summary>
    public Moments FeedbackMilli { get; init; }

    /// <summary>The same by groups of key values; those without calls left out.</summary>
    public IReadOnlyList<ClusterFigures> Clusters { get; init; } = [];
}

/// <summary>Finds what the calls of an experiment came to, of all instances and over restarts, as far as usage is known; by variant, those without calls left out.</summary>
/// <param name="organisationId">Whose experiment.</param>
/// <param name="experimentId">Which.</param>
/// <param name="startedUnixMs">When it began, milliseconds since 1970.</param>
/// <param name="withFeedback">Whether feedback is wanted as well: it takes as long as there is of it.</param>
/// <param name="cancellation">Nobody waits any more.</param>
public delegate Task<IReadOnlyDictionary<string, VariantFigures>> FindVariantFigures(
    string organisationId, string experimentId, long startedUnixMs, bool withFeedback, CancellationToken cancellation);
