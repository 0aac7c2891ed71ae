using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace AiOrchestrator.Core.Platform;

/// <summary>Reading and writing documents as types.</summary>
internal static class StoredDocuments
{
    private const int PageSize = 1000;

    /// <summary>All documents of a partition, page by page, in order of id.</summary>
    public static async IAsyncEnumerable<(T Value, string ETag)> AllAsync<T>(
        this IDocumentStore documents,
        string partition,
        JsonTypeInfo<T> type,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        string? after = null;
        while (true)
        {
            var page = await documents.ListAsync(partition, after, PageSize, cancellation);
            foreach (var document in page)
            {
                yield return (Read(partition, document, type), document.ETag);
            }

            if (page.Count < PageSize)
            {
                yield break;
            }

            after = page[^1].Id;
        }
    }

    /// <summary>One document and its tag; nulls when there is none.</summary>
    public static async Task<(T? Value, string? ETag)> FindAsync<T>(
        this IDocumentStore documents, string partition, string id, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class =>
        await documents.GetAsync(partition, id, cancellation) is { } document ? (Read(partition, document, type), document.ETag) : (null, null);

    /// <summary>How the ids of documents begin that are listed from the newest to the oldest.</summary>
    /// <param name="unixMs">The time of one, milliseconds since 1970.</param>
    public static string NewestFirst(long unixMs) => (long.MaxValue - unixMs).ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>The stored form of a value.</summary>
    public static ReadOnlyMemory<byte> Bytes<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(value, type);

    /// <summary>The value a document holds.</summary>
    public static T Read<T>(string partition, Document document, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(document.Json.Span, type)
                ?? throw new InvalidDataException($"the document '{document.Id}' in '{partition}' is null");
        }
        catch (JsonException e)
        {
            // Not safe to ignore: a key or wallet that cannot be read must not silently be missing. Says which, then fails.
            throw new InvalidDataException($"the document '{document.Id}' in '{partition}' cannot be read: {e.Message}", e);
        }
    }
}
