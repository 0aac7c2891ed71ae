using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AiOrchestrator.MockUpstream;

/// <summary>
/// Files and batches of chats. A batch is done when it has been asked about often enough (<see cref="MockBehaviour.Polls"/> of its model); cancelled before, its
/// first line is done. Lines whose <c>custom_id</c> begins with <c>bad</c> fail. Each answered line is a call of the ledger, by its <c>custom_id</c>.
/// </summary>
internal sealed class BatchHandler(MockState state)
{
    private readonly ConcurrentDictionary<string, StoredFile> _files = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Job> _jobs = new(StringComparer.Ordinal);

    public Task FilesAsync(Exchange exchange, ReadOnlyMemory<byte> body, string path)
    {
        var parts = path["/v1/files".Length..].Split('/', StringSplitOptions.RemoveEmptyEntries);
        var file = parts.Length > 0 ? _files.GetValueOrDefault(parts[0]) : null;
        switch (exchange.Request.Method, parts)
        {
            case ("POST", []):
                Tell(exchange, Json(Upload(exchange, body)));
                break;
            case ("GET", [_]) when file is not null:
                Tell(exchange, Json(file));
                break;
            case ("GET", [_, "content"]) when file is not null:
                exchange.Answer(200, "application/octet-stream", Encoding.UTF8.GetBytes(file.Content));
                break;
            case ("DELETE", [_]) when file is not null:
                _files.TryRemove(file.Id, out _);
                Tell(exchange, new { file.Id, Object = "file", Deleted = true });
                break;
            default:
                MockFailures.Answer(exchange, 404, "mock: no such file", "not_found");
                break;
        }

        return Task.CompletedTask;
    }

    public Task BatchesAsync(Exchange exchange, ReadOnlyMemory<byte> body, string path)
    {
        var parts = path["/v1/batches".Length..].Split('/', StringSplitOptions.RemoveEmptyEntries);
        var job = parts.Length > 0 ? _jobs.GetValueOrDefault(parts[0]) : null;
        switch (exchange.Request.Method, parts)
        {
            case ("POST", []):
                Create(exchange, body);
                break;
            case ("POST", [_, "cancel"]) when job is { IsEnded: false }:
                End(job, "cancelled", lines: 1);
                Tell(exchange, Json(job));
                break;
            case ("GET", [_]) when job is not null:
                if (!job.IsEnded && ++job.Asked >= job.Behaviour.Polls)
                {
                    End(job, "completed", int.MaxValue);
                }

                Tell(exchange, Json(job));
                break;
            default:
                MockFailures.Answer(exchange, job is null ? 404 : 400, job is null ? "mock: no such batch" : "mock: the batch has ended", job is null ? "not_found" : null);
                break;
        }

        return Task.CompletedTask;
    }

    private StoredFile Upload(Exchange exchange, ReadOnlyMemory<byte> body)
    {
        var call = MediaCall.OfForm(body, exchange.Request.Headers.ContentType.ToString(), isSteered: false);
        return Keep(Encoding.UTF8.GetString(call.File.Span), call.Text("purpose") ?? throw new BadRequestException("purpose is missing"));
    }

    private StoredFile Keep(string content, string purpose)
    {
        var file = new StoredFile("file-mock" + state.NextCall().ToString(CultureInfo.InvariantCulture), content, purpose);
        return _files[file.Id] = file;
    }

    private void Create(Exchange exchange, ReadOnlyMemory<byte> body)
    {
        var asked = JsonNode.Parse(body.Span)!.AsObject();
        if (!_files.TryGetValue((string)asked["input_file_id"]!, out var file))
        {
            MockFailures.Answer(exchange, 400, "mock: no such input file");
            return;
        }

        var lines = file.Content.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static l => JsonNode.Parse(l)!.AsObject()).ToList();
        var behaviour = MockBehaviour.FromModel((string)lines[0]["body"]!["model"]!);
        if (behaviour.Fail is { } failure)
        {
            MockFailures.Answer(exchange, failure);
            return;
        }

