using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Platform;

/// <summary>What seals are made with that nobody but the gateway can make: generated once for all instances on a store, another for each purpose.</summary>
internal static class SealSecrets
{
    private const string Partition = "seals";

    /// <summary>Reads the secret of a purpose, or makes it: 32 bytes.</summary>
    /// <param name="documents">Where it lies.</param>
    /// <param name="purpose">What is sealed: <c>responses</c>, <c>cache</c>.</param>
    /// <param name="ids">Makes it.</param>
    /// <param name="time">When.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<byte[]> LoadAsync(IDocumentStore documents, string purpose, IdSource ids, TimeProvider time, CancellationToken cancellation)
    {
        var type = SealsJson.Default.StoredSealKey;
        var made = new StoredSealKey(ids.NewSecret(""), time.GetUtcNow().ToUnixTimeMilliseconds());
        var write = await documents.CreateAsync(Partition, purpose, StoredDocuments.Bytes(made, type), cancellation);
        var stored = write.Outcome == DocumentOutcome.Done ? made : (await documents.FindAsync(Partition, purpose, type, cancellation)).Value;
        return SHA256.HashData(Encoding.UTF8.GetBytes((stored ?? throw new InvalidOperationException($"the secret of the seals of {purpose} exists and cannot be found")).Secret));
    }
}

/// <summary>What the key of seals is made of; generated, once.</summary>
/// <param name="Secret">200 random bits as text.</param>
/// <param name="CreatedUnixMs">When it was made, milliseconds since 1970.</param>
internal sealed record StoredSealKey(string Secret, long CreatedUnixMs)
{
    /// <summary>Leaves the secret out: a record that is logged must not give it away.</summary>
    public override string ToString() => nameof(StoredSealKey);
}

/// <summary>The written form.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredSealKey))]
internal sealed partial class SealsJson : JsonSerializerContext;
