using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>Reads Cohere's chat, whole or streamed, as a plain client does. What it plans before it asks for functions is what it thought.</summary>
internal static class SaidByCohere
{
    public static Said Whole(string json)
    {
        using var answer = JsonDocument.Parse(json);
        var said = new Said();
        var message = answer.RootElement.GetProperty("message");
        if (message.TryGetProperty("tool_plan", out var plan))
        {
            said.Reasoning += plan.GetString();
        }

        foreach (var part in message.TryGetProperty("content", out var content) ? content.EnumerateArray() : default)
        {
            Add(said, part);
        }

        foreach (var call in message.TryGetProperty("tool_calls", out var calls) ? calls.EnumerateArray() : default)
        {
            var arguments = call.GetProperty("function").Text("arguments");
            said.Calls.Add((call.GetProperty("function").Text("name"), arguments == "null" ? "" : arguments));
        }

        End(said, answer.RootElement);
        return said;
    }

    public static Said Stream(IEnumerable<string> events)
    {
        var said = new Said();
        foreach (var data in events)
        {
            using var json = JsonDocument.Parse(data);
            var root = json.RootElement;
            switch (root.Text("type"))
            {
                case "content-delta":
                    Add(said, root.GetProperty("delta").GetProperty("message").GetProperty("content"));
                    break;
                case "tool-plan-delta":
                    said.Reasoning += root.GetProperty("delta").GetProperty("message").Text("tool_plan");
                    break;
                case "tool-call-start":
                    var function = root.GetProperty("delta").GetProperty("message").GetProperty("tool_calls").GetProperty("function");
                    said.Calls.Add((function.Text("name"), function.Text("arguments")));
                    break;
                case "tool-call-delta":
                    var more = root.GetProperty("delta").GetProperty("message").GetProperty("tool_calls").GetProperty("function").Text("arguments");
                    said.Calls[^1] = (said.Calls[^1].Name, said.Calls[^1].Arguments + more);
                    break;
                case "message-end":
                    End(said, root.GetProperty("delta"));
                    break;
            }
        }

        return said;
    }

    private static void Add(Said said, JsonElement part)
    {
        said.Text += part.TryGetProperty("text", out var text) ? text.GetString() : "";
        said.Reasoning += part.TryGetProperty("thinking", out var thought) ? thought.GetString() : "";
    }

    private static void End(Said said, JsonElement end)
    {
        said.Finish = end.Text("finish_reason") switch
        {
            "TOOL_CALL" => "tool_calls",
            "MAX_TOKENS" => "length",
            _ => "stop",
        };
        var billed = end.GetProperty("usage").GetProperty("billed_units");
        said.PromptTokens = billed.GetProperty("input_tokens").GetInt64();
        said.CompletionTokens = billed.GetProperty("output_tokens").GetInt64();
    }
}
