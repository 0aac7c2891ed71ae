using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Tests.Traffic.Facts;

public sealed class PromptReaderTests
{
    [Theory]
    [InlineData(
        ModelCall.ChatCompletions,
        """{"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"One"},{"role":"assistant","content":"No"},{"role":"user","content":[{"type":"text","text":"Two\n"},{"text":"three","type":"text"}]}]}""",
        "Be brief.\nOne\nTwo\n\nthree", "Two\n\nthree", 3)]
    [InlineData(
        ModelCall.ChatCompletions,
        """{"model":"m","messages":[{"content":"role last","role":"user"},{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"text\":\"no\"}"}}]},{"role":"tool","content":"result","tool_call_id":"1"}]}""",
        "role last", "role last", 3)]
    [InlineData(
        ModelCall.Messages,
        """{"model":"m","max_tokens":1,"system":[{"type":"text","text":"Sys"}],"messages":[{"role":"user","content":"One"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"Yes"}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":[{"type":"text","text":"42"}]},{"type":"text","text":"Go on"}]}]}""",
        "Sys\nOne\nGo on", "Go on", 3)]
    [InlineData(ModelCall.Messages, """{"model":"m","max_tokens":1,"system":"Sys","messages":[{"role":"user","content":"Hi"}]}""", "Sys\nHi", "Hi", 1)]
    [InlineData(ModelCall.Responses, """{"model":"m","instructions":"Be kind.","input":"Hello"}""", "Be kind.\nHello", "Hello", 1)]
    [InlineData(
        ModelCall.Responses,
        """{"model":"m","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"Weather?"}]},{"type":"function_call","call_id":"1","name":"w","arguments":"{}"},{"type":"function_call_output","call_id":"1","output":"sun"},{"role":"user","content":"And now?"}]}""",
        "Weather?\nAnd now?", "And now?", 4)]
    [InlineData(ModelCall.Completions, """{"model":"m","prompt":["Once","upon"]}""", "Once\nupon", "Once\nupon", 1)]
    [InlineData(ModelCall.Completions, """{"model":"m","prompt":[1,2,3]}""", "", "", 1)]
    [InlineData(ModelCall.Embeddings, """{"model":"m","input":"words"}""", "words", "words", 1)]
    [InlineData(ModelCall.Moderations, """{"input":[{"type":"text","text":"words"},{"type":"image_url","image_url":{"url":"u"}}]}""", "words", "words", 1)]
    [InlineData(ModelCall.Rerank, """{"model":"m","query":"which","documents":["a",{"text":"b"}]}""", "a\nb\nwhich", "which", 1)]
    [InlineData(ModelCall.ImageGenerations, """{"model":"m","prompt":"a \"red\" dragon"}""", "a \"red\" dragon", "a \"red\" dragon", 1)]
    [InlineData(ModelCall.Speech, """{"model":"m","voice":"v","input":"say it"}""", "say it", "say it", 1)]
    [InlineData(ModelCall.Videos, """{"prompt":"waves"}""", "waves", "waves", 1)]
    public void The_words_of_every_dialect_are_read(ModelCall call, string json, string all, string last, int turns)
    {
        var (text, _) = PromptScene.Read(call, json);

        Assert.Equal(all, text.All.ToString());
        Assert.Equal(last, text.LastUser.ToString());
        Assert.Equal((turns, false), (text.Turns, text.IsCut));
    }

    [Theory]
    [InlineData("""[{"role":"user","content":"a picture of \"type\":\"image_url\" and {\"image_url\":1}"}]""", "", CallNeeds.None)]
    [InlineData("""[{"role":"user","content":[{"type":"text","text":"t"}]}]""", "", CallNeeds.None)]
    [InlineData("""[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:"}}]}]""", "", CallNeeds.Vision)]
    [InlineData("""[{"role":"user","content":[{"image\u005furl":{"url":"data:"},"type":"image\u005furl"}]}]""", "", CallNeeds.Vision)]
    [InlineData("""[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"","format":"wav"}}]}]""", "", CallNeeds.AudioIn)]
    [InlineData("""[{"role":"user","content":[{"type":"video_url","video_url":{"url":"u"}}]}]""", "", CallNeeds.VideoIn)]
    [InlineData("""[{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}]""", "", CallNeeds.Documents)]
    [InlineData("""[{"role":"user","content":"x"}]""", ""","tools":[{"type":"function","function":{"name":"f"}}]""", CallNeeds.Tools)]
    [InlineData("""[{"role":"user","content":"x"}]""", ""","tools":[]""", CallNeeds.None)]
    [InlineData("""[{"role":"user","content":"x"}]""", ""","functions":[{"name":"f"}]""", CallNeeds.Tools)]
    [InlineData("""[{"role":"user","content":"x"}]""", ""","response_format":{"type":"json_object"}""", CallNeeds.Json)]
    [InlineData("""[{"role":"user","content":"x"}]""", ""","response_format":{"json_schema":{"name":"n","schema":{}},"type":"json_schema"}""", CallNeeds.Json)]
    [InlineData("""[{"role":"user","content":"x"}]""", ""","response_format":{"type":"text"}""", CallNeeds.None)]
    [InlineData("""[{"role":"user","content":"x"}]""", ""","modalities":["text","audio"],"audio":{"voice":"v","format":"wav"}""", CallNeeds.AudioOut)]
    [InlineData("""[{"role":"user","content":"x"}]""", ""","modalities":["image","text"]""", CallNeeds.ImageGen)]
    public void What_a_chat_completion_needs_is_found(string messages, string more, CallNeeds needs) =>
        Assert.Equal(needs, PromptScene.Chat(messages, more).Needs);

