using System.Buffers;
using System.Text;
using AiOrchestrator.Core.Metering.Tokenizing;

namespace AiOrchestrator.Core.Tests.Metering.Tokenizing;

public sealed class TokenizerTests
{
    public static TheoryData<string, int[], int[]> Vectors { get; } = new()
    {
        { "", [], [] },
        { "𠀀𠀁", [172, 64319, 222, 172, 64319, 223], [172, 62313, 222, 172, 62313, 223] },
        { "x𝒜y", [87, 57352, 240, 250, 88], [87, 43120, 240, 250, 88] },
        { "a\uFEFFb", [64, 3305, 65], [64, 5574, 65] },
        { "a\u0085b", [64, 126, 227, 65], [64, 126, 227, 65] },
        { "it'ſ ok", [275, 6, 129, 123, 5509], [278, 6, 70067, 4763] },
        { "\uD800a", [5809, 64], [109908] },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Known_texts_have_known_tokens(string text, int[] cl100k, int[] o200k)
    {
        Assert.Equal(cl100k, Encode(Tokenizer.Cl100k, text));
        Assert.Equal(o200k, Encode(Tokenizer.O200k, text));
        Assert.Equal(o200k, Encode(Tokenizer.O200kHarmony, text));
    }

    [Theory]
    [InlineData('x', 125_000, 125_000)]
    [InlineData(' ', 7_813, 7_813)]
    [InlineData('=', 15_625, 15_625)]
    public void A_megabyte_of_one_character_is_counted_in_linear_time(char c, int cl100k, int o200k)
    {
        var text = Encoding.UTF8.GetBytes(new string(c, 1_000_000));
        Assert.Equal(cl100k, Tokenizer.Cl100k.Count(text));
        Assert.Equal(o200k, Tokenizer.O200k.Count(text));
        Assert.Equal(o200k, Encode(Tokenizer.O200k, new string(c, 1_000_000)).Count);
    }

    [Theory]
    [InlineData("=")]
    [InlineData("-")]
    [InlineData("*")]
    [InlineData("#")]
    [InlineData("/")]
    [InlineData("\t")]
    [InlineData("....,")]
    [InlineData("===-")]
    public void What_repeats_itself_takes_few_steps_a_byte(string unit)
    {
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(unit, 100_000 / unit.Length)));
        foreach (var tokenizer in (Tokenizer[])[Tokenizer.Cl100k, Tokenizer.O200k])
        {
            var counter = new PrefixCounter(tokenizer.Encoder.Vocabulary);
            counter.Append(text);
            Assert.InRange(counter.Tried, text.Length, 2 * text.Length);
        }
    }

    [Fact]
    public void A_piece_too_long_to_be_held_has_the_tokens_it_is_encoded_to()
    {
        var letters = string.Concat(Enumerable.Range(0, 1_200_000).Select(static i => (char)('a' + (i * 7919L % 26))));
        foreach (var tokenizer in (Tokenizer[])[Tokenizer.Cl100k, Tokenizer.O200k])
        {
            Assert.Equal(Encode(tokenizer, letters).Count, tokenizer.Count(Encoding.UTF8.GetBytes(letters)));
        }
    }

    [Fact]
    public void Bytes_that_are_no_text_count_as_the_decoder_replaces_them()
    {
        var generator = new TextGenerator(3);
        for (var i = 0; i < 3000; i++)
        {
            var bytes = generator.Bytes();
            var text = Encoding.UTF8.GetString(bytes);
            var expected = Encode(Tokenizer.O200k, text);
            var ids = new List<int>();
            Tokenizer.O200k.Encode(bytes, ids);
            Assert.Equal(expected, ids);
            Assert.Equal(expected.Count, Tokenizer.O200k.Count(bytes));
        }
    }

    [Fact]
    public void Counting_up_to_a_limit_says_whether_the_text_is_within_it()
    {
        var generator = new TextGenerator(4);
        for (var i = 0; i < 500; i++)
        {
            var bytes = generator.Bytes();
            var text = generator.Text();
            AssertLimits(Tokenizer.Cl100k.Count(bytes), limit => (Tokenizer.Cl100k.CountUpTo(bytes, limit, out var count), count));
            AssertLimits(Tokenizer.Cl100k.Count(text), limit => (Tokenizer.Cl100k.CountUpTo(text, limit, out var count), count));
        }
    }

    [Fact]
    public void Counting_up_to_a_limit_stops_soon_after_it()
    {
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("one two three ", 10_000)));
        Assert.False(Tokenizer.O200k.CountUpTo(text, 10, out var count));
        Assert.Equal(11, count);
    }

    [Fact]
    public void Counting_allocates_nothing()
    {
        var text = string.Concat(Enumerable.Repeat("Words, 12345 numbers, 中文字符 and    blanks; ", 200)) + new string('x', 5000);
        var utf8 = Encoding.UTF8.GetBytes(text);
        byte[] broken = [.. utf8, 0xFF];
        foreach (var tokenizer in (Tokenizer[])[Tokenizer.Cl100k, Tokenizer.O200k])
        {
            _ = tokenizer.Count(utf8) + tokenizer.Count(text) + tokenizer.Count(broken);
            var before = GC.GetAllocatedBytesForCurrentThread();
            _ = tokenizer.Count(utf8) + tokenizer.Count(text) + tokenizer.Count(broken);
            _ = tokenizer.CountUpTo(utf8, 5, out _);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    [Fact]
    public void Special_tokens_are_known_by_name_and_id()
    {
        Assert.Equal(100257, Tokenizer.Cl100k.SpecialId("<|endoftext|>"));
        Assert.Equal(199999, Tokenizer.O200k.SpecialId("<|endoftext|>"));
        Assert.Null(Tokenizer.O200k.SpecialId("<|start|>"));
        Assert.Equal(200006, Tokenizer.O200kHarmony.SpecialId("<|start|>"));
        Assert.Equal("<|message|>", Tokenizer.O200kHarmony.SpecialName(200008));
        Assert.Equal(200013, Tokenizer.O200kHarmony.SpecialId("<|reserved_200013|>"));
        Assert.Equal("<|reserved_201087|>", Tokenizer.O200kHarmony.SpecialName(201087));
        Assert.Null(Tokenizer.O200kHarmony.SpecialName(201088));
        Assert.Null(Tokenizer.O200kHarmony.SpecialId("<|reserved_00200013|>"));
    }

    [Fact]
    public void The_text_of_a_special_token_is_encoded_as_text()
    {
        Assert.DoesNotContain(199999, Encode(Tokenizer.O200k, "<|endoftext|>"));
        Assert.True(Tokenizer.O200k.Count("<|endoftext|>") > 1);
    }

    [Fact]
    public void An_id_that_is_no_token_is_said()
    {
        var decoded = new ArrayBufferWriter<byte>();
        Assert.True(Tokenizer.O200kHarmony.TryDecode([64, 200006], decoded, out _));
        Assert.Equal("a<|start|>", Encoding.UTF8.GetString(decoded.WrittenSpan));
        Assert.False(Tokenizer.O200k.TryDecode([64, 200006], decoded, out var unknownId));
        Assert.Equal(200006, unknownId);
        Assert.False(Tokenizer.O200k.TryDecode([-1], decoded, out unknownId));
        Assert.Equal(-1, unknownId);
    }

    private static List<int> Encode(Tokenizer tokenizer, string text)
    {
        var ids = new List<int>();
        tokenizer.Encode(text, ids);
        return ids;
    }

    private static void AssertLimits(int whole, Func<int, (bool Within, int Count)> countUpTo)
    {
        foreach (var limit in (int[])[0, whole / 2, Math.Max(0, whole - 1), whole, whole + 1])
        {
            var (within, count) = countUpTo(limit);
            Assert.Equal(whole <= limit, within);
            Assert.Equal(within, count <= limit);
            Assert.True(within ? count == whole : count <= whole);
        }
    }
}
