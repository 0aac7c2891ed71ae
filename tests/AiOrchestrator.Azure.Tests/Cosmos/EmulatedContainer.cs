using System.Globalization;
using System.Text.Json;

namespace AiOrchestrator.Azure.Tests.Cosmos;

/// <summary>One container: its items and what may be done with one. One physical partition; every operation is strongly consistent.</summary>
internal sealed class EmulatedContainer(string database, string id, JsonElement definition, int number, TimeProvider time)
{
    private const double ReadCharge = 1;
    private const double WriteCharge = 5.5;
    private const int MaxBytes = 2 * 1024 * 1024;
    private const int MaxIdBytes = 1023;

    private readonly Dictionary<(string PartitionKey, string Id), EmulatedItem> _items = [];
    private long _lastItem;

    public Lock Lock { get; } = new();

    public string Id => id;

    public string Rid { get; } = EmulatedRids.Container(number);

    /// <summary>Grows with every write.</summary>
    public long Lsn { get; private set; }

    public JsonElement Definition { get; } = definition;

    /// <summary>The path of the partition key, without its slash.</summary>
    public string KeyMember { get; } = definition.GetProperty("partitionKey").GetProperty("paths")[0].GetString()![1..];

    /// <summary>Seconds items live unless they say otherwise; -1: for ever; null: for ever, whatever they say.</summary>
    public int? DefaultTtl { get; } = definition.TryGetProperty("defaultTtl", out var ttl) ? ttl.GetInt32() : null;

    private long UnixSeconds => time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>All items that live, in the order in which they were made. Needs the lock.</summary>
    public IEnumerable<EmulatedItem> Live()
    {
        var now = UnixSeconds;
        return _items.Values.Where(i => !i.IsExpired(now, DefaultTtl)).OrderBy(static i => i.Number);
    }

    public EmulatedAnswer Read(string partitionKey, string itemId, string? ifNoneMatch = null)
    {
        lock (Lock)
        {
            return Find(partitionKey, itemId) is not { } item ? EmulatedAnswer.NotFound
                : item.ETag == ifNoneMatch ? new EmulatedAnswer(304) { ETag = item.ETag }
                : EmulatedAnswer.Of(200, item, ReadCharge);
        }
    }

    public EmulatedAnswer Create(string partitionKey, JsonElement body)
    {
        lock (Lock)
        {
            return Refuse(partitionKey, body, out var itemId)
                ?? (Find(partitionKey, itemId) is not null ? EmulatedAnswer.Conflict : Put(201, partitionKey, itemId, body));
        }
    }

    public EmulatedAnswer Upsert(string partitionKey, JsonElement body, string? ifMatch)
    {
        lock (Lock)
        {
            return Refuse(partitionKey, body, out var itemId)
                ?? (Find(partitionKey, itemId) is not { } found ? Put(201, partitionKey, itemId, body)
                : Mismatch(found, ifMatch) ?? Put(200, partitionKey, itemId, body));
        }
    }

    public EmulatedAnswer Replace(string partitionKey, string itemId, JsonElement body, string? ifMatch)
    {
        lock (Lock)
        {
            return Refuse(partitionKey, body, out var bodyId)
                ?? (bodyId != itemId ? EmulatedAnswer.BadRequest("the id of an item cannot be changed")
                : Find(partitionKey, itemId) is not { } found ? EmulatedAnswer.NotFound
                : Mismatch(found, ifMatch) ?? Put(200, partitionKey, itemId, body));
        }
    }

    public EmulatedAnswer Patch(string partitionKey, string itemId, JsonElement patch, string? ifMatch)
    {
        lock (Lock)
        {
            if (Find(partitionKey, itemId) is not { } found)
            {
                return EmulatedAnswer.NotFound;
            }

            if (Mismatch(found, ifMatch) is { } mismatch)
            {
                return mismatch;
            }

            return EmulatedPatch.Apply(found.Json, patch, out var patched) ?? Put(200, partitionKey, itemId, patched);
        }
    }

    public EmulatedAnswer Delete(string partitionKey, string itemId, string? ifMatch)
    {
        lock (Lock)
        {
            if (Find(partitionKey, itemId) is not { } found)
            {
                return EmulatedAnswer.NotFound;
            }

            if (Mismatch(found, ifMatch) is { } mismatch)
            {
                return mismatch;
            }

            Lsn++;
            _items.Remove((partitionKey, itemId));
            return new EmulatedAnswer(204) { Charge = WriteCharge };
        }
    }

