using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>Reads legacy completions, whole or streamed, as a plain client does.</summary>
internal static class SaidInCompletions
{
    public static Said Whole(string json)
    {
        using var answer = JsonDocument.Parse(json);
        Assert.Equal("text_completion", answer.RootElement.Text("object"));
        var said = new Said();
        Add(said, answer.RootElement);
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
            Assert.Equal("text_completion", chunk.RootElement.Text("object"));
            Add(said, chunk.RootElement);
        }

        return said;
    }

    /// <summary>What is left of an answer that is text alone: nothing thought, no functions, and nobody who is asked to run any.</summary>
    public static Said AsText(Said said)
    {
        said.Reasoning = "";
        said.Calls.Clear();
        said.Finish = said.Finish == "tool_calls" ? "stop" : said.Finish;
        return said;
    }

    private static void Add(Said said, JsonElement answer)
    {
        foreach (var choice in answer.GetProperty("choices").EnumerateArray().Where(static c => c.GetProperty("index").GetInt32() == 0))
        {
            Assert.Equal(JsonValueKind.Null, choice.GetProperty("logprobs").ValueKind);
            said.Text += choice.Text("text");
            said.Finish ??= choice.GetProperty("finish_reason").GetString();
        }

        if (answer.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object)
        {
            said.PromptTokens = usage.GetProperty("prompt_tokens").GetInt64();
            said.CompletionTokens = usage.GetProperty("completion_tokens").GetInt64();
        }
    }
}
