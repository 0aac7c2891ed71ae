using System.Text;

namespace AiOrchestrator.Bench.Translation;

/// <summary>A request of 2 KB in each dialect: a system prompt, four turns, a tool.</summary>
internal static class Requests
{
    private const int Bytes = 2048;
    private const string Schema = """{"type":"object","properties":{"city":{"type":"string","description":"Where"},"days":{"type":"integer"}},"required":["city"]}""";

    /// <summary>The request of a dialect.</summary>
    public static byte[] Of(string dialect)
    {
        var bare = Encoding.UTF8.GetByteCount(Of(dialect, 0));
        return Encoding.UTF8.GetBytes(Of(dialect, Bytes - bare));
    }

    private static string Of(string dialect, int textBytes) => dialect switch
    {
        "chat" => $$$"""
            {"model":"m","max_tokens":500,"temperature":0.2,"messages":[{"role":"system","content":"Answer in one sentence."},{"role":"user","content":"{{{Text(textBytes)}}}"},{"role":"assistant","content":"Which city?"},{"role":"user","content":[{"type":"text","text":"Paris, \"the\" city\nof light"}]}],"tools":[{"type":"function","function":{"name":"forecast","description":"The weather","parameters":{{{Schema}}}}}],"tool_choice":"auto"}
            """,
        "responses" => $$$"""
            {"model":"m","max_output_tokens":500,"temperature":0.2,"store":false,"instructions":"Answer in one sentence.","input":[{"role":"user","content":"{{{Text(textBytes)}}}"},{"role":"assistant","content":"Which city?"},{"role":"user","content":[{"type":"input_text","text":"Paris, \"the\" city\nof light"}]}],"tools":[{"type":"function","name":"forecast","description":"The weather","parameters":{{{Schema}}}}],"tool_choice":"auto"}
            """,
        "messages" => $$$"""
            {"model":"m","max_tokens":500,"temperature":0.2,"system":"Answer in one sentence.","messages":[{"role":"user","content":"{{{Text(textBytes)}}}"},{"role":"assistant","content":"Which city?"},{"role":"user","content":[{"type":"text","text":"Paris, \"the\" city\nof light"}]}],"tools":[{"name":"forecast","description":"The weather","input_schema":{{{Schema}}}}],"tool_choice":{"type":"auto"}}
            """,
        _ => throw new ArgumentOutOfRangeException(nameof(dialect), dialect, "no such dialect"),
    };

    private static string Text(int bytes) => string.Concat(Enumerable.Repeat("How will the weather be where I go? ", bytes / 36 + 1))[..Math.Max(0, bytes)];
}
