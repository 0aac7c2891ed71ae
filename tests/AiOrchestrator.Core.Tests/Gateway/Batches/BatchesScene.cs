using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform.Jobs;
using AiOrchestrator.Core.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Tests.Gateway.Batches;

/// <summary>
/// The product on Kestrel and a provider with files and batches beside it, which are as a test says. The model <c>mini</c>, which the provider calls
/// <c>theirs</c>, costs 2 and 8 dollars a million tokens, in batches 1 and 4.
/// </summary>
internal sealed class BatchesScene : IAsyncDisposable
{
    private readonly WebApplication _provider;
    private int _made;
    private long _delivered;

    private BatchesScene(WebApplication provider) => _provider = provider;

    public CoreHost Host { get; private set; } = null!;

    /// <summary>What every batch is said to be.</summary>
    public string Status { get; set; } = "in_progress";

    /// <summary>The lines of output and error files; null: there is no such file.</summary>
    public string? Output { get; set; }

    /// <summary>How many calls it says it has answered; null for as many as it has output of.</summary>
    public int? Answered { get; set; }

    public string? Errors { get; set; }

    /// <summary>What the provider answers with where it is not null.</summary>
    public int? Refuse { get; set; }

    /// <summary>What it was asked: method, path and body.</summary>
    public ConcurrentQueue<(string What, string Body)> Asked { get; } = new();

