using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using AiOrchestrator.Azure.Documents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Azure.Tests.Cosmos;

/// <summary>
/// As much of the REST surface of Azure Cosmos DB as the SDK and the adapters look at, over real sockets: account, database, container,
/// partition key ranges, items, patches, batches, queries, change feed, time to live, faults. See
/// learn.microsoft.com/rest/api/cosmos-db.
/// </summary>
internal sealed class CosmosEmulation : IAsyncDisposable
{
    /// <summary>Any key will do: signatures are not verified.</summary>
    private const string AnyKey = "b3JkaW5hcnkgZW11bGF0aW9uIGtleQ==";

    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, EmulatedContainer>> _databases = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly WebApplication _app;
    private int _lastContainer;

    private CosmosEmulation(TimeProvider time)
    {
        _time = time;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(static k => k.AllowSynchronousIO = false);
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    /// <summary>What goes wrong.</summary>
    public CosmosFaults Faults { get; } = new();

    /// <summary>Every request on items: method, path, and whether it is a query, a batch, a change feed.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Most results of a page, whatever is asked for: the service's pages end at a size in bytes.</summary>
    public int LargestPage { get; set; } = 1000;

    /// <summary>Where it listens.</summary>
    public Uri Endpoint => new(_app.Urls.First());

    /// <summary>Starts one.</summary>
    /// <param name="time">What items age by; null: the system's.</param>
    public static async Task<CosmosEmulation> StartAsync(TimeProvider? time = null)
    {
        var emulation = new CosmosEmulation(time ?? TimeProvider.System);
        await emulation._app.StartAsync();
        return emulation;
    }

    /// <summary>A client of the real SDK, with the settings the adapters run with; only over the gateway, which the emulation is.</summary>
    /// <param name="configure">Changes them.</param>
    public CosmosClient NewClient(Action<CosmosClientOptions>? configure = null)
    {
        var options = CosmosSettings.Options(ConnectionMode.Gateway);
        options.LimitToEndpoint = true;
        configure?.Invoke(options);
        return new CosmosClient(Endpoint.ToString(), AnyKey, options);
    }

    /// <summary>A container of documents, made where it is missing.</summary>
    /// <param name="client">Of this emulation.</param>
    /// <param name="name">The container.</param>
    /// <param name="ttlSeconds">How long documents live after their last write; null: for ever.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<Container> DocumentsAsync(CosmosClient client, string name, int? ttlSeconds, CancellationToken cancellation)
    {
        var created = await client.CreateDatabaseIfNotExistsAsync("aiorchestrator", cancellationToken: cancellation);
        return await created.Database.CreateContainerIfNotExistsAsync(
            new ContainerProperties(name, "/partition") { DefaultTimeToLive = ttlSeconds ?? -1 }, cancellationToken: cancellation);
    }

    /// <summary>How many items there are in a container.</summary>
    public int CountItems(string container)
    {
        var found = _databases.Values.SelectMany(static d => d.Values).Single(c => c.Id == container);
        lock (found.Lock)
        {
            return found.Live().Count();
        }
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static string? Header(HttpRequest request, string name) => request.Headers[name] is [{ } value, ..] ? value : null;

    private static bool Says(HttpRequest request, string name) => bool.TryParse(Header(request, name), out var said) && said;

    private static EmulatedAnswer Json<T>(int status, T value, string? etag = null) =>
        new(status, JsonSerializer.SerializeToUtf8Bytes(value)) { ETag = etag };

    private async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        string[] path = [.. request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries)];
        var fault = path.Length >= 5 && path[4] == "docs" ? Faults.Take(request) : null;
        if (fault is { Effect: CosmosFaults.Effect.CutBefore })
        {
            context.Abort();
            return;
        }

        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        var answer = fault is { Effect: CosmosFaults.Effect.Answer }
            ? EmulatedAnswer.Error(fault.Status, "Fault", "as asked for") with { SubStatus = fault.SubStatus }
            : await AnswerAsync(request, path, body.ToArray());
        if (fault is { Effect: CosmosFaults.Effect.CutAfter })
        {
            context.Abort();
            return;
        }

        if (fault?.RetryAfterMs is { } retryAfterMs)
        {
            context.Response.Headers["x-ms-retry-after-ms"] = retryAfterMs.ToString(CultureInfo.InvariantCulture);
        }

        await WriteAsync(context.Response, answer, Header(request, "Prefer") == "return=minimal");
    }

    private async Task WriteAsync(HttpResponse response, EmulatedAnswer answer, bool minimal)
    {
        response.StatusCode = answer.Status;
        response.Headers["x-ms-activity-id"] = Guid.NewGuid().ToString();
        response.Headers["x-ms-request-charge"] = answer.Charge.ToString(CultureInfo.InvariantCulture);
        response.Headers["x-ms-version"] = "2020-07-15";
        response.Headers["x-ms-session-token"] = $"0:-1#{_databases.Values.SelectMany(static d => d.Values).Sum(static c => c.Lsn).ToString(CultureInfo.InvariantCulture)}";
        response.Headers["x-ms-documentdb-partitionkeyrangeid"] = "0";
        Set("etag", answer.ETag);
        Set("x-ms-substatus", answer.SubStatus == 0 ? null : answer.SubStatus.ToString(CultureInfo.InvariantCulture));
        Set("x-ms-continuation", answer.Continuation);
        Set("x-ms-cosmos-query-requiresdistribution", answer.RunsDirectly ? "False" : null);
        Set("x-ms-item-count", answer.ItemCount?.ToString(CultureInfo.InvariantCulture));
        if (answer.Body is { } body && answer.Status != 304 && !(minimal && answer.Succeeded))
        {
            response.ContentType = "application/json";
            await response.Body.WriteAsync(body);
        }

        void Set(string name, string? value)
        {
            if (value is not null)
            {
                response.Headers[name] = value;
            }
        }
    }