    /// <summary>Items written after a version, each once in its last form; what was deleted or has expired does not show.</summary>
    /// <param name="afterETag">The tag of the answer before; <c>*</c>: from now; null: from the beginning.</param>
    /// <param name="partitionKey">Only of this partition key; null: of all.</param>
    /// <param name="limit">At most.</param>
    public EmulatedAnswer ChangeFeed(string? afterETag, string? partitionKey, int limit)
    {
        lock (Lock)
        {
            var after = afterETag switch
            {
                null => 0,
                "*" => Lsn,
                _ => long.Parse(afterETag.Trim('"'), CultureInfo.InvariantCulture),
            };
            EmulatedItem[] changed =
            [
                .. Live()
                    .Where(i => i.Lsn > after && (partitionKey is null || i.PartitionKey == partitionKey))
                    .OrderBy(static i => i.Lsn)
                    .Take(limit),
            ];
            var last = changed.Length == limit ? changed[^1].Lsn : Lsn;
            var etag = $"\"{last.ToString(CultureInfo.InvariantCulture)}\"";
            return changed.Length == 0
                ? new EmulatedAnswer(304) { ETag = etag, ItemCount = 0 }
                : Page([.. changed.Select(static i => i.Json)]) with { ETag = etag };
        }
    }

    /// <summary>A page of a feed or query.</summary>
    public EmulatedAnswer Page(IReadOnlyList<JsonElement> documents) =>
        new(200, JsonSerializer.SerializeToUtf8Bytes(new FeedPage(Rid, documents, documents.Count))) { ItemCount = documents.Count, Charge = 2.5 };

    /// <summary>Does all of it or nothing.</summary>
    /// <param name="work">True: done; false: takes back what was done.</param>
    public void Atomically(Func<bool> work)
    {
        lock (Lock)
        {
            var before = new Dictionary<(string, string), EmulatedItem>(_items);
            var (lsn, lastItem) = (Lsn, _lastItem);
            if (!work())
            {
                _items.Clear();
                foreach (var (key, item) in before)
                {
                    _items.Add(key, item);
                }

                (Lsn, _lastItem) = (lsn, lastItem);
            }
        }
    }

    private static EmulatedAnswer? Mismatch(EmulatedItem found, string? ifMatch) =>
        ifMatch is null or "*" || ifMatch == found.ETag ? null : EmulatedAnswer.PreconditionFailed;

    private EmulatedItem? Find(string partitionKey, string itemId) =>
        _items.TryGetValue((partitionKey, itemId), out var item) && !item.IsExpired(UnixSeconds, DefaultTtl) ? item : null;

    private EmulatedAnswer Put(int status, string partitionKey, string itemId, JsonElement body)
    {
        var found = Find(partitionKey, itemId);
        var item = EmulatedItem.Write(
            found?.Number ?? ++_lastItem, partitionKey, itemId, ++Lsn, UnixSeconds, $"dbs/{database}/colls/{Rid}/", body);
        _items[(partitionKey, itemId)] = item;
        return EmulatedAnswer.Of(status, item, WriteCharge);
    }

    private EmulatedAnswer? Refuse(string partitionKey, JsonElement body, out string itemId)
    {
        itemId = "";
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("id", out var given) || given.ValueKind != JsonValueKind.String)
        {
            return EmulatedAnswer.BadRequest("the input content is invalid because the required property 'id' is missing or no string");
        }

        itemId = given.GetString()!;
        if (itemId.Length == 0 || itemId.AsSpan().ContainsAny("/\\?#") || itemId.EndsWith(' ') || System.Text.Encoding.UTF8.GetByteCount(itemId) > MaxIdBytes)
        {
            return EmulatedAnswer.BadRequest("the id has characters that are not allowed, or too many");
        }

        if (body.TryGetProperty("ttl", out var ttl) && !(ttl.ValueKind == JsonValueKind.Number && ttl.TryGetInt32(out var seconds) && seconds is -1 or > 0))
        {
            return EmulatedAnswer.BadRequest("the input ttl is invalid: -1 or a positive integer");
        }

        return EmulatedItem.KeyText(body.TryGetProperty(KeyMember, out var key) ? key : default) != partitionKey
            ? EmulatedAnswer.BadRequest("PartitionKey extracted from document doesn't match the one specified in the header", 1001)
            : body.GetRawText().Length > MaxBytes ? EmulatedAnswer.Error(413, "RequestEntityTooLarge", "Request size is too large")
            : null;
    }

    private sealed record FeedPage(
        [property: System.Text.Json.Serialization.JsonPropertyName("_rid")] string Rid,
        IReadOnlyList<JsonElement> Documents,
        [property: System.Text.Json.Serialization.JsonPropertyName("_count")] int Count);
}
