using System.Text.Json;
using System.Text.Json.Nodes;
using AiOrchestrator.Azure.Tests.Cosmos.Sql;

namespace AiOrchestrator.Azure.Tests.Cosmos;

/// <summary>Partial updates: <c>{"condition": "from c where ...", "operations": [{"op", "path", "value"}]}</c>.</summary>
internal static class EmulatedPatch
{
    private const int MaxOperations = 10;

    /// <summary>The refusal, or null and the item as it shall be.</summary>
    public static EmulatedAnswer? Apply(JsonElement item, JsonElement patch, out JsonElement patched)
    {
        patched = item;
        if (patch.TryGetProperty("condition", out var condition) && !Holds(item, condition.GetString()!))
        {
            return EmulatedAnswer.PreconditionFailed with { SubStatus = 1110 };
        }

        var root = JsonObject.Create(item)!;
        var operations = patch.GetProperty("operations");
        if (operations.GetArrayLength() > MaxOperations)
        {
            return EmulatedAnswer.BadRequest("the number of patch operations can't exceed 10");
        }

        foreach (var operation in operations.EnumerateArray())
        {
            if (!Apply(root, operation))
            {
                return EmulatedAnswer.BadRequest($"the patch operation cannot be applied: {operation.GetRawText()}");
            }
        }

        patched = JsonSerializer.SerializeToElement(root);
        return null;
    }

    private static bool Holds(JsonElement item, string condition) =>
        SqlParser.Parse($"SELECT * {condition}").Where is not { } where || where.Evaluate(new SqlRow(item, [])).IsTrue();

    private static bool Apply(JsonObject root, JsonElement operation)
    {
        var path = operation.GetProperty("path").GetString()!.Split('/')[1..];
        JsonNode? parent = root;
        foreach (var step in path[..^1])
        {
            parent = parent switch
            {
                JsonObject o => o[step],
                JsonArray a when int.TryParse(step, out var index) && index < a.Count => a[index],
                _ => null,
            };
        }

        var value = operation.TryGetProperty("value", out var given) ? JsonNode.Parse(given.GetRawText()) : null;
        var op = operation.GetProperty("op").GetString();
        return parent switch
        {
            JsonObject o => Apply(o, op, path[^1], value, given),
            JsonArray a => Apply(a, op, path[^1], value),
            _ => false,
        };
    }

    private static bool Apply(JsonObject parent, string? op, string name, JsonNode? value, JsonElement given)
    {
        switch (op)
        {
            case "add" or "set":
                parent[name] = value;
                return true;
            case "replace" when parent.ContainsKey(name):
                parent[name] = value;
                return true;
            case "remove":
                return parent.Remove(name);
            case "incr" when parent[name] is null:
                parent[name] = value;
                return true;
            case "incr" when parent[name]!.GetValueKind() == JsonValueKind.Number:
                parent[name] = Sum(JsonSerializer.SerializeToElement(parent[name]), given);
                return true;
            default:
                return false;
        }
    }

    private static bool Apply(JsonArray parent, string? op, string step, JsonNode? value)
    {
        var index = step == "-" ? parent.Count : int.Parse(step);
        switch (op)
        {
            case "add" when index <= parent.Count:
                parent.Insert(index, value);
                return true;
            case "set" or "replace" when index < parent.Count:
                parent[index] = value;
                return true;
            case "remove" when index < parent.Count:
                parent.RemoveAt(index);
                return true;
            default:
                return false;
        }
    }

    private static JsonNode Sum(JsonElement one, JsonElement other) =>
        one.TryGetInt64(out var a) && other.TryGetInt64(out var b) ? JsonValue.Create(a + b) : JsonValue.Create(one.GetDouble() + other.GetDouble());
}
