using System.Text;
using AiOrchestrator.Core.Metering.Tokenizing;

namespace AiOrchestrator.Core.Tests.Metering.Tokenizing;

public sealed class TokenCounterTests
{
    private static readonly Tokenizer[] Tokenizers = [Tokenizer.Cl100k, Tokenizer.O200k];

    [Fact]
    public void After_every_byte_the_count_is_that_of_the_text_so_far()
    {
        var generator = new TextGenerator(5);
        foreach (var tokenizer in Tokenizers)
        {
            var counter = new TokenCounter(tokenizer);
            for (var i = 0; i < 150; i++)
            {
                var bytes = generator.Bytes();
                counter.Reset();
                for (var at = 0; at < bytes.Length; at++)
                {
                    counter.Append(bytes.AsSpan(at, 1));
                    Assert.Equal(tokenizer.Count(bytes.AsSpan(0, at + 1)), counter.Count);
                }
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(5000)]
    public void Parts_of_any_length_come_to_the_count_of_the_whole(int partBytes)
    {
        var generator = new TextGenerator(6);
        foreach (var tokenizer in Tokenizers)
        {
            var counter = new TokenCounter(tokenizer);
            for (var i = 0; i < 100; i++)
            {
                var text = Encoding.UTF8.GetBytes(i % 4 == 0 ? generator.Long() : string.Concat(Enumerable.Range(0, 20).Select(_ => generator.Text())));
                counter.Reset();
                Append(counter, text, partBytes);
                Assert.Equal(tokenizer.Count(text), counter.Count);
            }
        }
    }

    [Fact]
    public void A_long_piece_is_counted_right_wherever_it_is_asked()
    {
        var generator = new TextGenerator(7);
        foreach (var tokenizer in Tokenizers)
        {
            for (var i = 0; i < 40; i++)
            {
                var text = Encoding.UTF8.GetBytes(generator.Long());
                var counter = new TokenCounter(tokenizer);
                for (var at = 0; at < text.Length; at += 211)
                {
                    counter.Append(text.AsSpan(at, Math.Min(211, text.Length - at)));
                    Assert.Equal(tokenizer.Count(text.AsSpan(0, Math.Min(at + 211, text.Length))), counter.Count);
                }
            }
        }
    }

    [Fact]
    public void A_counter_of_a_megabyte_without_an_end_keeps_no_more_than_one_of_a_word()
    {
        var counter = new TokenCounter(Tokenizer.O200k);
        var text = Encoding.UTF8.GetBytes(new string('x', 10_000));
        counter.Append(text);
        _ = counter.Count;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 1; i < 100; i++)
        {
            counter.Append(text);
        }

        var allocatedBytes = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(125_000, counter.Count);
        Assert.Equal(0, allocatedBytes);
    }

    [Fact]
    public void A_text_that_ends_within_a_code_point_counts_one_replacement()
    {
        var counter = new TokenCounter(Tokenizer.O200k);
        counter.Append([0xE4, 0xB8]);
        Assert.Equal(Tokenizer.O200k.Count("\uFFFD"), counter.Count);
        counter.Append([0xAD]);
        Assert.Equal(Tokenizer.O200k.Count("中"), counter.Count);
    }

    private static void Append(TokenCounter counter, ReadOnlySpan<byte> text, int partBytes)
    {
        for (; text.Length > partBytes; text = text[partBytes..])
        {
            counter.Append(text[..partBytes]);
        }

        counter.Append(text);
    }
}
