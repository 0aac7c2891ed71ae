using System.Text.Json.Serialization.Metadata;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Traffic.Configuration;

/// <summary>A thing an organisation has configured, with the tag of its document.</summary>
/// <typeparam name="T">As it is stored.</typeparam>
/// <param name="Value">The thing.</param>
/// <param name="ETag">The document's.</param>
internal sealed record Part<T>(T Value, string ETag);

/// <summary>How one kind of configuration is stored and what it comes to.</summary>
/// <typeparam name="TStored">One of it, as it is stored.</typeparam>
/// <typeparam name="TCompiled">All of an organisation, as calls use it: immutable.</typeparam>
/// <param name="Name">For people, and the beginning of its partitions: <c>chains</c>.</param>
/// <param name="Type">Its written form.</param>
/// <param name="Id">The id of one.</param>
/// <param name="Compile">What an organisation's come to, given in order of id. Must not throw: what is stored was checked when it was written.</param>
/// <param name="NotFound">What is said where there is none with an id.</param>
internal sealed record PartKind<TStored, TCompiled>(
    string Name, JsonTypeInfo<TStored> Type, Func<TStored, string> Id, Func<string, IReadOnlyList<TStored>, TCompiled> Compile, Func<ApiFailure> NotFound)
    where TStored : class
    where TCompiled : class
{
    /// <summary>The tag of what ships, as long as nothing is stored in its place.</summary>
    public const string ShippedETag = "shipped";

    /// <summary>
    /// What every organisation has without having made it, in order of id. One that is replaced is stored under its id and stands in its place; deleting that
    /// brings it back, and itself it cannot be deleted.
    /// </summary>
    public IReadOnlyList<TStored> Shipped { get; init; } = [];

    /// <summary>Takes in what an organisation's come to, whenever they are put in force, before calls see them; null for nothing else depends on them.</summary>
    public Action<string, TCompiled>? PutInForce { get; init; }

    /// <summary>Where an organisation's lie.</summary>
    public string Partition(string organisationId) => $"{Name}:{organisationId}";

    /// <summary>Whether what is in memory rests on a partition.</summary>
    public bool Covers(string partition) =>
        partition == IdentityPartitions.Organisations || (partition.StartsWith(Name, StringComparison.Ordinal) && partition.Length > Name.Length && partition[Name.Length] == ':');
}
