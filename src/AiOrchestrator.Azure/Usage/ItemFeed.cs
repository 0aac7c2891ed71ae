using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Azure.Cosmos;

namespace AiOrchestrator.Azure;

/// <summary>Conditions over the items of one partition. Ids are compared as text.</summary>
internal sealed class ItemQuery
{
    private readonly StringBuilder _where = new();
    private readonly List<(string Name, object Value)> _values = [];

    /// <summary>From the last id to the first.</summary>
    public bool Descending { get; init; }

    /// <summary>Items of a page: as many as are wanted at once.</summary>
    public int PageSize { get; init; } = 1000;

    /// <summary>Adds a condition on a member; without a value there is none.</summary>
    public ItemQuery Where(string member, string comparison, object? value)
    {
        if (value is not null)
        {
            var name = "@p" + _values.Count;
            _ = _where.Append(_where.Length == 0 ? " WHERE c." : " AND c.").Append(member).Append(comparison).Append(name);
            _values.Add((name, value));
        }

        return this;
    }

    /// <summary>The query as it is sent.</summary>
    public QueryDefinition Definition()
    {
        var query = new QueryDefinition($"SELECT * FROM c{_where} ORDER BY c.id {(Descending ? "DESC" : "ASC")}");
        return _values.Aggregate(query, static (q, v) => q.WithParameter(v.Name, v.Value));
    }
}

/// <summary>The items of a partition that match, in the order of their ids, page by page as they are asked for.</summary>
/// <param name="container">Where they are.</param>
/// <param name="json">How they are read.</param>
/// <param name="partition">The partition.</param>
/// <param name="query">Which of them.</param>
/// <param name="bound">No id comes before this one.</param>
internal sealed class ItemFeed<T>(Container container, JsonTypeInfo<T> json, string partition, ItemQuery query, string bound = "") : IDisposable
    where T : UsageItem
{
    private readonly Queue<T> _page = [];
    private FeedIterator? _iterator;

    /// <summary>Whether something was asked for.</summary>
    public bool IsOpen => _iterator is not null;

    /// <summary>The id that comes next, or one it does not come before.</summary>
    public string Next => _page.TryPeek(out var item) ? item.Id : bound;

    /// <summary>Sees to it that the next item is here; false when there is none.</summary>
    public async Task<bool> PeekAsync(CancellationToken cancellation)
    {
        _iterator ??= container.GetItemQueryStreamIterator(
            query.Definition(),
            requestOptions: new QueryRequestOptions
            {
                PartitionKey = new PartitionKey(partition),
                MaxItemCount = query.PageSize,

                // One partition can answer alone: without this the client asks for a plan before each query.
                EnableOptimisticDirectExecution = true,
            });
        while (_page.Count == 0 && _iterator.HasMoreResults)
        {
            using var answer = await _iterator.ReadNextAsync(cancellation);
            _ = answer.EnsureSuccessStatusCode();
            using var document = await JsonDocument.ParseAsync(answer.Content, cancellationToken: cancellation);
            foreach (var item in document.RootElement.GetProperty("Documents").EnumerateArray())
            {
                _page.Enqueue(item.Deserialize(json) ?? throw new JsonException("an item is never null"));
            }
        }

        return _page.Count > 0;
    }

    /// <summary>Takes the item that is here.</summary>
    public T Take() => _page.Dequeue();

    /// <summary>Takes all items that are here.</summary>
    public List<T> TakePage()
    {
        List<T> items = [.. _page];
        _page.Clear();
        return items;
    }

    /// <summary>All that is left.</summary>
    public async Task<List<T>> ReadAllAsync(CancellationToken cancellation)
    {
        var items = new List<T>();
        while (await PeekAsync(cancellation))
        {
            items.Add(Take());
        }

        return items;
    }

    /// <inheritdoc/>
    public void Dispose() => _iterator?.Dispose();
}