        var job = new Job("batch_mock" + state.NextCall().ToString(CultureInfo.InvariantCulture), asked, lines, behaviour);
        _jobs[job.Id] = job;
        Tell(exchange, Json(job));
    }

    private void End(Job job, string status, int lines)
    {
        var (output, errors) = (new StringBuilder(), new StringBuilder());
        foreach (var line in job.Lines.Take(lines))
        {
            var failed = ((string)line["custom_id"]!).StartsWith("bad", StringComparison.Ordinal);
            (failed ? errors : output).Append(Result(line, failed, job.Behaviour)).Append('\n');
            job.Failed += failed ? 1 : 0;
            job.Completed += failed ? 0 : 1;
        }

        job.OutputFile = output.Length == 0 ? null : Keep(output.ToString(), "batch_output").Id;
        job.ErrorFile = errors.Length == 0 ? null : Keep(errors.ToString(), "batch_output").Id;
        job.Status = status;
    }

    private string Result(JsonObject line, bool failed, MockBehaviour behaviour)
    {
        var (id, body) = ((string)line["custom_id"]!, line["body"]!.AsObject());
        var prompt = MockTokens.Prompt([.. body["messages"]!.AsArray().Select(static m => (string)m!["content"]!)]);
        var model = (string)body["model"]!;
        object answer = new { Error = new { Message = "mock: the line fails", Type = "server_error", Code = (string?)null } };
        if (!failed)
        {
            var entry = state.Ledger.Begin(id, model, stream: false, prompt);
            entry?.AddTokens(behaviour.Tokens);
            entry?.Close(CallState.Finished);
            var text = string.Concat(Enumerable.Repeat(" tok", behaviour.Tokens));
            answer = new
            {
                Id = "chatcmpl-mock",
                Object = "chat.completion",
                Model = model,
                Choices = new[] { new { Index = 0, Message = new { Role = "assistant", Content = text }, FinishReason = "stop" } },
                Usage = behaviour.NoUsage ? null : new { PromptTokens = prompt, CompletionTokens = behaviour.Tokens, TotalTokens = prompt + behaviour.Tokens },
            };
        }

        return JsonSerializer.Serialize(
            new { Id = "batch_req_mock", CustomId = id, Response = new { StatusCode = failed ? 500 : 200, RequestId = "req_mock", Body = answer }, Error = (object?)null }, MockBehaviour.PageJson);
    }

    private static object Json(StoredFile file) => new
    {
        file.Id,
        Object = "file",
        Bytes = Encoding.UTF8.GetByteCount(file.Content),
        CreatedAt = 1_700_000_000,
        Filename = "calls.jsonl",
        file.Purpose,
        Status = "processed",
    };

    private static object Json(Job job) => new
    {
        job.Id,
        Object = "batch",
        Endpoint = (string?)job.Order["endpoint"],
        Errors = (object?)null,
        InputFileId = (string?)job.Order["input_file_id"],
        CompletionWindow = (string?)job.Order["completion_window"],
        job.Status,
        OutputFileId = job.OutputFile,
        ErrorFileId = job.ErrorFile,
        CreatedAt = 1_700_000_000,
        RequestCounts = new { Total = job.Lines.Count, job.Completed, job.Failed },
        Metadata = job.Order["metadata"],
    };

    private static void Tell(Exchange exchange, object value) => exchange.Answer(200, "application/json", JsonSerializer.SerializeToUtf8Bytes(value, MockBehaviour.PageJson));

    private sealed record StoredFile(string Id, string Content, string Purpose);

    private sealed class Job(string id, JsonObject asked, IReadOnlyList<JsonObject> lines, MockBehaviour behaviour)
    {
        public string Id => id;

        public JsonObject Order => asked;

        public IReadOnlyList<JsonObject> Lines => lines;

        public MockBehaviour Behaviour => behaviour;

        public int Asked { get; set; }

        public int Completed { get; set; }

        public int Failed { get; set; }

        public string? OutputFile { get; set; }

        public string? ErrorFile { get; set; }

        public string Status { get; set; } = "in_progress";

        public bool IsEnded => Status != "in_progress";
    }
}
