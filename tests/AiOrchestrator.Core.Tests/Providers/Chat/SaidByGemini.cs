using System.Text.Json;
using System.Text.Json.Nodes;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>Reads Gemini's answers, whole or streamed, as a plain client does: arguments in pieces are put into a tree by their paths.</summary>
internal static class SaidByGemini
{
    public static Said Whole(string json) => Stream([json]);

    public static Said Stream(IEnumerable<string> events)
    {
        var said = new Said();
        var trees = new List<JsonObject>();
        foreach (var data in events)
        {
            using var json = JsonDocument.Parse(data);
            Usage(said, json.RootElement);
            if (!json.RootElement.TryGetProperty("candidates", out var candidates))
            {
                continue;
            }

            var first = candidates[0];
            if (first.TryGetProperty("content", out var content) && content.TryGetProperty("parts", out var parts))
            {
                foreach (var part in parts.EnumerateArray())
                {
                    Add(said, trees, part);
                }
            }

            End(said, first);
        }

        for (var i = 0; i < trees.Count; i++)
        {
            var text = trees[i].ToJsonString();
            said.Calls[i] = (said.Calls[i].Name, text == "{}" ? "" : text);
        }

        return said;
    }

    private static void Add(Said said, List<JsonObject> trees, JsonElement part)
    {
        if (part.TryGetProperty("text", out var text))
        {
            var isThought = part.TryGetProperty("thought", out var thought) && thought.GetBoolean();
            said.Reasoning += isThought ? text.GetString() : "";
            said.Text += isThought ? "" : text.GetString();
        }

        if (!part.TryGetProperty("functionCall", out var call))
        {
            return;
        }

        if (call.TryGetProperty("name", out var name))
        {
            said.Calls.Add((name.GetString()!, ""));
            trees.Add(call.TryGetProperty("args", out var args) ? JsonNode.Parse(args.GetRawText())!.AsObject() : []);
        }

        if (call.TryGetProperty("partialArgs", out var values))
        {
            foreach (var value in values.EnumerateArray())
            {
                Put(trees[^1], value.Text("jsonPath").TrimStart('$', '.').Replace("[", ".[", StringComparison.Ordinal).Split('.'), value);
            }
        }
    }

    private static void Put(JsonNode node, string[] steps, JsonElement value)
    {
        for (var i = 0; i < steps.Length; i++)
        {
            var isLast = i == steps.Length - 1;
            JsonNode? there = node is JsonArray list ? list.ElementAtOrDefault(Number(steps[i])) : node[steps[i]];
            var next = isLast ? Leaf(there, value) : there ?? (steps[i + 1][0] == '[' ? new JsonArray() : new JsonObject());
            if (node is JsonArray array && Number(steps[i]) == array.Count)
            {
                array.Add(next);
            }
            else if (node is JsonArray known)
            {
                known[Number(steps[i])] = ReferenceEquals(next, there) ? known[Number(steps[i])]!.DeepClone() : next;
                next = known[Number(steps[i])];
            }
            else if (!ReferenceEquals(next, there))
            {
                node[steps[i]] = next;
            }

            node = next ?? node;
        }
    }

    private static JsonNode? Leaf(JsonNode? there, JsonElement value) => value.TryGetProperty("stringValue", out var text)
        ? (there?.GetValue<string>() ?? "") + text.GetString()
        : value.TryGetProperty("numberValue", out var number) ? JsonNode.Parse(number.GetRawText())
        : value.TryGetProperty("boolValue", out var flag) ? flag.GetBoolean()
        : null;

    private static int Number(string step) => int.Parse(step.Trim('[', ']'), System.Globalization.CultureInfo.InvariantCulture);

    private static void End(Said said, JsonElement candidate)
    {
        if (candidate.TryGetProperty("finishReason", out var reason))
        {
            said.Finish = reason.GetString() switch
            {
                "STOP" => said.Calls.Count > 0 ? "tool_calls" : "stop",
                "MAX_TOKENS" => "length",
                _ => "content_filter",
            };
        }
    }

    /// <summary>What thinking cost stands beside what the answer did. A later report takes the place of an earlier.</summary>
    private static void Usage(Said said, JsonElement answer)
    {
        if (answer.TryGetProperty("usageMetadata", out var usage) && usage.TryGetProperty("promptTokenCount", out var prompt))
        {
            long Count(string name) => usage.TryGetProperty(name, out var count) ? count.GetInt64() : 0;
            said.PromptTokens = prompt.GetInt64() + Count("toolUsePromptTokenCount");
            said.CompletionTokens = Count("candidatesTokenCount") + Count("thoughtsTokenCount");
        }
    }
}