    [Theory]
    [InlineData(ModelCall.Messages, """{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":""}}]}]}""", CallNeeds.Vision)]
    [InlineData(ModelCall.Messages, """{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"image","source":{}}]}]}]}""", CallNeeds.Vision)]
    [InlineData(ModelCall.Messages, """{"model":"m","max_tokens":1,"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"n","input":{"type":"image"}}]}]}""", CallNeeds.None)]
    [InlineData(ModelCall.Messages, """{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":""}}]}]}""", CallNeeds.Documents)]
    [InlineData(ModelCall.Messages, """{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"source":{"data":"words","type":"text"},"type":"document"}]}]}""", CallNeeds.None)]
    [InlineData(ModelCall.Messages, """{"model":"m","max_tokens":1,"tools":[{"name":"n","input_schema":{}}],"messages":[{"role":"user","content":"x"}]}""", CallNeeds.Tools)]
    [InlineData(ModelCall.Messages, """{"model":"m","max_tokens":1,"output_config":{"format":{"type":"json_schema","schema":{}}},"messages":[{"role":"user","content":"x"}]}""", CallNeeds.Json)]
    [InlineData(ModelCall.Responses, """{"model":"m","input":[{"role":"user","content":[{"type":"input_image","image_url":"u"},{"type":"input_file","file_id":"f"}]}]}""", CallNeeds.Vision | CallNeeds.Documents)]
    [InlineData(ModelCall.Responses, """{"model":"m","input":"x","text":{"format":{"type":"json_schema","name":"n","schema":{}}}}""", CallNeeds.Json)]
    [InlineData(ModelCall.Responses, """{"model":"m","input":"x","text":{"format":{"type":"text"}}}""", CallNeeds.None)]
    [InlineData(ModelCall.Moderations, """{"input":[{"type":"image_url","image_url":{"url":"u"}}]}""", CallNeeds.Vision)]
    [InlineData(ModelCall.ImageGenerations, """{"model":"m","prompt":"x"}""", CallNeeds.ImageGen)]
    [InlineData(ModelCall.Videos, """{"prompt":"x"}""", CallNeeds.VideoGen)]
    [InlineData(ModelCall.Speech, """{"model":"m","voice":"v","input":"x"}""", CallNeeds.AudioOut)]
    [InlineData(ModelCall.Embeddings, """{"model":"m","input":["x"]}""", CallNeeds.None)]
    public void What_a_call_of_another_dialect_needs_is_found(ModelCall call, string json, CallNeeds needs) => Assert.Equal(needs, PromptScene.Read(call, json).Needs);

    [Fact]
    public void Escapes_are_undone_and_halves_of_surrogate_pairs_are_passed_over()
    {
        var (text, _) = PromptScene.Chat("""[{"role":"user","content":"a\u00e4\ud83d\ude00b\ud800c\udc00d\t\/\\"}]""");

        Assert.Equal("aä😀bcd\t/\\", text.All.ToString());
    }

