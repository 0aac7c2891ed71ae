using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>Reads Bedrock's Converse, whole or streamed (each event an object with its name), as a plain client does.</summary>
internal static class SaidByBedrock
{
    public static Said Whole(string json)
    {
        using var answer = JsonDocument.Parse(json);
        var said = new Said();
        foreach (var block in answer.RootElement.GetProperty("output").GetProperty("message").GetProperty("content").EnumerateArray())
        {
            Add(said, block);
            if (block.TryGetProperty("reasoningContent", out var reasoning) && reasoning.TryGetProperty("reasoningText", out var thought))
            {
                said.Reasoning += thought.Text("text");
            }
        }

        said.Finish = Finish(answer.RootElement.Text("stopReason"));
        Usage(said, answer.RootElement);
        return said;
    }

    public static Said Stream(IEnumerable<string> events)
    {
        var said = new Said();
        foreach (var data in events)
        {
            using var json = JsonDocument.Parse(data);
            var member = json.RootElement.EnumerateObject().Single();
            switch (member.Name)
            {
                case "contentBlockStart":
                    Add(said, member.Value.GetProperty("start"));
                    break;
                case "contentBlockDelta":
                    Delta(said, member.Value.GetProperty("delta"));
                    break;
                case "messageStop":
                    said.Finish = Finish(member.Value.Text("stopReason"));
                    break;
                case "metadata":
                    Usage(said, member.Value);
                    break;
            }
        }

        return said;
    }

    private static void Add(Said said, JsonElement block)
    {
        if (block.TryGetProperty("text", out var text))
        {
            said.Text += text.GetString();
        }

        if (block.TryGetProperty("toolUse", out var tool))
        {
            said.Calls.Add((tool.Text("name"), tool.TryGetProperty("input", out var input) ? input.GetRawText() : ""));
        }
    }

    private static void Delta(Said said, JsonElement delta)
    {
        if (delta.TryGetProperty("text", out var text))
        {
            said.Text += text.GetString();
        }

        if (delta.TryGetProperty("reasoningContent", out var reasoning) && reasoning.TryGetProperty("text", out var thought))
        {
            said.Reasoning += thought.GetString();
        }

        if (delta.TryGetProperty("toolUse", out var tool))
        {
            said.Calls[^1] = (said.Calls[^1].Name, said.Calls[^1].Arguments + tool.Text("input"));
        }
    }

    private static string Finish(string reason) => reason switch
    {
        "tool_use" => "tool_calls",
        "max_tokens" => "length",
        _ => "stop",
    };

    private static void Usage(Said said, JsonElement answer)
    {
        var usage = answer.GetProperty("usage");
        long Count(string name) => usage.TryGetProperty(name, out var count) ? count.GetInt64() : 0;
        said.PromptTokens = Count("inputTokens") + Count("cacheReadInputTokens") + Count("cacheWriteInputTokens");
        said.CompletionTokens = Count("outputTokens");
    }
}
