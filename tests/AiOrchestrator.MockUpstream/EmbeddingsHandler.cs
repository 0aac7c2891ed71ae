using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace AiOrchestrator.MockUpstream;

/// <summary><c>POST /v1/embeddings</c>: unit vectors that depend on the input alone.</summary>
internal sealed class EmbeddingsHandler(MockState state)
{
    private const int MaxDimensions = 8192;

    public async Task HandleAsync(Exchange exchange, ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        var model = Text(root, "model") ?? "";
        var inputs = Inputs(root);
        var prompt = inputs.Sum(i => i.Tokens);
        var number = state.NextCall();
        var behaviour = root.TryGetProperty("x_mock", out var steering)
            ? steering.Deserialize<MockBehaviour>(MockBehaviour.Json) ?? MockBehaviour.Default
            : MockBehaviour.FromModel(model);
        var id = Id(root) ?? exchange.Request.Headers["x-request-id"].FirstOrDefault() ?? Text(root, "user") ?? "call-" + number;
        var entry = state.Ledger.Begin(id, model, stream: false, prompt);
        exchange.ResponseHeaders["x-request-id"] = "req_mock_" + number;
        try
        {
            if (behaviour.FirstDelayMs > 0) await Task.Delay(behaviour.FirstDelayMs, exchange.PeerGone);
            if (behaviour.Fail is { } failure && state.Failures.ShouldFail(failure, id))
            {
                entry?.Close(CallState.Failed);
                MockFailures.Answer(exchange, failure);
                return;
            }

            exchange.Dribble = behaviour.Dribble;
            var json = Answer(root, model, inputs, behaviour, entry);
            exchange.Start(200, "application/json", json.Length);
            await exchange.WriteAsync(json.Written);
            entry?.Close(CallState.Finished);
        }
        catch (OperationCanceledException)
        {
            // The only token in use is the peer's: it has gone, and the ledger says when.
            state.Ledger.Aborted(entry);
        }
    }

    private static Utf8Out Answer(JsonElement root, string model, List<Input> inputs, MockBehaviour behaviour, LedgerEntry? entry)
    {
        var dimensions = root.TryGetProperty("dimensions", out var wanted) && wanted.ValueKind == JsonValueKind.Number ? wanted.GetInt32()
            : model.Contains("large", StringComparison.Ordinal) ? 3072
            : 1536;
        if (dimensions is < 1 or > MaxDimensions) throw new BadRequestException("dimensions must be 1 to 8192");
        var base64 = string.Equals(Text(root, "encoding_format"), "base64", StringComparison.Ordinal);
        var json = new Utf8Out(dimensions * inputs.Count * 12);
        json.Raw("{\"object\":\"list\",\"data\":["u8);
        for (var i = 0; i < inputs.Count; i++)
        {
            if (i > 0) json.Raw(","u8);
            json.Raw("{\"object\":\"embedding\",\"index\":"u8).Number(i).Raw(",\"embedding\":"u8);
            Vector(json, Unit(inputs[i].Seed, dimensions), base64);
            json.Raw("}"u8);
        }

        json.Raw("],\"model\":\""u8).Text(model).Raw("\""u8);
        if (!behaviour.NoUsage)
        {
            var prompt = inputs.Sum(i => i.Tokens);
            var usage = behaviour.Usage?.GetRawText() ?? $"{{\"prompt_tokens\":{prompt},\"total_tokens\":{prompt}}}";
            json.Raw(",\"usage\":"u8).Raw(Encoding.UTF8.GetBytes(usage));
            entry?.ReportedUsage = usage;
        }

        if (root.TryGetProperty("x_mock_echo", out var echo)) json.Raw(",\"x_mock_echo\":"u8).Raw(Encoding.UTF8.GetBytes(echo.GetRawText()));
        json.Raw("}"u8);
        return json;
    }

    private static void Vector(Utf8Out json, float[] vector, bool base64)
    {
        if (base64)
        {
            json.Raw("\""u8).Raw(Encoding.ASCII.GetBytes(Convert.ToBase64String(MemoryMarshal.AsBytes(vector.AsSpan())))).Raw("\""u8);
            return;
        }

        json.Raw("["u8);
        for (var i = 0; i < vector.Length; i++)
        {
            if (i > 0) json.Raw(","u8);
            json.Number(vector[i]);
        }

        json.Raw("]"u8);
    }

    private static float[] Unit(uint seed, int dimensions)
    {
        var vector = new float[dimensions];
        var squares = 0f;
        for (var i = 0; i < dimensions; i++)
        {
            seed = unchecked((seed * 1664525u) + 1013904223u);
            vector[i] = ((seed >> 8) / (float)(1 << 23)) - 1f;
            squares += vector[i] * vector[i];
        }

        var scale = 1f / MathF.Max(MathF.Sqrt(squares), 1e-9f);
        for (var i = 0; i < dimensions; i++) vector[i] *= scale;
        return vector;
    }

    private static List<Input> Inputs(JsonElement root)
    {
        if (!root.TryGetProperty("input", out var input)) throw new BadRequestException("input is missing");
        if (input.ValueKind == JsonValueKind.String) return [OfText(input)];
        if (input.ValueKind != JsonValueKind.Array || input.GetArrayLength() == 0)
            throw new BadRequestException("input must be a string or a filled array");
        return input[0].ValueKind switch
        {
            JsonValueKind.Number => [OfTokens(input)],
            JsonValueKind.String => [.. input.EnumerateArray().Select(OfText)],
            JsonValueKind.Array => [.. input.EnumerateArray().Select(OfTokens)],
            _ => throw new BadRequestException("input must hold strings, token numbers or arrays of them"),
        };
    }

    private static Input OfText(JsonElement text)
    {
        var bytes = Encoding.UTF8.GetBytes(text.GetString() ?? "");
        return new Input(Hash(bytes), MockTokens.Text(bytes.Length));
    }

    private static Input OfTokens(JsonElement tokens)
    {
        int[] numbers = [.. tokens.EnumerateArray().Select(t => t.GetInt32())];
        return new Input(Hash(MemoryMarshal.AsBytes(numbers.AsSpan())), numbers.Length);
    }

    // FNV-1a.
    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = 2166136261u;
        foreach (var b in bytes) hash = unchecked((hash ^ b) * 16777619u);
        return hash;
    }

    private static string? Id(JsonElement root) =>
        root.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object ? Text(metadata, "mock_id") : null;

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private readonly record struct Input(uint Seed, int Tokens);
}
