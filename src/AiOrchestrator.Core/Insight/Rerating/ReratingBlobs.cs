using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight.Rerating;

/// <summary>
/// The blobs of re-ratings: lines of JSON. The calls of a part and its groups, and the wallets of all. A part's name has something random in it: of two instances
/// that write the same part the document names one.
/// </summary>
internal sealed class ReratingBlobs(IBlobStore blobs)
{
    /// <summary>Writes the corrected calls of a part, and what they come to for chargeback.</summary>
    public async Task WritePartAsync(StoredRerating rerating, string name, IReadOnlyList<CorrectedCall> calls, CancellationToken cancellation)
    {
        await WriteAsync(GroupsOf(rerating, name), CorrectedGroup.Of(calls), ReratingJson.Default.CorrectedGroup, cancellation);
        await WriteAsync(CallsOf(rerating, name), calls, ReratingJson.Default.CorrectedCall, cancellation);
    }

    /// <summary>Takes a part away that no document names.</summary>
    public async Task DeletePartAsync(StoredRerating rerating, string name, CancellationToken cancellation)
    {
        _ = await blobs.DeleteAsync(CallsOf(rerating, name), cancellation);
        _ = await blobs.DeleteAsync(GroupsOf(rerating, name), cancellation);
    }

    /// <summary>The corrected calls, newest first, from a part on.</summary>
    public async IAsyncEnumerable<CorrectedCall> CallsAsync(
        StoredRerating rerating, IEnumerable<StoredPart> parts, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var part in parts)
        {
            await foreach (var call in ReadAsync(CallsOf(rerating, part.Name), ReratingJson.Default.CorrectedCall, cancellation))
            {
                yield return call;
            }
        }
    }

    /// <summary>What they came to for chargeback; the same group may come several times.</summary>
    public async IAsyncEnumerable<CorrectedGroup> GroupsAsync(StoredRerating rerating, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var part in rerating.Parts)
        {
            await foreach (var group in ReadAsync(GroupsOf(rerating, part.Name), ReratingJson.Default.CorrectedGroup, cancellation))
            {
                yield return group;
            }
        }
    }

    /// <summary>Writes what wallets are corrected by.</summary>
    public Task WriteWalletsAsync(StoredRerating rerating, IEnumerable<WalletCorrection> wallets, CancellationToken cancellation) =>
        WriteAsync(WalletsOf(rerating), wallets, ReratingJson.Default.WalletCorrection, cancellation);

    /// <summary>What wallets are corrected by, in the order in which that is done.</summary>
    public IAsyncEnumerable<WalletCorrection> WalletsAsync(StoredRerating rerating, CancellationToken cancellation) =>
        ReadAsync(WalletsOf(rerating), ReratingJson.Default.WalletCorrection, cancellation);

    /// <summary>A part's lines as they are.</summary>
    /// <exception cref="InvalidDataException">Somebody deleted them.</exception>
    public async Task<Stream> OpenCallsAsync(StoredRerating rerating, StoredPart part, CancellationToken cancellation) =>
        await blobs.OpenAsync(CallsOf(rerating, part.Name), cancellation) ?? throw Missing(CallsOf(rerating, part.Name));

    private async IAsyncEnumerable<T> ReadAsync<T>(string name, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellation)
        where T : class
    {
        await using var content = await blobs.OpenAsync(name, cancellation) ?? throw Missing(name);
        using var reader = new StreamReader(content);
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            yield return Parse(name, line, type);
        }
    }

    private static T Parse<T>(string name, string line, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(line, type) ?? throw new InvalidDataException($"a line of the blob '{name}' is null");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"the blob '{name}' cannot be read: {e.Message}", e);
        }
    }

    private async Task WriteAsync<T>(string name, IEnumerable<T> lines, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        using var content = new MemoryStream();
        foreach (var line in lines)
        {
            JsonSerializer.Serialize(content, line, type);
            content.WriteByte((byte)'\n');
        }

        content.Position = 0;
        await blobs.WriteAsync(name, content, cancellation);
    }

    private static InvalidDataException Missing(string name) => new($"the blob '{name}' of a re-rating is gone");

    private static string Root(StoredRerating rerating) => $"reratings/{rerating.OrganisationId}/{rerating.Id}/";

    private static string CallsOf(StoredRerating rerating, string name) => $"{Root(rerating)}calls/{name}.ndjson";

    private static string GroupsOf(StoredRerating rerating, string name) => $"{Root(rerating)}groups/{name}.ndjson";

    private static string WalletsOf(StoredRerating rerating) => $"{Root(rerating)}wallets.ndjson";
}
