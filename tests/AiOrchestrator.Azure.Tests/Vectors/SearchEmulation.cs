using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AiOrchestrator.Azure.Vectors;
using Azure.Core.Pipeline;
using Azure.Search.Documents.Indexes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Azure.Tests.Vectors;

/// <summary>
/// The part of AI Search's REST surface that indexes of vectors use, over TLS: "Create or Update Index", "List Indexes", "Index Documents" and "Search Documents" of
/// version 2023-11-01. What is written shows after some searches more, as it does after a while there.
/// </summary>
internal sealed partial class SearchEmulation : IAsyncDisposable
{
    /// <summary>What tokens for any search service are issued to.</summary>
    public const string Scope = "https://search.azure.com/.default";

    private readonly ConcurrentDictionary<string, EmulatedIndex> _indexes = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _requests = [];
    private readonly ConcurrentQueue<JsonObject> _searches = [];
    private WebApplication _app = null!;
    private int _throttled;

    /// <summary>What was asked for with a token, as <c>PUT index</c>, in order.</summary>
    public IEnumerable<string> Requests => _requests;

    /// <summary>The bodies of searches, in order.</summary>
    public IEnumerable<JsonObject> Searches => _searches;

    /// <summary>How many searches of an index do not know yet what was written before them.</summary>
    public int Lag { get; set; }

    /// <summary>How many of the next requests are told to come again after a moment.</summary>
    public int Throttle
    {
        set => Volatile.Write(ref _throttled, value);
    }

    /// <summary>Answers every request with this status; 0: as usual.</summary>
    public int Status { get; set; }

    /// <summary>What becomes of each document that is written, where it is not as usual; the request as a whole succeeds.</summary>
    public int DocumentStatus { get; set; }

    /// <summary>Takes filters for true, as a service with a mistake would.</summary>
    public bool IgnoresFilters { get; set; }

    /// <summary>Address of the service.</summary>
    public Uri Address { get; private set; } = null!;

    public static async Task<SearchEmulation> StartAsync()
    {
        var search = new SearchEmulation();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static o => o.Listen(IPAddress.Loopback, 0, static l => l.UseHttps(TestCertificate.Server)));
        search._app = builder.Build();
        search._app.Run(search.HandleAsync);
        await search._app.StartAsync();
        search.Address = new Uri(search._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return search;
    }

    /// <summary>The SDK's client, with its whole pipeline, over a connection that trusts the emulation.</summary>
    public SearchIndexClient NewClient(TestCredential credential) =>
        SearchClients.Open(new AzureOptions { SearchEndpoint = Address.ToString() }, credential, static options =>
        {
            options.Transport = new HttpClientTransport(TestCertificate.NewClient());
            options.Retry.Delay = TimeSpan.FromMilliseconds(1);
            options.Retry.MaxDelay = TimeSpan.FromMilliseconds(1);
        });

    /// <summary>The documents of an index, by key, shown or not yet.</summary>
    public IReadOnlyDictionary<string, JsonObject> Documents(string index) => _indexes[index].All();

    /// <summary>Whether there is an index, and how it is defined.</summary>
    public JsonObject? Definition(string index) => _indexes.TryGetValue(index, out var found) ? found.Definition : null;

    /// <summary>An index of somebody else's, or of ours that was made elsewhere.</summary>
    public void AddIndex(string name, JsonObject definition) => _indexes[name] = new EmulatedIndex(definition);

    /// <summary>Deletes an index, as a person does.</summary>
    public void RemoveIndex(string name) => Assert.True(_indexes.TryRemove(name, out _));

    /// <summary>Lets so much time pass that all that was written shows.</summary>
    public void Settle()
    {
        foreach (var index in _indexes.Values)
        {
            index.Settle();
        }
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        if (context.Request.Headers.Authorization != "Bearer " + TestCredential.TokenOf(Scope))
        {
            await RefuseAsync(context, 401, "no token for this service");
            return;
        }

        if (context.Request.Query["api-version"] != "2023-11-01")
        {
            await RefuseAsync(context, 400, "another version of the protocol");
            return;
        }

        var path = Path().Match(context.Request.Path.Value!);
        var (name, operation) = (path.Groups["index"].Value, path.Groups["operation"].Value);
        _requests.Enqueue($"{context.Request.Method} {(operation.Length > 0 ? operation : name.Length > 0 ? "index" : "indexes")}");
        if (Interlocked.Decrement(ref _throttled) >= 0)
        {
            await RefuseAsync(context, 503, "the service is busy");
            return;
        }

        if (Status != 0)
        {
            await RefuseAsync(context, Status, "as the test wants it");
            return;
        }

        try
        {
            await AnswerAsync(context, name, operation);
        }
        catch (BadSearchRequestException e)
        {
            await RefuseAsync(context, 400, e.Message);
        }
    }

    private async Task AnswerAsync(HttpContext context, string name, string operation)
    {
        switch (context.Request.Method, operation)
        {
            case ("GET", "") when name.Length == 0 && context.Request.Query["$select"] == "name":
                await AnswerAsync(context, 200, new JsonObject { ["value"] = new JsonArray([.. _indexes.Keys.Select(static n => (JsonNode)new JsonObject { ["name"] = n })]) });
                return;
            case ("PUT", "") when name.Length > 0:
                var definition = await BodyAsync(context);
                var made = _indexes.TryAdd(name, EmulatedIndex.Create(name, definition));
                await AnswerAsync(context, made ? 201 : 200, (JsonObject)definition.DeepClone());
                return;
            case ("POST", "search.index") when _indexes.TryGetValue(name, out var index):
                var (status, written) = index.Write(await BodyAsync(context), Lag, DocumentStatus);
                await AnswerAsync(context, status, written);
                return;
            case ("POST", "search.post.search") when _indexes.TryGetValue(name, out var index):
                var body = await BodyAsync(context);
                _searches.Enqueue(body);
                await AnswerAsync(context, 200, index.Search(body, IgnoresFilters));
                return;
            case ("POST", "search.index" or "search.post.search"):
                await RefuseAsync(context, 404, $"The index '{name}' for service 'emulation' was not found.");
                return;
            default:
                throw new BadSearchRequestException("not of the surface that is emulated: " + context.Request.Method + " " + context.Request.Path);
        }
    }

    private static async Task<JsonObject> BodyAsync(HttpContext context) =>
        (JsonObject)(await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))!;

    private static Task AnswerAsync(HttpContext context, int status, JsonObject body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; odata.metadata=none; odata.streaming=true; charset=utf-8";
        return context.Response.WriteAsync(body.ToJsonString(), context.RequestAborted);
    }

    private static Task RefuseAsync(HttpContext context, int status, string message) =>
        AnswerAsync(context, status, new JsonObject { ["error"] = new JsonObject { ["code"] = "", ["message"] = message } });

    [GeneratedRegex(@"^/indexes(\('(?<index>[^']+)'\)(/docs/(?<operation>[a-z.]+))?)?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Path();
}

/// <summary>The service refuses a request with 400.</summary>
internal sealed class BadSearchRequestException(string message) : Exception(message);
