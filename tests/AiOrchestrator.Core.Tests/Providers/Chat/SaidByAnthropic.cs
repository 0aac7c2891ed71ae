using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>Reads Anthropic's messages, whole or streamed, as a plain client does.</summary>
internal static class SaidByAnthropic
{
    public static Said Whole(string json)
    {
        using var answer = JsonDocument.Parse(json);
        var said = new Said();
        foreach (var block in answer.RootElement.GetProperty("content").EnumerateArray())
        {
            Add(said, block);
        }

        End(said, answer.RootElement);
        Usage(said, answer.RootElement.GetProperty("usage"));
        return said;
    }

    public static Said Stream(IEnumerable<string> events)
    {
        var said = new Said();
        var open = "";
        foreach (var data in events)
        {
            using var json = JsonDocument.Parse(data);
            var root = json.RootElement;
            switch (root.Text("type"))
            {
                case "message_start":
                    Usage(said, root.GetProperty("message").GetProperty("usage"));
                    break;
                case "content_block_start":
                    open = root.GetProperty("content_block").Text("type");
                    Add(said, root.GetProperty("content_block"));
                    break;
                case "content_block_delta":
                    Delta(said, open, root.GetProperty("delta"));
                    break;
                case "message_delta":
                    End(said, root.GetProperty("delta"));
                    Usage(said, root.GetProperty("usage"));
                    break;
            }
        }

        return said;
    }

    private static void Add(Said said, JsonElement block)
    {
        switch (block.Text("type"))
        {
            case "text":
                said.Text += block.Text("text");
                break;
            case "thinking":
                said.Reasoning += block.Text("thinking");
                break;
            case "tool_use":
                var input = block.GetProperty("input").GetRawText();
                said.Calls.Add((block.Text("name"), input == "{}" ? "" : input));
                break;
        }
    }

    private static void Delta(Said said, string open, JsonElement delta)
    {
        switch (delta.Text("type"))
        {
            case "text_delta":
                said.Text += delta.Text("text");
                break;
            case "thinking_delta":
                said.Reasoning += delta.Text("thinking");
                break;
            case "input_json_delta" when open == "tool_use":
                said.Calls[^1] = (said.Calls[^1].Name, said.Calls[^1].Arguments + delta.Text("partial_json"));
                break;
        }
    }

    private static void End(Said said, JsonElement end) => said.Finish = end.GetProperty("stop_reason").GetString() switch
    {
        "tool_use" => "tool_calls",
        "max_tokens" or "model_context_window_exceeded" => "length",
        "refusal" => "content_filter",
        null => said.Finish,
        _ => "stop",
    };

    private static Said With(this Said said, JsonElement usage)
    {
        Usage(said, usage);
        return said;
    }

    /// <summary>Cumulative: what a later one says takes the place of the earlier. Compactions and advisors are billed beside the totals.</summary>
    private static void Usage(Said said, JsonElement usage)
    {
        long Count(string name) => usage.TryGetProperty(name, out var count) && count.ValueKind == JsonValueKind.Number ? count.GetInt64() : 0;
        if (usage.TryGetProperty("input_tokens", out _))
        {
            said.PromptTokens = Count("input_tokens") + Count("cache_read_input_tokens") + Count("cache_creation_input_tokens");
        }

        said.CompletionTokens = Count("output_tokens");
        if (usage.TryGetProperty("iterations", out var iterations) && iterations.ValueKind == JsonValueKind.Array)
        {
            foreach (var beside in iterations.EnumerateArray().Where(static i => i.Text("type") is not ("message" or "fallback_message")).Select(static i => new Said().With(i)))
            {
                said.PromptTokens += beside.PromptTokens;
                said.CompletionTokens += beside.CompletionTokens;
            }
        }
    }
}
