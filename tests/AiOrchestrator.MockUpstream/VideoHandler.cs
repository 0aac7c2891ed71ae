using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace AiOrchestrator.MockUpstream;

/// <summary>
/// Videos: jobs that are done, or fail, when they have been asked about often enough (<see cref="MockBehaviour.Polls"/>, <see cref="MockBehaviour.FailJob"/>).
/// The ledger's completion tokens are seconds filmed.
/// </summary>
internal sealed class VideoHandler(MockState state)
{
    private readonly ConcurrentDictionary<string, Job> _jobs = new(StringComparer.Ordinal);

    public Task HandleAsync(Exchange exchange, ReadOnlyMemory<byte> body, string path)
    {
        var parts = path["/v1/videos".Length..].Split('/', StringSplitOptions.RemoveEmptyEntries);
        var job = parts.Length > 0 ? _jobs.GetValueOrDefault(parts[0]) : null;
        switch (exchange.Request.Method, parts)
        {
            case ("POST", []):
                return CreateAsync(exchange, body);
            case ("POST", [_, "remix"]) when job is not null:
                return BeginAsync(exchange, job with { Prompt = JsonDocument.Parse(body).RootElement.GetProperty("prompt").GetString()!, From = job.Id });
            case ("GET", [_]) when job is not null:
                _jobs[job.Id] = job = job with { Asked = job.Asked + 1 };
                exchange.Answer(200, "application/json", Json(job));
                return Task.CompletedTask;
            case ("GET", [_, "content"]) when job is { Status: "completed" }:
                return FilmAsync(exchange, job);
            case ("DELETE", [_]) when job is { IsEnded: true }:
                _jobs.TryRemove(job.Id, out _);
                exchange.Answer(200, "application/json", Encoding.UTF8.GetBytes($$"""{"id":"{{job.Id}}","object":"video.deleted","deleted":true}"""));
                return Task.CompletedTask;
            default:
                var known = job is not null;
                MockFailures.Answer(exchange, known ? 400 : 404, known ? "mock: the video is not ready" : "mock: no such video", known ? null : "not_found");
                return Task.CompletedTask;
        }
    }

    private Task CreateAsync(Exchange exchange, ReadOnlyMemory<byte> body)
    {
        var type = exchange.Request.Headers.ContentType.ToString();
        var call = type.StartsWith("multipart/", StringComparison.Ordinal) ? MediaCall.OfForm(body, type) : MediaCall.OfJson(body);
        if (call.Behaviour.Fail is not { } failure)
        {
            return BeginAsync(exchange, new Job("", call.Model, call.Text("prompt")!, call.Number("seconds", 4), call.Text("size") ?? "720x1280", call.Behaviour, null));
        }

        MockFailures.Answer(exchange, failure);
        return Task.CompletedTask;
    }

    private async Task BeginAsync(Exchange exchange, Job like)
    {
        if (like.Behaviour.FirstDelayMs > 0) await Task.Delay(like.Behaviour.FirstDelayMs, CancellationToken.None);
        var number = state.NextCall().ToString(CultureInfo.InvariantCulture);
        var job = like with { Id = "video_mock" + number, Asked = 0 };
        _jobs[job.Id] = job;
        var entry = state.Ledger.Begin(exchange.Request.Headers["x-request-id"].FirstOrDefault() ?? "call-" + number, job.Model, stream: false, 0);
        entry?.AddTokens(job.Seconds);
        exchange.ResponseHeaders["x-request-id"] = "req_mock_" + number;
        exchange.Answer(200, "application/json", Json(job));
        entry?.Close(CallState.Finished);
    }

    private static async Task FilmAsync(Exchange exchange, Job job)
    {
        var variant = exchange.Request.QueryString.Contains("variant=thumbnail", StringComparison.Ordinal) ? "image/webp" : "video/mp4";
        var piece = Encoding.ASCII.GetBytes(new string('v', 1024));
        exchange.Start(200, variant, piece.Length * (long)job.Seconds);
        for (var i = 0; i < job.Seconds; i++)
        {
            await exchange.WriteAsync(piece);
        }
    }

    private static byte[] Json(Job job) => JsonSerializer.SerializeToUtf8Bytes(
        new
        {
            job.Id,
            Object = "video",
            job.Model,
            job.Status,
            Progress = job.IsEnded ? 100 : 100 * job.Asked / job.Behaviour.Polls,
            CreatedAt = 1_700_000_000,
            CompletedAt = job.Status == "completed" ? 1_700_000_060 : (int?)null,
            ExpiresAt = (int?)null,
            job.Prompt,
            job.Size,
            Seconds = job.Seconds.ToString(CultureInfo.InvariantCulture),
            RemixedFromVideoId = job.From,
            Error = job.Status == "failed" ? new { Code = "moderation_blocked", Message = "mock: it cannot be filmed" } : null,
        },
        MockBehaviour.PageJson);

    private sealed record Job(string Id, string Model, string Prompt, int Seconds, string Size, MockBehaviour Behaviour, string? From)
    {
        public int Asked { get; init; }

        public bool IsEnded => Asked >= Behaviour.Polls;

        public string Status => !IsEnded ? Asked == 0 ? "queued" : "in_progress" : Behaviour.FailJob ? "failed" : "completed";
    }
}
