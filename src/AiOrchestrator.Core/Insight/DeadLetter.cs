using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight;

/// <summary>
/// An event that could not be taken in, as a blob: <c>dead-letters/{day}/{partition}-{number}.json</c> for a person to look at, or
/// <c>dead-letters/retry/{day}/…</c> for <see cref="ReplayDeadLetters"/>. The name is made of where the event comes from: the same event is one letter.
/// </summary>
internal sealed class DeadLetter
{
    public const string Prefix = "dead-letters/";

    public const string RetryPrefix = "dead-letters/retry/";

    public required string Reason { get; init; }

    public required string Partition { get; init; }

    public required long SequenceNumber { get; init; }

    public required long EnqueuedUnixMs { get; init; }

    /// <summary>As it was received; base64 in JSON.</summary>
    public required byte[] Body { get; init; }

    public static async Task WriteAsync(
        IBlobStore blobs, IncomingEvent incoming, IngestOutcome outcome, string? reason, CancellationToken cancellation)
    {
        var letter = new DeadLetter
        {
            Reason = reason ?? "",
            Partition = incoming.Partition,
            SequenceNumber = incoming.SequenceNumber,
            EnqueuedUnixMs = incoming.EnqueuedUnixMs,
            Body = incoming.Body.ToArray(),
        };
        using var content = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(letter, DeadLetterJson.Default.DeadLetter), writable: false);
        await blobs.WriteAsync(NameOf(incoming, outcome), content, cancellation);
    }

    /// <summary>A letter's event; null when there is none of that name any more.</summary>
    /// <exception cref="JsonException">It is no dead letter.</exception>
    public static async Task<IncomingEvent?> ReadAsync(IBlobStore blobs, string name, CancellationToken cancellation)
    {
        var content = await blobs.OpenAsync(name, cancellation);
        if (content is null)
        {
            return null;
        }

        await using (content)
        {
            var letter = await JsonSerializer.DeserializeAsync(content, DeadLetterJson.Default.DeadLetter, cancellation)
                ?? throw new JsonException("a dead letter is never null");
            return new IncomingEvent(letter.Partition, letter.SequenceNumber, letter.EnqueuedUnixMs, letter.Body);
        }
    }

    public static string NameOf(in IncomingEvent incoming, IngestOutcome outcome)
    {
        var prefix = outcome == IngestOutcome.Postponed ? RetryPrefix : Prefix;
        var day = DateTimeOffset.FromUnixTimeMilliseconds(incoming.EnqueuedUnixMs).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var partition = string.Concat(incoming.Partition.Select(static c => char.IsAsciiLetterOrDigit(c) ? c : '-'));
        return string.Create(CultureInfo.InvariantCulture, $"{prefix}{day}/{partition}-{incoming.SequenceNumber}.json");
    }
}

/// <summary>The written form of a dead letter: snake case.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, GenerationMode = JsonSourceGenerationMode.Default)]
[JsonSerializable(typeof(DeadLetter))]
internal sealed partial class DeadLetterJson : JsonSerializerContext;
