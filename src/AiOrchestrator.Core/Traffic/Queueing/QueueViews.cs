using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Traffic.Queueing;

/// <summary>A call that waits.</summary>
/// <param name="Id">The exchange id; cancels it at <c>DELETE /v1/queue/{id}</c>.</param>
/// <param name="KeyId">Whose it is.</param>
/// <param name="Provider">Whom it waits for.</param>
/// <param name="Model">What it asks for.</param>
/// <param name="Priority">As the caller said; whoever waits for long rises.</param>
/// <param name="Position">Where it stands now, 1 for the first.</param>
/// <param name="WaitedMs">How long it has waited.</param>
/// <param name="MaxWaitMs">How long it waits at most.</param>
/// <param name="EstimatedWaitMs">How long it may have to wait from now, 0 or more: a measure, no promise.</param>
public sealed record QueuedCallView(
    string Id, string KeyId, string Provider, string Model, CallPriority Priority, int Position, long WaitedMs, int MaxWaitMs, long EstimatedWaitMs)
{
    internal static IEnumerable<QueuedCallView> Of(QueueLook look) => look.Calls.Select(c => new QueuedCallView(
        c.Call.Id, c.Call.KeyId, look.Id.ProviderId, c.Call.Model, c.Call.Priority, c.Position, c.WaitedUs / 1000, c.Call.MaxWaitMs, (c.EstimatedUs + 999) / 1000));
}

/// <summary>The line for one provider, in this instance.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Calls">How many wait.</param>
/// <param name="Bytes">Of their requests.</param>
/// <param name="OldestMs">How long the one has waited that came first; 0 where nobody waits.</param>
/// <param name="EstimatedWaitMs">How long a call that came now would wait, 0 where it would not.</param>
/// <param name="PausedMs">For how long the provider asked to be left alone.</param>
/// <param name="Utilisation">How far its limits and places are used, 0 to 1: the window that is used most.</param>
public sealed record ProviderQueueView(string Provider, int Calls, long Bytes, long OldestMs, long EstimatedWaitMs, long PausedMs, double Utilisation)
{
    internal static ProviderQueueView Of(string provider, QueueLook? look, double utilisation) => look is null
        ? new ProviderQueueView(provider, 0, 0, 0, 0, 0, utilisation)
        : new ProviderQueueView(
            provider,
            look.Calls.Count,
            look.Calls.Sum(static c => c.Call.Bytes),
            look.Calls.Select(static c => c.WaitedUs).DefaultIfEmpty().Max() / 1000,
            (look.EstimatedUs + 999) / 1000,
            (look.PausedUs + 999) / 1000,
            utilisation);
}

/// <summary>The written form of answers about lines.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Page<QueuedCallView>))]
[JsonSerializable(typeof(Page<ProviderQueueView>))]
internal sealed partial class QueueJson : JsonSerializerContext;
