using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>Reads responses as the gateway writes them: as any client does, and strict about the order of what comes.</summary>
internal static class SaidInResponses
{
    /// <summary>Members every response has (https://platform.openai.com/docs/api-reference/responses/object).</summary>
    private static readonly string[] Members =
    [
        "id", "object", "created_at", "status", "error", "incomplete_details", "instructions", "max_output_tokens", "model", "output", "parallel_tool_calls",
        "previous_response_id", "reasoning", "store", "temperature", "text", "tool_choice", "tools", "top_p", "truncation", "metadata",
    ];

    public static Said Whole(string json)
    {
        using var answer = JsonDocument.Parse(json);
        Check(answer.RootElement);
        return SaidByResponses.Whole(json);
    }

    public static Said Stream(string stream)
    {
        var events = Events(stream);
        Assert.Equal(["response.created", "response.in_progress"], events.Take(2).Select(static e => e.Type));
        Assert.Contains(events[^1].Type, (string[])["response.completed", "response.incomplete"]);
        Assert.Equal(Enumerable.Range(0, events.Count), events.Select(static e => e.Data.GetProperty("sequence_number").GetInt32()));
        var items = new SortedDictionary<int, Item>();
        foreach (var (type, data) in events.Skip(2).SkipLast(1))
        {
            Take(type, data, items);
        }

        var response = events[^1].Data.GetProperty("response");
        Check(response);
        Assert.Equal(Enumerable.Range(0, items.Count), items.Keys);
        Assert.Equal(items.Values.Select(static i => i.Done), response.GetProperty("output").EnumerateArray().Select(static i => i.GetRawText()));
        Assert.Equal(items.Values.Select(static i => i.Text), response.GetProperty("output").EnumerateArray().Select(TextOf));
        return SaidByResponses.Whole(response.GetRawText());
    }

    /// <summary>The events of a stream; each is named by its type.</summary>
    public static List<(string Type, JsonElement Data)> Events(string stream)
    {
        var names = stream.Split('\n').Where(static l => l.StartsWith("event: ", StringComparison.Ordinal)).Select(static l => l["event: ".Length..]).ToList();
        var events = Said.Events(stream).ConvertAll(static data => JsonDocument.Parse(data).RootElement).ConvertAll(static data => (Type: data.Text("type"), Data: data));
        Assert.Equal(names, events.ConvertAll(static e => e.Type));
        return events;
    }

    /// <summary>An item begins, is written to in parts that begin and end, and ends; nothing is written to it before or after.</summary>
    private static void Take(string type, JsonElement data, SortedDictionary<int, Item> items)
    {
        var index = data.GetProperty("output_index").GetInt32();
        if (type == "response.output_item.added")
        {
            Assert.Equal(items.Count, index);
            items.Add(index, new Item(data.GetProperty("item").Text("id")));
            return;
        }

        var item = items[index];
        Assert.Null(item.Done);
        if (type == "response.output_item.done")
        {
            Assert.Null(item.Open);
            Assert.Equal(item.Id, data.GetProperty("item").Text("id"));
            item.Done = data.GetProperty("item").GetRawText();
            return;
        }

        Assert.Equal(item.Id, data.Text("item_id"));
        switch (type)
        {
            case "response.content_part.added" or "response.reasoning_summary_part.added":
                Assert.Null(item.Open);
                item.Open = "";
                break;
            case "response.content_part.done" or "response.reasoning_summary_part.done":
                Assert.NotNull(item.Open);
                item.Open = null;
                break;
            case var _ when type.EndsWith(".delta", StringComparison.Ordinal):
                Assert.True(item.Open is not null || type == "response.function_call_arguments.delta", type);
                item.Open = item.Open is null ? null : item.Open + data.Text("delta");
                item.Text += data.Text("delta");
                break;
            case "response.output_text.done" or "response.reasoning_summary_text.done":
                Assert.Equal(item.Open, data.Text("text"));
                break;
            case "response.function_call_arguments.done":
                Assert.Equal(item.Text, data.Text("arguments"));
                break;
            default:
                Assert.Contains(type, (string[])["response.refusal.done", "response.output_text.annotation.added"]);
                break;
        }
    }

    private static string TextOf(JsonElement item) => item.Text("type") switch
    {
        "message" => string.Concat(item.GetProperty("content").EnumerateArray().Select(static p => p.Text(p.Text("type") == "refusal" ? "refusal" : "text"))),
        "reasoning" => string.Concat(item.GetProperty("summary").EnumerateArray().Select(static p => p.Text("text"))),
        _ => item.Text("arguments"),
    };

    private static void Check(JsonElement response)
    {
        Assert.All(Members, name => Assert.True(response.TryGetProperty(name, out _), name));
        Assert.Equal("response", response.Text("object"));
        Assert.Equal(response.Text("status") == "incomplete", response.GetProperty("incomplete_details").ValueKind == JsonValueKind.Object);
    }

    private sealed class Item(string id)
    {
        public string Id => id;

        /// <summary>What came in pieces.</summary>
        public string Text { get; set; } = "";

        /// <summary>The part that is written to.</summary>
        public string? Open { get; set; }

        /// <summary>The whole, once it is.</summary>
        public string? Done { get; set; }
    }
}