    private async Task<EmulatedAnswer> AnswerAsync(HttpRequest request, string[] path, byte[] body)
    {
        switch (path)
        {
            case []:
                return Account();
            case ["dbs"] when request.Method == HttpMethods.Post:
                return CreateDatabase(EmulatedItem.Parse(body).GetProperty("id").GetString()!);
            case ["dbs", var database]:
                return Database(database) is null ? EmulatedAnswer.NotFound : DatabaseAnswer(200, database);
            case ["dbs", var database, "colls"] when request.Method == HttpMethods.Post:
                return CreateContainer(database, EmulatedItem.Parse(body));
            case ["dbs", var database, "colls", var name, .. var rest]:
                return Container(database, name) is not { } container ? (rest.Length == 0 ? EmulatedAnswer.NotFound : EmulatedAnswer.OwnerNotFound)
                    : rest is [] ? ContainerAnswer(200, container)
                    : rest is ["pkranges"] ? Ranges(request, container)
                    : await CosmosItems.AnswerAsync(this, container, request, rest, body);
            default:
                return EmulatedAnswer.BadRequest($"{request.Method} {request.Path} is not emulated");
        }
    }

    private EmulatedAnswer Account()
    {
        object[] locations = [new { name = "Here", databaseAccountEndpoint = Endpoint.ToString() }];
        var replicas = new { minReplicaSetSize = 1, maxReplicasetSize = 4, asyncReplication = false };
        return Json(200, new
        {
            _self = "",
            id = "emulation",
            _rid = "emulation",
            media = "//media/",
            addresses = "//addresses/",
            _dbs = "//dbs/",
            writableLocations = locations,
            readableLocations = locations,
            enableMultipleWriteLocations = false,
            userReplicationPolicy = replicas,
            systemReplicationPolicy = replicas,
            userConsistencyPolicy = new { defaultConsistencyLevel = "Session" },
            readPolicy = new { primaryReadCoefficient = 1, secondaryReadCoefficient = 1 },
            queryEngineConfiguration = """{"maxSqlQueryInputLength":262144,"clientDisableOptimisticDirectExecution":false}""",
        });
    }

    private EmulatedAnswer CreateDatabase(string database) =>
        _databases.TryAdd(database, new ConcurrentDictionary<string, EmulatedContainer>(StringComparer.Ordinal))
            ? DatabaseAnswer(201, database)
            : EmulatedAnswer.Conflict;

    private EmulatedAnswer DatabaseAnswer(int status, string database) =>
        Json(status, new { id = database, _rid = EmulatedRids.Database, _self = $"dbs/{EmulatedRids.Database}/", _etag = "\"1\"", _ts = 0 }, "\"1\"");

    private EmulatedAnswer CreateContainer(string database, JsonElement definition)
    {
        var name = definition.GetProperty("id").GetString()!;
        return Database(database) is not { } containers ? EmulatedAnswer.NotFound
            : containers.TryAdd(name, new EmulatedContainer(EmulatedRids.Database, name, definition, Interlocked.Increment(ref _lastContainer), _time))
                ? ContainerAnswer(201, containers[name])
            : EmulatedAnswer.Conflict;
    }

    private static EmulatedAnswer ContainerAnswer(int status, EmulatedContainer container)
    {
        var written = System.Text.Json.Nodes.JsonObject.Create(container.Definition)!;
        written["_rid"] = container.Rid;
        written["_self"] = $"dbs/{EmulatedRids.Database}/colls/{container.Rid}/";
        written["_etag"] = "\"1\"";
        written["_ts"] = 0;
        return Json(status, written, "\"1\"");
    }

    private static EmulatedAnswer Ranges(HttpRequest request, EmulatedContainer container) =>
        Header(request, "If-None-Match") is not null
            ? new EmulatedAnswer(304) { ETag = "\"1\"" }
            : Json(
                200,
                new
                {
                    _rid = container.Rid,
                    PartitionKeyRanges = new object[]
                    {
                        new { id = "0", _rid = container.Rid, minInclusive = "", maxExclusive = "FF", status = "online", parents = Array.Empty<string>(), _etag = "\"1\"", _ts = 0 },
                    },
                    _count = 1,
                },
                "\"1\"") with
            { ItemCount = 1 };

    private ConcurrentDictionary<string, EmulatedContainer>? Database(string nameOrRid) =>
        _databases.GetValueOrDefault(nameOrRid) ?? (nameOrRid == EmulatedRids.Database ? _databases.Values.FirstOrDefault() : null);

    private EmulatedContainer? Container(string database, string nameOrRid) =>
        Database(database) is { } containers
            ? containers.GetValueOrDefault(nameOrRid) ?? containers.Values.FirstOrDefault(c => c.Rid == nameOrRid)
            : null;
}
