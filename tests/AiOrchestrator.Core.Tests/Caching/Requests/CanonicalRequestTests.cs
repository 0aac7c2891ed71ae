using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiOrchestrator.Core.Caching.Requests;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Tests.Caching.Requests;

/// <summary>CA-01: two requests have the same key where, and only where, they ask the same.</summary>
public sealed class CanonicalRequestTests
{
    private static readonly CacheTerms Terms = new("m", "up-m", "", "");

    [Fact]
    public void Order_escapes_white_space_and_zeros_change_no_key()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var body = Body(random);
            Assert.True(Key(body.ToJsonString()) == Key(Rewritten(body, random)), $"seed {seed}: {body.ToJsonString()}");
        }
    }

    [Fact]
    public void Any_change_of_what_is_asked_changes_the_key()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var body = Body(random);
            var changed = (JsonObject)body.DeepClone();
            Change(changed, random);
            if (!JsonNode.DeepEquals(body, changed))
            {
                Assert.True(Key(body.ToJsonString()) != Key(changed.ToJsonString()), $"seed {seed}: {body.ToJsonString()} | {changed.ToJsonString()}");
            }
        }
    }

    [Fact]
    public void What_stands_in_one_member_is_never_taken_for_what_stands_in_two()
    {
        Assert.NotEqual(Key("""{"messages":[{"role":"user","content":"ab"},{"role":"user","content":"c"}]}"""), Key("""{"messages":[{"role":"user","content":"a"},{"role":"user","content":"bc"}]}"""));
        Assert.NotEqual(Key("""{"stop":["a","b"],"messages":[{"role":"user","content":"x"}]}"""), Key("""{"stop":["a,b"],"messages":[{"role":"user","content":"x"}]}"""));
        Assert.NotEqual(Key("""{"stop":"1","messages":[{"role":"user","content":"x"}]}"""), Key("""{"stop":1,"messages":[{"role":"user","content":"x"}]}"""));
        Assert.NotEqual(Key("""{"a":{"b":1},"messages":[{"role":"user","content":"x"}]}"""), Key("""{"a":{},"b":1,"messages":[{"role":"user","content":"x"}]}"""));
    }

    [Theory]
    [InlineData("up-n", "m", "", "")]
    [InlineData("up-m", "n", "", "")]
    [InlineData("up-m", "m", "h", "")]
    [InlineData("up-m", "m", "", "v")]
    public void What_stands_beside_the_body_is_part_of_the_key(string upstream, string model, string headers, string versions)
    {
        const string Chat = """{"messages":[{"role":"user","content":"x"}]}""";
        var read = Read(Chat);
        Assert.NotEqual(read.Key(Terms), read.Key(new CacheTerms(model, upstream, headers, versions)));
        Assert.NotEqual(read.Context(Terms), read.Context(new CacheTerms(model, upstream, headers, versions)));
    }

    [Theory]
    [InlineData(ModelCall.ChatCompletions, """{"messages":[{"role":"system","content":"s"},{"role":"user","content":"What \u00e9?"}]}""", "What é?")]
    [InlineData(ModelCall.ChatCompletions, """{"messages":[{"role":"user","content":[{"type":"text","text":"Q"}]}]}""", "Q")]
    [InlineData(ModelCall.ChatCompletions, """{"messages":[{"content":"Q","role":"user"}]}""", "Q")]
    [InlineData(ModelCall.ChatCompletions, """{"messages":[{"role":"user","content":[{"type":"text","text":"Q"},{"type":"text","text":"R"}]}]}""", null)]
    [InlineData(ModelCall.ChatCompletions, """{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:x"}}]}]}""", null)]
    [InlineData(ModelCall.ChatCompletions, """{"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":"A"}]}""", null)]
    [InlineData(ModelCall.Messages, """{"max_tokens":5,"system":"s","messages":[{"role":"user","content":"Q"}]}""", "Q")]
    [InlineData(ModelCall.Responses, """{"store":false,"input":"Q"}""", "Q")]
    [InlineData(ModelCall.Responses, """{"store":false,"input":[{"role":"user","content":[{"type":"input_text","text":"Q"}]}]}""", "Q")]
    [InlineData(ModelCall.Completions, """{"prompt":"Q"}""", "Q")]
    [InlineData(ModelCall.Completions, """{"prompt":["Q"]}""", null)]
    [InlineData(ModelCall.Embeddings, """{"input":"Q"}""", null)]
    public void The_question_is_the_users_last_turn_where_that_is_one_text(ModelCall call, string json, string? question)
    {
        var read = Read(json, call);
        Assert.Equal(question, read.QuestionUtf8 is { } utf8 ? Encoding.UTF8.GetString(utf8) : null);
    }

    [Fact]
    public void Requests_that_differ_in_the_question_alone_have_the_same_context()
    {
        const string Chat = """{"top_p":1,"messages":[{"role":"system","content":"s"},{"role":"user","content":"?"}]}""";
        var (one, other) = (Read(Chat.Replace("?", "one", StringComparison.Ordinal)), Read(Chat.Replace("?", "other", StringComparison.Ordinal)));
        Assert.Equal(one.Context(Terms), other.Context(Terms));
        Assert.NotEqual(one.Key(Terms), other.Key(Terms));
        foreach (var changed in new[] { Chat.Replace("\"s\"", "\"t\"", StringComparison.Ordinal), Chat.Replace("\"top_p\":1", "\"top_p\":0.9", StringComparison.Ordinal), Chat.Replace("[{", "[{\"role\":\"user\",\"content\":\"before\"},{", StringComparison.Ordinal) })
        {
            Assert.NotEqual(one.Context(Terms), Read(changed).Context(Terms));
        }
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x/y.png"}}]}]}""", "outside")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}}]}]}""", null)]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"file-1"}}]}]}""", "outside")]
    [InlineData("""{"web_search_options":{},"messages":[{"role":"user","content":"x"}]}""", "hosted_tools")]
    [InlineData("""{"logprobs":false,"messages":[{"role":"user","content":"x"}]}""", null)]
    [InlineData("""{"modalities":["text","audio"],"messages":[{"role":"user","content":"x"}]}""", "extras")]
    [InlineData("""{"modalities":["text"],"messages":[{"role":"user","content":"x"}]}""", null)]
    [InlineData("""{"store":false,"messages":[{"role":"user","content":"x"}]}""", null)]
    [InlineData("""{"store":true,"logprobs":true,"messages":[{"role":"user","content":"x"}]}""", "stored")]
    public void What_cannot_be_given_again_is_seen(string json, string? word) => Assert.Equal(word, Read(json).Facts.Refusal.Word());

    [Theory]
    [InlineData("""{"input":"x"}""", "stored")]
    [InlineData("""{"store":null,"input":"x"}""", "stored")]
    [InlineData("""{"store":false,"input":"x"}""", null)]
    [InlineData("""{"store":false,"previous_response_id":"resp_1","input":"x"}""", "stored")]
    [InlineData("""{"store":false,"tools":[{"type":"function","name":"f"}],"input":"x"}""", null)]
    public void What_a_provider_keeps_of_responses_is_not_given_again(string json, string? word) => Assert.Equal(word, Read(json, ModelCall.Responses).Facts.Refusal.Word());

    private static JsonObject Body(Random random) => new()
    {
        ["messages"] = new JsonArray([.. Enumerable.Range(0, random.Next(1, 5)).Select(n => (JsonNode)new JsonObject { ["role"] = n == 0 ? "system" : "user", ["content"] = Word(random) })]),
        ["top_p"] = random.Next(1, 9) / 8m,
        ["max_tokens"] = random.Next(1, 1000),
        ["response_format"] = new JsonObject { ["type"] = "json_schema", ["json_schema"] = new JsonObject { ["name"] = Word(random), ["schema"] = Tree(random, 3) } },
        ["stop"] = new JsonArray(Word(random), Word(random)),
    };

    private static JsonNode Tree(Random random, int depth) => random.Next(depth == 0 ? 3 : 5) switch
    {
        0 => JsonValue.Create(Word(random)),
        1 => JsonValue.Create(random.Next(-5, 5)),
        2 => JsonValue.Create(random.Next(2) == 0),
        3 => new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => Tree(random, depth - 1))]),
        _ => new JsonObject([.. Enumerable.Range(0, random.Next(25)).Select(n => KeyValuePair.Create($"k{n}{random.Next(3)}", (JsonNode?)Tree(random, depth - 1)))]),
    };

    private static string Word(Random random) => string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => "aäzß\"\\/ \n🙂"[random.Next(9)] is var c && char.IsSurrogate(c) ? "🙂" : c.ToString()));

    /// <summary>The same in another order, with other escapes and zeros.</summary>
    private static string Rewritten(JsonNode? node, Random random)
    {
        switch (node)
        {
            case JsonObject members:
                var mixed = members.ToList();
                for (var at = mixed.Count - 1; at > 0; at--)
                {
                    var other = random.Next(at + 1);
                    (mixed[at], mixed[other]) = (mixed[other], mixed[at]);
                }

                return $"{{ {string.Join(" ,", mixed.Select(m => $"{Escaped(m.Key, random)} :{Rewritten(m.Value, random)}"))}}}";
            case JsonArray items:
                return $"[{string.Join(", ", items.Select(i => Rewritten(i, random)))} ]";
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                return Escaped(value.GetValue<string>(), random);
            case JsonValue value when value.GetValueKind() == JsonValueKind.Number:
                var text = value.ToJsonString();
                return random.Next(2) == 0 ? text : text.Contains('.', StringComparison.Ordinal) ? text + "0" : text;
            default:
                return node?.ToJsonString() ?? "null";
        }
    }

    private static string Escaped(string text, Random random) =>
        $"\"{string.Concat(text.Select(c => random.Next(2) == 0 || c is '"' or '\\' or '\n' || char.IsSurrogate(c) ? $"\\u{((int)c).ToString("x4", CultureInfo.InvariantCulture)}" : c.ToString()))}\"";

    private static void Change(JsonNode node, Random random)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } members:
                var (name, value) = members.ElementAt(random.Next(members.Count));
                if (value is JsonValue or null or JsonArray { Count: 0 } or JsonObject { Count: 0 })
                {
                    members[name] = Other(value, random);
                }
                else
                {
                    Change(value, random);
                }

                break;
            case JsonArray { Count: > 0 } items:
                var at = random.Next(items.Count);
                if (items[at] is JsonValue or null or JsonArray { Count: 0 } or JsonObject { Count: 0 })
                {
                    items[at] = Other(items[at], random);
                }
                else
                {
                    Change(items[at]!, random);
                }

                break;
        }
    }

    private static JsonNode Other(JsonNode? value, Random random) => value?.GetValueKind() switch
    {
        JsonValueKind.Number => JsonValue.Create(decimal.Parse(value.ToJsonString(), CultureInfo.InvariantCulture) + 1 + random.Next(3)),
        JsonValueKind.String => JsonValue.Create(value.GetValue<string>() + "x"),
        JsonValueKind.True => JsonValue.Create(false),
        JsonValueKind.False => JsonValue.Create(true),
        _ => JsonValue.Create("other"),
    };

    private static string Key(string json) => Read(json).Key(Terms);

    private static CanonicalRequest Read(string json, ModelCall call = ModelCall.ChatCompletions)
    {
        var body = Encoding.UTF8.GetBytes(json[..1] + (json.Length > 2 ? "\"model\":\"m\"," : "") + json[1..]);
        var facts = new RequestFacts();
        Assert.Null(OpenAiRequestReader.Read(body, call, facts));
        return CanonicalRequest.Read(body, call, facts, model: null)!;
    }
}