    public UsageEvent Last => Host.Stream.Last;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<BatchesScene> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var scene = new BatchesScene(builder.Build());
        scene._provider.Run(scene.AnswerAsync);
        await scene._provider.StartAsync(Cancel);
        await scene.RestartAsync();
        return scene;
    }

    /// <summary>The instance is gone, and another goes on with what was stored.</summary>
    public async Task RestartAsync()
    {
        var before = Host;
        var address = _provider.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Host = await CoreHost.StartAsync(on: before);
        if (before is not null)
        {
            await before.DisposeAsync();
            return;
        }

        const string Price = """{"period":{"usd_per_million":{"input":"2","output":"8"},"batch_factor":"0.5"} }""";
        await OkAsync(Host.Admin.PostAsync(
            "/control/v1/providers",
            $$"""
            {"id":"jobs","base_url":"{{address}}/v1","batches":true,"responses":true,"models":[
              {"id":"mini","upstream_id":"theirs","price":{{Price}},"context_window_tokens":100000,"max_output_tokens":1000},
              {"id":"other","price":{{Price}},"context_window_tokens":100000,"max_output_tokens":1000},
              {"id":"small","price":{"kind":"embedding","input_usd_per_million":"2"},"context_window_tokens":8000}]}
            """));
        await OkAsync(Host.Admin.PostAsync(
            "/control/v1/providers",
            $$"""{"id":"plain","base_url":"{{address}}/v1","models":[{"id":"alone","price":{{Price}},"context_window_tokens":100000,"max_output_tokens":1000}]}"""));
    }

    /// <summary>A line of a file.</summary>
    public static string Line(string id, string members = "\"max_tokens\":100", string model = "mini", string text = "Hi", string url = "/v1/chat/completions") =>
        $$"""{"custom_id":"{{id}}","method":"POST","url":"{{url}}","body":{"model":"{{model}}","messages":[{"role":"user","content":"{{text}}"}],{{members}} } }""";

    /// <summary>A line of results.</summary>
    public static string Result(string id, int prompt, int completion)
    {
        var usage = $$"""{"prompt_tokens":{{prompt}},"completion_tokens":{{completion}},"total_tokens":{{prompt + completion}}}""";
        const string Choices = """[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}]""";
        var body = $$"""{"id":"c","object":"chat.completion","model":"theirs","choices":{{Choices}},"usage":{{usage}} }""";
        return $$"""{"id":"r","custom_id":"{{id}}","response":{"status_code":200,"request_id":"q","body":{{body}} },"error":null}""";
    }

    public async Task<Answer> UploadAsync(string lines, string purpose = "batch", HttpClient? by = null)
    {
        // The file before the purpose, as official clients have it.
        using var form = new MultipartFormDataContent("b") { { new ByteArrayContent(Encoding.UTF8.GetBytes(lines)), "file", "calls.jsonl" }, { new StringContent(purpose), "purpose" } };
        return await (by ?? Host.Caller).SendContentAsync(HttpMethod.Post, "/v1/files", form);
    }

    public Task<Answer> BeginAsync(string fileId, string endpoint = "/v1/chat/completions", HttpClient? by = null) => (by ?? Host.Caller).PostAsync(
        "/v1/batches", $$"""{"input_file_id":"{{fileId}}","endpoint":"{{endpoint}}","completion_window":"24h","metadata":{"why":"test"} }""");

    /// <summary>A batch of some calls that is under way.</summary>
    public async Task<string> BatchAsync(params string[] lines)
    {
        var file = await OkAsync(UploadAsync(string.Join('\n', lines)));
        return (await OkAsync(BeginAsync(file.Json.Text("id")))).Json.Text("id");
    }

    public Task<Answer> LookAsync(string id, HttpClient? by = null) => Http.GetAsync(by ?? Host.Caller, $"/v1/batches/{id}");

    /// <summary>Usage events of all calls that have ended reach the store.</summary>
    public async Task DeliverAsync()
    {
        var last = Last.Id;
        await foreach (var batch in Host.Stream.ReadAsync(_delivered, Cancel))
        {
            await Host.Usage.StoreAsync([batch], Cancel);
            _delivered = batch.Position;
            if (batch.Entries.Any(e => e.Usage?.Id == last))
            {
                return;
            }
        }
    }

    /// <summary>A minute passes, and what is due is done.</summary>
    public async Task MinuteAsync(int minutes = 1)
    {
        for (var i = 0; i < minutes; i++)
        {
            Host.Time.Advance(TimeSpan.FromMinutes(1));
            await Host.Services.GetRequiredService<JobRunner>().RunDueAsync(Cancel);
        }
    }

    public async Task<string> SpentAsync() => (await Http.GetAsync(Host.Caller, "/v1/wallet/balance")).Json.Text("spent_usd");

    /// <summary>What was given back by the lines of the statement, one for each wallet.</summary>
    public IReadOnlyList<long> Refunds() => [.. Host.Wallets.Lines.Where(static l => l.Kind == "rerated").Select(static l => l.AmountNanoUsd)];

    /// <summary>Files that were put aside and are there still.</summary>
    public async Task<int> AsideAsync()
    {
        var count = 0;
        await foreach (var _ in Host.Blobs.ListAsync("uploads/", Cancel))
        {
            count++;
        }

        return count;
    }

    /// <summary>How often it was asked for something; probes of its health are nobody's asking.</summary>
    public int Count(string what) => Asked.Count(a => a.What.StartsWith(what, StringComparison.Ordinal) && a.What != "GET /v1/models");

    public static async Task<Answer> OkAsync(Task<Answer> asked)
    {
        var answer = await asked;
        Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.Created, answer.Text);
        return answer;
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await _provider.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        using var reader = new StreamReader(request.Body);
        var body = await reader.ReadToEndAsync(Cancel);
        Asked.Enqueue(($"{request.Method} {request.Path}{request.QueryString}", body));
        context.Response.ContentType = "application/json";
        var path = request.Path.Value!;
        if (Refuse is { } status)
        {
            context.Response.StatusCode = status;
            await context.Response.WriteAsync("""{"error":{"message":"not today","type":"invalid_request_error","code":"no"}}""", Cancel);
        }
        else if (path.EndsWith("/content", StringComparison.Ordinal))
        {
            context.Response.ContentType = "application/octet-stream";
            var content = path.Contains("out", StringComparison.Ordinal) ? Output : path.Contains("err", StringComparison.Ordinal) ? Errors : "input";
            context.Response.StatusCode = content is null ? 404 : 200;
            await context.Response.WriteAsync(content ?? "{}", Cancel);
        }
        else if (path.StartsWith("/v1/files", StringComparison.Ordinal))
        {
            await context.Response.WriteAsync(request.Method == "DELETE"
                ? """{"id":"x","object":"file","deleted":true}"""
                : $$"""{"id":"{{Id("file-theirs", path)}}","object":"file","bytes":1,"created_at":1700000000,"filename":"calls.jsonl","purpose":"batch","status":"processed"}""", Cancel);
        }
        else
        {
            await context.Response.WriteAsync(Batch(Id("batch_theirs", path)), Cancel);
        }
    }

    private string Id(string prefix, string path) => path.Split('/') is [_, _, _, var id, ..] ? id : prefix + Interlocked.Increment(ref _made).ToString(CultureInfo.InvariantCulture);

    private string Batch(string id)
    {
        var (output, errors) = Status is "completed" or "expired" or "cancelled"
            ? (Output is null ? null : "file-out", Errors is null ? null : "file-err")
            : ((string?)null, (string?)null);
        return $$"""
            {"id":"{{id}}","object":"batch","endpoint":"/v1/chat/completions","errors":null,"input_file_id":"file-theirs1","completion_window":"24h","status":"{{Status}}",
             "output_file_id":{{JsonSerializer.Serialize(output)}},"error_file_id":{{JsonSerializer.Serialize(errors)}},"created_at":1700000000,
             "request_counts":{"total":2,"completed":{{Answered ?? (output is null ? 0 : 1)}},"failed":1},"metadata":{"why":"test"} }
            """;
    }
}
