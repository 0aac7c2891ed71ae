using System.Security.Cryptography;
using System.Runtime.InteropServices;
using AiOrchestrator.Core.Caching.Embedding;

namespace AiOrchestrator.Core.Tests.Caching.Embedding;

public sealed class HashedEmbeddingTests
{
    private const string Sample = "Wie kündige ich mein Abo? 注文をキャンセル Zażółć x == y, 42 % naïve ＡＢＣ";

    /// <summary>Vectors are stored: this never changes while the id is hashed-1. What needs to change it makes hashed-2.</summary>
    [Fact]
    public void The_vector_of_a_text_is_the_same_for_ever()
    {
        var rounded = Array.ConvertAll(Vector(Sample), static n => (short)MathF.Round(n * 10_000));
        Assert.Equal("fbc6804f4dcdf72e", Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<short>(rounded)))[..16]);
    }

    [Fact]
    public void A_vector_has_the_length_1() => Assert.Equal(1, Vector(Sample).Sum(static n => (double)n * n), 1e-5);

    [Theory]
    [InlineData("Reset my password", "reset my PASSWORD!")]
    [InlineData("¿Dónde está?", "donde esta")]
    [InlineData("ＡＰＩ　１２", "API 12")]
    [InlineData("cafe\u0301", "caf\u00E9")]
    [InlineData("don\u2019t", "don't")]
    public void What_only_looks_different_is_at_the_same_place(string a, string b) => Assert.Equal(1, Cosine(a, b), 1e-4);

    [Theory]
    [InlineData("How do I cancel my subscription?", "how can i cancel my subscriptions", "How do bees make honey?")]
    [InlineData("注文をキャンセルしたい", "注文をキャンセルできますか", "東京タワーの高さは")]
    [InlineData("Wie kündige ich mein Abonnement?", "Mein Abonnement kündigen, wie?", "Wie backe ich einen Kuchen?")]
    public void What_is_said_in_like_words_is_nearer_than_something_else(string asked, string near, string far)
    {
        Assert.True(Cosine(asked, near) > 0.5);
        Assert.True(Cosine(asked, far) < Cosine(asked, near) - 0.3);
    }

    [Fact]
    public void A_word_said_again_counts_less_than_the_first_time() => Assert.True(Cosine("invoice printer", "invoice invoice invoice printer") > 0.9);

    [Theory]
    [InlineData("")]
    [InlineData(" \n ?! ...")]
    public async Task What_says_nothing_has_no_vector(string text)
    {
        Assert.False(HashedEmbedding.TryWrite(text, new float[HashedEmbedding.Size]));
        Assert.Null(await new HashedEmbedding().EmbedAsync(text, CancellationToken.None));
    }

    [Fact]
    public void A_text_of_any_length_is_read_and_nothing_is_allocated()
    {
        var vector = new float[HashedEmbedding.Size];
        var text = string.Concat(Enumerable.Repeat("abcdefghij\U0001F600", 100_000));
        Assert.True(HashedEmbedding.TryWrite(text, vector));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(HashedEmbedding.TryWrite(text, vector));
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(Vector(text[..HashedEmbedding.MaxChars]), vector);
    }

    private static double Cosine(string a, string b) => Vector(a).Zip(Vector(b), static (x, y) => (double)x * y).Sum();

    private static float[] Vector(string text)
    {
        var vector = new float[HashedEmbedding.Size];
        Assert.True(HashedEmbedding.TryWrite(text, vector));
        return vector;
    }
}