    [Fact]
    public void Of_too_long_a_prompt_the_end_is_kept_and_the_last_turn_with_it()
    {
        var filler = new string('x', PromptText.MaxChars);
        var (text, _) = PromptScene.Chat($$"""[{"role":"system","content":"S"},{"role":"user","content":"{{filler}}"},{"role":"user","content":"last words"}]""");

        Assert.True(text.IsCut);
        Assert.Equal("last words", text.LastUser.ToString());
        Assert.InRange(text.All.Length, PromptText.MaxChars - 16, PromptText.MaxChars);
        Assert.StartsWith("xxx", text.All.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("é")]
    [InlineData("\\u00e9")]
    [InlineData("\\ud83d\\ude00")]
    [InlineData("\\\\n")]
    public void A_turn_longer_than_is_looked_at_is_cut_between_characters(string unit)
    {
        var (text, _) = PromptScene.Chat($$"""[{"role":"user","content":"{{string.Concat(Enumerable.Repeat(unit, PromptText.MaxChars))}}the end"}]""");
        var expected = JsonSerializer.Deserialize<string>($"\"{unit}\"")!;

        Assert.True(text.IsCut);
        Assert.Equal(0, text.LastUserStart);
        Assert.InRange(text.All.Length, 1, PromptText.MaxChars);
        Assert.EndsWith(expected + "the end", text.All.ToString(), StringComparison.Ordinal);
        Assert.Equal("", text.All.ToString()[..^"the end".Length].Replace(expected, "", StringComparison.Ordinal).Replace("\\", "", StringComparison.Ordinal).Replace("n", "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\u0436", 65_000, false)]
    [InlineData("\u0436", 131_065, false)]
    [InlineData("\u0436", 131_066, true)]
    [InlineData("\\u0436", 131_065, false)]
    [InlineData("\\u0436", 131_066, true)]
    [InlineData("\\ud83d\\ude00", 65_532, false)]
    [InlineData("\\ud83d\\ude00", 65_533, true)]
    public void As_many_characters_are_read_whatever_they_are_written_as(string unit, int count, bool isCut)
    {
        var (text, _) = PromptScene.Chat($$"""[{"role":"user","content":"{{string.Concat(Enumerable.Repeat(unit, count))}}the end"}]""");
        var expected = string.Concat(Enumerable.Repeat(JsonSerializer.Deserialize<string>($"\"{unit}\"")!, count)) + "the end";

        Assert.Equal((isCut, isCut), (text.IsCut, text.IsLastUserCut));
        Assert.True(text.All.Span.SequenceEqual(isCut ? expected.AsSpan()[^text.All.Length..] : expected));
        Assert.InRange(text.All.Length, Math.Min(expected.Length, PromptText.MaxChars - 1), PromptText.MaxChars);
        Assert.False(char.IsLowSurrogate(text.All.Span[0]));
    }

    [Fact]
    public void A_last_turn_of_which_nothing_is_missing_is_not_cut_though_the_prompt_is()
    {
        var filler = new string('x', PromptText.MaxChars);
        var (text, _) = PromptScene.Chat($$"""[{"role":"user","content":"{{filler}}"},{"role":"user","content":"last words"}]""");
        Assert.Equal((true, false), (text.IsCut, text.IsLastUserCut));

        // All of the last turn fits and nothing else; then there is a part of it too much.
        (text, _) = PromptScene.Chat($$"""[{"role":"user","content":"before"},{"role":"user","content":"{{filler}}"}]""");
        Assert.Equal((true, false, PromptText.MaxChars), (text.IsCut, text.IsLastUserCut, text.LastUser.Length));
        (text, _) = PromptScene.Chat($$"""[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"{{filler}}"}]}]""");
        Assert.Equal((true, true), (text.IsCut, text.IsLastUserCut));
    }

    [Fact]
    public void The_words_of_a_form_are_not_read_and_not_taken_for_none()
    {
        var body = Encoding.UTF8.GetBytes("--b\r\ncontent-disposition: form-data; name=\"prompt\"\r\n\r\na film\r\n--b--\r\n");
        var facts = new RequestFacts();
        _ = OpenAiFormReader.Read(body, "multipart/form-data; boundary=b", ModelCall.Videos, facts);

        Assert.True(PromptReader.Text(body, ModelCall.Videos, facts).IsUnread);
        Assert.False(PromptScene.Chat("""[{"role":"user","content":""}]""").Text.IsUnread);
    }

    [Fact]
    public void Ranges_that_hold_something_else_are_passed_over()
    {
        var body = Encoding.UTF8.GetBytes("""[{"role":"user","content":"a"},{"role":"user","content":["b",}]""");
        var facts = new RequestFacts { PromptRange = new ByteRange(0, body.Length), ToolsRange = new ByteRange(5, 1000), ResponseFormatRange = new ByteRange(3, 4) };

        Assert.Equal("a", PromptReader.Text(body, ModelCall.ChatCompletions, facts).LastUser.ToString());
        Assert.Equal(CallNeeds.None, PromptReader.Needs(body, ModelCall.ChatCompletions, facts, out _));
    }

    [Theory]
    [InlineData("""[{"role":"user","content":[{"type":"file","file":{"filename":"main.cs","file_data":"x"}},{"type":"text","text":"Why?"}]}]""", "main.cs")]
    [InlineData("""[{"role":"user","content":[{"type":"input_file","filename":"a.pdf","file_data":"x"},{"type":"input_file","filename":"b\u002epy","file_data":"x"}]}]""", "a.pdf b.py")]
    [InlineData("""[{"role":"user","content":[{"type":"document","title":"plan.md","source":{"type":"text","media_type":"text/plain","data":"x"}}]}]""", "plan.md")]
    [InlineData("""[{"role":"user","content":[{"type":"file","file":{"filename":"\ud800","file_data":"x"}}]}]""", "")]
    [InlineData("""[{"role":"user","content":"main.cs"}]""", "")]
    public void The_names_of_files_are_those_the_caller_gives(string messages, string names)
    {
        var body = Encoding.UTF8.GetBytes(messages);

        Assert.Equal(names, string.Join(' ', PromptReader.FileNames(body, new RequestFacts { PromptRange = new ByteRange(0, body.Length) })));
    }
}
