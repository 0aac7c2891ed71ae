using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>Reads chat completions, whole or streamed, as a plain client does.</summary>
internal static class SaidInChat
{
    public static Said Whole(string json)
    {
        using var answer = JsonDocument.Parse(json);
        var said = new Said();
        var choice = answer.RootElement.GetProperty("choices")[0];
        Add(said, choice.GetProperty("message"));
        said.Finish = choice.GetProperty("finish_reason").GetString();
        Usage(said, answer.RootElement);
        return said;
    }

    public static Said Stream(string stream)
    {
        var events = Said.Events(stream);
        Assert.Equal("[DONE]", events[^1]);
        var said = new Said();
        foreach (var data in events.SkipLast(1))
        {
            using var chunk = JsonDocument.Parse(data);
            Assert.Equal("chat.completion.chunk", chunk.RootElement.Text("object"));
            Usage(said, chunk.RootElement);
            foreach (var choice in chunk.RootElement.GetProperty("choices").EnumerateArray())
            {
                Add(said, choice.GetProperty("delta"));
                said.Finish ??= choice.GetProperty("finish_reason").GetString();
            }
        }

        return said;
    }

    private static void Usage(Said said, JsonElement answer)
    {
        if (answer.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object)
        {
            said.PromptTokens = usage.GetProperty("prompt_tokens").GetInt64();
            said.CompletionTokens = usage.GetProperty("completion_tokens").GetInt64();
        }
    }

    private static void Add(Said said, JsonElement part)
    {
        said.Text += TextOf(part, "content");
        said.Reasoning += TextOf(part, "reasoning_content") is { Length: > 0 } reasoning ? reasoning : TextOf(part, "reasoning");
        if (!part.TryGetProperty("tool_calls", out var calls))
        {
            return;
        }

        var at = 0;
        foreach (var call in calls.EnumerateArray())
        {
            var index = call.TryGetProperty("index", out var number) ? number.GetInt32() : at;
            at++;
            var function = call.GetProperty("function");
            if (index == said.Calls.Count)
            {
                said.Calls.Add((function.Text("name"), ""));
            }

            said.Calls[index] = (said.Calls[index].Name, said.Calls[index].Arguments + TextOf(function, "arguments"));
        }
    }

    private static string TextOf(JsonElement part, string name) =>
        part.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";
}
