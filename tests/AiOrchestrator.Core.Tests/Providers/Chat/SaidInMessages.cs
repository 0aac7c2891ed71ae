using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>Reads Anthropic's messages as the gateway writes them: as any client does, and strict about the order of what comes.</summary>
internal static class SaidInMessages
{
    public static Said Whole(string json)
    {
        using var answer = JsonDocument.Parse(json);
        Assert.Equal(("message", "assistant"), (answer.RootElement.Text("type"), answer.RootElement.Text("role")));
        return Reported(SaidByAnthropic.Whole(json));
    }

    public static Said Stream(string stream)
    {
        var events = Events(stream);
        Assert.Equal("message_stop", events[^1].Type);
        Check(events.ConvertAll(static e => e.Data));
        return Reported(SaidByAnthropic.Stream(events.Select(static e => e.Data)));
    }

    /// <summary>The events of a stream; each is named by its type.</summary>
    public static List<(string Type, string Data)> Events(string stream)
    {
        var names = stream.Split('\n').Where(static l => l.StartsWith("event: ", StringComparison.Ordinal)).Select(static l => l["event: ".Length..]).ToList();
        var events = Said.Events(stream).ConvertAll(static data => (Type: JsonDocument.Parse(data).RootElement.Text("type"), Data: data));
        Assert.Equal(names, events.ConvertAll(static e => e.Type));
        return events;
    }

    /// <summary>One block after the other, numbered from 0, each whole before the next; the message around them, its end last.</summary>
    private static void Check(List<string> events)
    {
        var (open, blocks, ends) = (false, 0, 0);
        for (var at = 0; at < events.Count; at++)
        {
            using var json = JsonDocument.Parse(events[at]);
            var type = json.RootElement.Text("type");
            Assert.Equal(at == 0, type == "message_start");
            Assert.Equal(at == events.Count - 1, type == "message_stop");
            Assert.True(ends == 0 || type == "message_stop", $"{type} behind the end");
            if (type.StartsWith("content_block", StringComparison.Ordinal))
            {
                Assert.Equal(blocks, json.RootElement.GetProperty("index").GetInt32());
                Assert.Equal(type != "content_block_start", open);
                open = type != "content_block_stop";
                blocks += open ? 0 : 1;
            }

            ends += type == "message_delta" ? 1 : 0;
        }

        Assert.Equal((false, 1), (open, ends));
    }

    /// <summary>A usage always stands there; where nobody reported one, it is of no prompt here.</summary>
    private static Said Reported(Said said)
    {
        if (said is { PromptTokens: 0, CompletionTokens: > 0 })
        {
            (said.PromptTokens, said.CompletionTokens) = (null, null);
        }

        return said;
    }
}
