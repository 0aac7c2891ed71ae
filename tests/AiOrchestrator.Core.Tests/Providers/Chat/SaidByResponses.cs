using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>Reads responses as OpenAI sends them, whole or streamed: texts by their pieces, some of which were cut out of recordings, all else by its item.</summary>
internal static class SaidByResponses
{
    public static Said Whole(string json)
    {
        using var answer = JsonDocument.Parse(json);
        var said = new Said();
        foreach (var item in answer.RootElement.GetProperty("output").EnumerateArray())
        {
            Add(said, item);
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
            switch (json.RootElement.Text("type"))
            {
                case "response.output_text.delta":
                    said.Text += json.RootElement.Text("delta");
                    break;
                case "response.output_item.done" when json.RootElement.GetProperty("item").Text("type") != "message":
                    Add(said, json.RootElement.GetProperty("item"));
                    break;
                case "response.completed" or "response.incomplete":
                    End(said, json.RootElement.GetProperty("response"));
                    break;
            }
        }

        return said;
    }

    private static void Add(Said said, JsonElement item)
    {
        switch (item.Text("type"))
        {
            case "message":
                said.Text += string.Concat(item.GetProperty("content").EnumerateArray().Where(static p => p.Text("type") == "output_text").Select(static p => p.Text("text")));
                break;
            case "reasoning":
                said.Reasoning += string.Join("\n\n", item.GetProperty("summary").EnumerateArray().Select(static p => p.Text("text")));
                break;
            case "function_call":
                said.Calls.Add((item.Text("name"), item.Text("arguments")));
                break;
        }
    }

    private static void End(Said said, JsonElement response)
    {
        var isCut = response.TryGetProperty("incomplete_details", out var cut) && cut.ValueKind == JsonValueKind.Object;
        said.Finish = isCut ? cut.Text("reason") == "max_output_tokens" ? "length" : "content_filter" : said.Calls.Count > 0 ? "tool_calls" : "stop";
        if (response.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object)
        {
            said.PromptTokens = usage.GetProperty("input_tokens").GetInt64();
            said.CompletionTokens = usage.GetProperty("output_tokens").GetInt64();
        }
    }
}
