using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Metering.Tokenizing;

namespace AiOrchestrator.Core.Tests.Metering.Counting;

public sealed class AnswerCountingTests
{
    private const string Text = "Zum Beispiel: \"naïve\" café, 世界 and 😀😀 — 𝒜\n\n  tabs\tand\r\nlines; 1234567 tokens.";

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public void A_text_cut_anywhere_is_counted_as_the_whole()
    {
        var expected = Tokenizer.O200k.Count(Text);
        var dice = new Random(11);
        foreach (var json in (string[])[JsonSerializer.Serialize(Text), JsonSerializer.Serialize(Text, Relaxed)])
        {
            for (var round = 0; round < 200; round++)
            {
                using var meter = new AnswerMeter(ModelFamilies.Of("openai", "gpt-4o"));
                foreach (var piece in Pieces(json[1..^1], dice))
                {
                    meter.Append(0, 3, Encoding.UTF8.GetBytes(piece));
                }

                Assert.Equal(expected, meter.Count);
            }
        }
    }

    [Fact]
    public void Each_choice_and_each_text_of_a_choice_is_counted_on_its_own()
    {
        using var meter = new AnswerMeter(ModelFamilies.Of("openai", "gpt-4o"));
        foreach (var piece in (string[])["inter", "nation", "al"])
        {
            meter.Append(0, 3, Encoding.UTF8.GetBytes(piece));
            meter.Append(7, 3, Encoding.UTF8.GetBytes(piece));
        }

        meter.Append(7, 16, "get"u8);
        meter.Append(7, 17, "{}"u8);

        Assert.Equal(1, Tokenizer.O200k.Count("international"));
        Assert.Equal(1 + 1 + 1 + 1, meter.Count);
        meter.Dispose();
        Assert.Equal(4, meter.Count);
    }

    [Fact]
    public void A_family_with_a_factor_scales_the_sum_and_rounds_up_once()
    {
        using var meter = new AnswerMeter(ModelFamilies.Of("anthropic", "claude-sonnet-4-5"));
        meter.Append(0, 3, "one two three"u8);

        Assert.Equal(4, meter.Count);
    }

    [Theory]
    [InlineData("\\ud83d", "\uFFFD")]
    [InlineData("\\ud83dx", "\uFFFDx")]
    [InlineData("\\ude00", "\uFFFD")]
    [InlineData("\\ud83d\\ud83d\\ude00", "\uFFFD😀")]
    [InlineData("a\\\"b\\\\c\\/d\\b\\f\\n\\r\\t", "a\"b\\c/d\b\f\n\r\t")]
    public void Escapes_are_what_they_mean_and_half_a_pair_is_a_replacement(string json, string text)
    {
        var (escaped, plain) = (new TokenCounter(Tokenizer.Cl100k), new TokenCounter(Tokenizer.Cl100k));
        var reader = default(JsonText);
        var bytes = reader.Append(Encoding.UTF8.GetBytes(json), escaped) + reader.End(escaped);
        plain.Append(Encoding.UTF8.GetBytes(text));

        Assert.Equal((plain.Count, Encoding.UTF8.GetByteCount(text)), (escaped.Count, bytes));
    }

    /// <summary>An escape is never cut: a delta is a JSON string of its own.</summary>
    private static IEnumerable<string> Pieces(string json, Random dice)
    {
        var start = 0;
        for (var at = 0; at < json.Length;)
        {
            at += json[at] != '\\' ? char.IsHighSurrogate(json[at]) ? 2 : 1 : json[at + 1] == 'u' ? 6 : 2;
            if (dice.Next(4) == 0 || at >= json.Length)
            {
                yield return json[start..at];
                start = at;
            }
        }
    }
}
