using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Traffic.Facts;
using FsCheck;
using FsCheck.Fluent;

namespace AiOrchestrator.Core.Tests.Traffic.Facts;

public sealed class PromptReaderProperties
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(2_000);

    private static readonly Gen<string> Texts = from units in Gen.Choose(0, 0xFFFF).Select(static u => (char)u).ArrayOf() select new string(units);

    private static readonly string[] Parts =
    [
        """{"type":"text","text":"t"}""",
        """{"type":"image_url","image_url":{"url":"u"}}""",
        """{"type":"input_audio","input_audio":{"data":"d","format":"wav"}}""",
        """{"type":"video_url","video_url":{"url":"u"}}""",
    ];

    [Fact]
    public void Whatever_bytes_stand_where_the_prompt_should_be_nothing_is_thrown()
    {
        var pieces = Gen.OneOf(
            Gen.Choose(0, 255).Select(static b => (byte)b).ArrayOf(),
            Gen.Elements("[", "{", "}", "]", "\"role\":\"user\",", "\"content\":", "\"text\":\"", "\\ud800", "\"", "\"type\":\"image\"", ",").ArrayOf()
                .Select(static words => Encoding.UTF8.GetBytes(string.Concat(words))));

        Prop.ForAll(pieces.ToArbitrary(), static body =>
        {
            foreach (var call in Enum.GetValues<ModelCall>())
            {
                var all = new ByteRange(0, body.Length);
                var facts = new RequestFacts { PromptRange = all, SystemRange = all, ResponseFormatRange = all, ToolsRange = all, ModalitiesRange = all };
                var text = PromptReader.Text(body, call, facts);
                _ = PromptReader.Needs(body, call, facts, out _);
                if (text.All.Length > PromptText.MaxChars || text.LastUserStart > text.All.Length)
                {
                    return false;
                }
            }

            return true;
        }).Check(Runs);
    }

    [Fact]
    public void What_a_user_says_is_read_as_it_was_said_but_for_halves_of_surrogate_pairs() => Prop.ForAll(Texts.ToArbitrary(), static said =>
    {
        var units = string.Concat(said.Select(static u => $"\\u{(int)u:x4}"));
        var (text, _) = PromptScene.Chat($$"""[{"role":"user","content":"{{units}}"}]""");
        return text.LastUser.ToString() == string.Concat(said.EnumerateRunes().Select((rune, _) => rune.ToString())).Replace("\uFFFD", "", StringComparison.Ordinal)
            || said.Contains('\uFFFD', StringComparison.Ordinal);
    }).Check(Runs);

    [Fact]
    public void Parts_set_their_modality_and_text_sets_none() => Prop.ForAll(
        (from parts in Gen.Elements(0, 1, 2, 3).ArrayOf() from said in Texts select (parts, said)).ToArbitrary(), static drawn =>
        {
            var content = JsonSerializer.Serialize(new string([.. drawn.said.Where(static c => !char.IsSurrogate(c))]));
            var json = $$"""[{"role":"user","content":{{content}}},{"role":"user","content":[{{string.Join(',', drawn.parts.Select(static p => Parts[p]))}}]}]""";
            var expected = (drawn.parts.Contains(1) ? CallNeeds.Vision : CallNeeds.None) | (drawn.parts.Contains(2) ? CallNeeds.AudioIn : CallNeeds.None) | (drawn.parts.Contains(3) ? CallNeeds.VideoIn : CallNeeds.None);
            return PromptScene.Chat(json).Needs == expected;
        }).Check(Runs);
}
