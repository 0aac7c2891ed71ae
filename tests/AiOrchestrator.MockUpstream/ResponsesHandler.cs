using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace AiOrchestrator.MockUpstream;

/// <summary>
/// Responses, stored unless <c>store</c> is false. Each answer says which turn of its conversation it is, so that a test sees what was gone on with. The
/// ledger's completion tokens are those of the answer.
/// </summary>
internal sealed class ResponsesHandler(MockState state)
{
    private const string Missing = "previous_response_not_found";

    private readonly ConcurrentDictionary<string, Stored> _stored = new(StringComparer.Ordinal);

    public Task HandleAsync(Exchange exchange, ReadOnlyMemory<byte> body, string path)
    {
        var parts = path["/v1/responses".Length..].Split('/', StringSplitOptions.RemoveEmptyEntries);
        var stored = parts.Length > 0 ? _stored.GetValueOrDefault(parts[0]) : null;
        switch (exchange.Request.Method, parts)
        {
            case ("POST", []):
                return CreateAsync(exchange, JsonNode.Parse(body.Span)!.AsObject());
            case ("GET", [_]) when stored is not null:
                return Answer(exchange, stored.Response);
            case ("GET", [_, "input_items"]) when stored is not null:
                var items = new JsonArray([.. stored.Input.Select(static i => i.DeepClone())]);
                return Answer(exchange, new JsonObject { ["object"] = "list", ["data"] = items, ["first_id"] = "msg_0", ["last_id"] = "msg_0", ["has_more"] = false });
            case ("POST", [_, "cancel"]) when stored is not null:
                MockFailures.Answer(exchange, 400, "mock: Cannot cancel a synchronous response.");
                return Task.CompletedTask;
            case ("DELETE", [_]) when stored is not null:
                _stored.TryRemove(parts[0], out _);
                return Answer(exchange, new JsonObject { ["id"] = parts[0], ["object"] = "response", ["deleted"] = true });
            default:
                MockFailures.Answer(exchange, 404, $"mock: Response with id '{parts.FirstOrDefault()}' not found.");
                return Task.CompletedTask;
        }
    }

    private async Task CreateAsync(Exchange exchange, JsonObject asked)
    {
        var previousId = (string?)asked["previous_response_id"];
        var previous = previousId is null ? null : _stored.GetValueOrDefault(previousId);
        if (previousId is not null && previous is null)
        {
            MockFailures.Answer(exchange, 400, $"mock: Previous response with id '{previousId}' not found.", Missing);
            return;
        }

        var model = (string?)asked["model"] ?? throw new BadRequestException("model is missing");
        var number = state.NextCall();
        var turn = (previous?.Turn ?? 0) + 1;
        var input = asked["input"] is JsonArray list ? list : [new JsonObject { ["id"] = "msg_0", ["type"] = "message", ["role"] = "user", ["content"] = (string?)asked["input"] }];
        var said = string.Create(CultureInfo.InvariantCulture, $"turn {turn}");
        var prompt = (previous?.Tokens ?? 0) + MockTokens.Text(Encoding.UTF8.GetByteCount(input.ToJsonString()));
        var output = MockTokens.Text(said.Length);
        var whole = Whole($"resp_mock{number:x16}", model, previousId, said, new JsonObject { ["input_tokens"] = prompt, ["output_tokens"] = output, ["total_tokens"] = prompt + output });
        var stream = (bool?)asked["stream"] is true;
        var entry = state.Ledger.Begin(exchange.Request.Headers["x-request-id"].FirstOrDefault() ?? "call-" + number.ToString(CultureInfo.InvariantCulture), model, stream, prompt);
        entry?.AddTokens(output);
        if ((bool?)asked["store"] is not false)
        {
            _stored[(string)whole["id"]!] = new Stored(whole, [.. previous?.Input ?? [], .. input.Select(static i => i!.DeepClone())], turn, prompt + output);
        }

        if (stream)
        {
            exchange.Start(200, "text/event-stream; charset=utf-8", length: null);
            foreach (var (data, i) in Events(whole).Select(static (e, i) => (e, i)))
            {
                data["sequence_number"] = i;
                await exchange.WriteAsync(Encoding.UTF8.GetBytes($"event: {data["type"]}\ndata: {data.ToJsonString()}\n\n"));
            }
        }
        else
        {
            await Answer(exchange, whole);
        }

        entry?.Close(CallState.Finished);
    }

    private static IEnumerable<JsonObject> Events(JsonObject whole)
    {
        var begun = (JsonObject)whole.DeepClone();
        (begun["status"], begun["output"], begun["usage"]) = ("in_progress", new JsonArray(), null);
        var item = (JsonObject)whole["output"]![0]!.DeepClone();
        var text = (string)item["content"]![0]!["text"]!;
        var empty = (JsonObject)item.DeepClone();
        empty["content"] = new JsonArray();
        yield return new JsonObject { ["type"] = "response.created", ["response"] = begun };
        yield return new JsonObject { ["type"] = "response.in_progress", ["response"] = begun.DeepClone() };
        yield return new JsonObject { ["type"] = "response.output_item.added", ["output_index"] = 0, ["item"] = empty };
        yield return new JsonObject { ["type"] = "response.content_part.added", ["item_id"] = "msg_1", ["output_index"] = 0, ["content_index"] = 0, ["part"] = new JsonObject { ["type"] = "output_text", ["text"] = "", ["annotations"] = new JsonArray() } };
        foreach (var piece in text.Split(' '))
        {
            yield return new JsonObject { ["type"] = "response.output_text.delta", ["item_id"] = "msg_1", ["output_index"] = 0, ["content_index"] = 0, ["delta"] = piece == "turn" ? "turn " : piece };
        }

        yield return new JsonObject { ["type"] = "response.output_text.done", ["item_id"] = "msg_1", ["output_index"] = 0, ["content_index"] = 0, ["text"] = text };
        yield return new JsonObject { ["type"] = "response.output_item.done", ["output_index"] = 0, ["item"] = item };
        yield return new JsonObject { ["type"] = "response.completed", ["response"] = whole.DeepClone() };
    }

    private static JsonObject Whole(string id, string model, string? previous, string said, JsonObject usage) => new()
    {
        ["id"] = id,
        ["object"] = "response",
        ["created_at"] = 1_700_000_000,
        ["status"] = "completed",
        ["error"] = null,
        ["incomplete_details"] = null,
        ["model"] = model,
        ["output"] = new JsonArray(new JsonObject
        {
            ["id"] = "msg_1",
            ["type"] = "message",
            ["status"] = "completed",
            ["role"] = "assistant",
            ["content"] = new JsonArray(new JsonObject { ["type"] = "output_text", ["text"] = said, ["annotations"] = new JsonArray() }),
        }),
        ["previous_response_id"] = previous,
        ["usage"] = usage,
    };

    private static Task Answer(Exchange exchange, JsonObject json)
    {
        exchange.Answer(200, "application/json", Encoding.UTF8.GetBytes(json.ToJsonString()));
        return Task.CompletedTask;
    }

    private sealed record Stored(JsonObject Response, IReadOnlyList<JsonNode> Input, int Turn, int Tokens);
}
