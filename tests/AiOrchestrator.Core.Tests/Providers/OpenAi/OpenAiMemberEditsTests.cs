using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Tests.Providers.OpenAi;

public sealed class OpenAiMemberEditsTests
{
    private static readonly ProviderQuirks Quirks = new(
        ["user", "store"], [new("seed", "random_seed"), new("max_completion_tokens", "max_tokens")], takesStreamOptions: false);

    [Theory]
    [InlineData("""{"model":"m","messages":[]}""", """{"model":"m","messages":[]}""", "")]
    [InlineData("""{"user":"u","model":"m"}""", """{"model":"m"}""", "user")]
    [InlineData("""{ "user":"u" , "store":true, "model":"m" }""", """{ "model":"m" }""", "user,store")]
    [InlineData("""{"model":"m","user":"u","messages":[1]}""", """{"model":"m","messages":[1]}""", "user")]
    [InlineData("""{"model":"m","user":{"a":[1,2]},"store":false}""", """{"model":"m"}""", "user,store")]
    [InlineData("""{"model":"m" , "user":"u"}""", """{"model":"m"}""", "user")]
    [InlineData("""{"store":1,"model":"m","user":"u","x":{"user":"kept"},"stream_options":{"include_usage":true}}""", """{"model":"m","x":{"user":"kept"}}""", "store,user,stream_options")]
    [InlineData("""{"model":"m","\u0075ser":"u"}""", """{"model":"m"}""", "user")]
    [InlineData("""{"seed":1,"model":"m"}""", """{"random_seed":1,"model":"m"}""", "")]
    [InlineData("""{"seed":1,"model":"m","random_seed":2}""", """{"model":"m","random_seed":2}""", "seed")]
    [InlineData("""{"max_completion_tokens":100,"max_tokens":null,"model":"m"}""", """{"max_tokens":100,"model":"m"}""", "max_tokens")]
    [InlineData("""{"max_completion_tokens":null,"max_tokens":100,"model":"m"}""", """{"max_tokens":100,"model":"m"}""", "max_completion_tokens")]
    public void Members_are_left_out_and_renamed_and_all_else_stays_as_it_was(string body, string expected, string dropped)
    {
        var told = new List<string>();

        Assert.Equal(expected, Applied(body, OpenAiMemberEdits.Add(Encoding.UTF8.GetBytes(body), Quirks, [], told)));
        Assert.Equal(dropped, string.Join(',', told));
    }

    [Fact]
    public void Whatever_members_there_are_and_however_they_stand_the_rest_is_JSON()
    {
        string[] members = ["\"user\":\"u\"", "\"model\":\"m\"", "\"seed\":1", "\"store\":true", "\"x\":[]", "\"random_seed\":2"];
        for (var set = 0; set < 1 << members.Length; set++)
        {
            foreach (var space in new[] { "", " ", "\n  " })
            {
                var chosen = members.Where((_, i) => (set & (1 << i)) != 0).Append("\"messages\":[]").ToList();
                var body = $"{{{space}{string.Join($"{space},{space}", chosen)}{space}}}";

                var result = Applied(body, OpenAiMemberEdits.Add(Encoding.UTF8.GetBytes(body), Quirks, [], null));

                using var read = JsonDocument.Parse(result);
                var hasSeed = chosen.Exists(static m => m.Contains("seed", StringComparison.Ordinal));
                Assert.Equal(
                    chosen.Where(static m => m[1] is 'm' or 'x').Select(static m => m[1..m.IndexOf(':', StringComparison.Ordinal)].Trim('"')).Concat(hasSeed ? ["random_seed"] : []).Order(StringComparer.Ordinal),
                    read.RootElement.EnumerateObject().Select(static m => m.Name).Order(StringComparer.Ordinal));
            }
        }
    }

    [Fact]
    public void A_bound_that_is_set_because_money_is_short_has_the_name_it_has_there()
    {
        var facts = new RequestFacts();
        var body = """{"model":"m","messages":[{"role":"user","content":"Hi"}],"max_completion_tokens":900,"max_tokens":null,"stream":true}"""u8.ToArray();
        Assert.Null(OpenAiRequestReader.Read(body, ModelCall.ChatCompletions, facts));
        var model = new ServedModel("m", "up", AiOrchestrator.Core.Metering.PriceTable.LoadEmbedded().Models.First(static m => m.Id == "gpt-4o"));

        var edits = OpenAiRequestWriter.Edits(facts, model, ModelCall.ChatCompletions, 300, Quirks);

        Assert.Equal(
            """{"model":"up","messages":[{"role":"user","content":"Hi"}],"max_tokens":300,"stream":true}""",
            Applied(Encoding.UTF8.GetString(body), OpenAiMemberEdits.Add(body, Quirks, edits, null)));
    }

    private static string Applied(string body, IReadOnlyList<Edit> edits)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var result = new List<byte>();
        var at = 0;
        foreach (var edit in edits)
        {
            Assert.True(edit.At.Start >= at, "edits overlap");
            result.AddRange(bytes[at..edit.At.Start]);
            result.AddRange(edit.With.ToArray());
            at = edit.At.End;
        }

        result.AddRange(bytes[at..]);
        return Encoding.UTF8.GetString([.. result]);
    }
}
