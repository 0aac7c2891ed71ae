using System.Text.Json;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>What an answer says, whatever format it is in: read by the tests on their own, to be compared.</summary>
internal sealed class Said
{
    /// <summary>The text of the first choice.</summary>
    public string Text { get; set; } = "";

    /// <summary>What was thought, as far as it is readable.</summary>
    public string Reasoning { get; set; } = "";

    /// <summary>Functions asked for: name and arguments.</summary>
    public List<(string Name, string Arguments)> Calls { get; } = [];

    /// <summary>Why it ended, in OpenAI's words.</summary>
    public string? Finish { get; set; }

    /// <summary>All tokens of the prompt, those of caches included; null where nothing is said.</summary>
    public long? PromptTokens { get; set; }

    /// <summary>All tokens of the answer.</summary>
    public long? CompletionTokens { get; set; }

    /// <summary>All of it as a text, to be compared at once; arguments as JSON values.</summary>
    public override string ToString() => string.Join('\n', [
        $"text: {Text}",
        $"reasoning: {Reasoning}",
        .. Calls.Select(static c => $"call: {c.Name} {Canonical(c.Arguments)}"),
        $"finish: {Finish}",
        $"usage: {PromptTokens} {CompletionTokens}",
    ]);

    /// <summary>JSON without white space; an empty text is an empty object.</summary>
    public static string Canonical(string json)
    {
        using var parsed = JsonDocument.Parse(json.Length == 0 ? "{}" : json);
        return JsonSerializer.Serialize(parsed.RootElement);
    }

    /// <summary>The data of each event of a stream.</summary>
    public static List<string> Events(string stream)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(stream);
        var scanner = new SseScanner();
        var events = new List<string>();
        var start = 0;
        int length;
        while ((length = scanner.Next(bytes.AsSpan(start))) > 0)
        {
            events.Add(System.Text.Encoding.UTF8.GetString(SseScanner.Data(bytes.AsSpan(start, length))));
            start += length;
        }

        Assert.Equal(bytes.Length, start);
        return events;
    }
}
