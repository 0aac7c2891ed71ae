using System.Globalization;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Metering.Tokenizing;

namespace AiOrchestrator.Core.Tests.Metering.Tokenizing;

public sealed class TokenizerOracleTests(TiktokenOracle oracle) : IClassFixture<TiktokenOracle>
{
    // Every plane in use; of the others, which are unassigned or private, some.
    private const int LastOfPlanesInUse = 0x33480;

    [Theory]
    [InlineData("cl100k_base")]
    [InlineData("o200k_base")]
    public async Task Every_code_point_is_split_from_its_neighbours_as_by_tiktoken(string encoding)
    {
        var texts = new List<string>();
        var text = new StringBuilder();
        for (var codePoint = 0; codePoint < 0x110000; codePoint += codePoint is > LastOfPlanesInUse and not (>= 0xE0000 and < 0xE0200) ? 97 : 1)
        {
            var c = codePoint is >= 0xD800 and < 0xE000 ? ((char)codePoint).ToString() : char.ConvertFromUtf32(codePoint);
            text.Append(c).Append("'sam1").Append(c).Append("234 ").Append(c).Append(c).Append('B');
            if (text.Length > 400)
            {
                texts.Add(text.ToString());
                text.Clear();
            }
        }

        texts.Add(text.ToString());
        await CompareAsync(encoding, texts);
    }

    [Theory]
    [InlineData("cl100k_base")]
    [InlineData("o200k_base")]
    public async Task Texts_of_every_kind_are_encoded_as_by_tiktoken(string encoding)
    {
        var generator = new TextGenerator(1);
        await CompareAsync(encoding, [.. Enumerable.Range(0, 5000).Select(_ => generator.Text())]);
    }

    [Theory]
    [InlineData("cl100k_base")]
    [InlineData("o200k_base")]
    public async Task Pieces_longer_than_a_counter_keeps_are_encoded_as_by_tiktoken(string encoding)
    {
        var generator = new TextGenerator(2);
        await CompareAsync(encoding, [.. Enumerable.Range(0, 150).Select(_ => generator.Long())]);
    }

    [Theory]
    [InlineData("cl100k_base")]
    [InlineData("o200k_base")]
    public async Task What_repeats_itself_is_encoded_as_by_tiktoken(string encoding)
    {
        var generator = new TextGenerator(3);
        await CompareAsync(encoding, [.. Enumerable.Range(0, 300).Select(_ => generator.Repeated())]);
    }

    [Fact]
    public void The_test_plans_of_gpt_tokenizer_come_out()
    {
        var plans = File.ReadAllText(Path.Combine(TiktokenOracle.Folder, "node_modules/gpt-tokenizer/data/TestPlans.txt")).Split("EncodingName: ");
        var checkedPlans = 0;
        foreach (var plan in plans)
        {
            var sample = plan.IndexOf("\nSample: ", StringComparison.Ordinal);
            var encoded = plan.LastIndexOf("\nEncoded: ", StringComparison.Ordinal);
            if (sample < 0 || Of(plan[..sample].Trim()) is not { } tokenizer)
            {
                continue;
            }

            var ids = new List<int>();
            tokenizer.Encode(plan.AsSpan()[(sample + "\nSample: ".Length)..encoded], ids);
            Assert.Equal(JsonSerializer.Deserialize<int[]>(plan[(encoded + "\nEncoded: ".Length)..]), ids);
            checkedPlans++;
        }

        Assert.InRange(checkedPlans, 30, int.MaxValue);
    }

    private static Tokenizer? Of(string encoding) => encoding switch
    {
        "cl100k_base" => Tokenizer.Cl100k,
        "o200k_base" => Tokenizer.O200k,
        _ => null,
    };

    private async Task CompareAsync(string encoding, IReadOnlyList<string> texts)
    {
        var tokenizer = Of(encoding)!;
        var expected = await oracle.EncodeAsync(encoding, texts);
        var ids = new List<int>();
        var decoded = new System.Buffers.ArrayBufferWriter<byte>();
        for (var i = 0; i < texts.Count; i++)
        {
            ids.Clear();
            decoded.Clear();
            tokenizer.Encode(texts[i], ids);
            Assert.True(expected[i].AsSpan().SequenceEqual(ids.ToArray()), string.Create(
                CultureInfo.InvariantCulture, $"text {i}, {JsonSerializer.Serialize(texts[i])}: {string.Join(',', ids)} and not {string.Join(',', expected[i])}"));
            var utf8 = Encoding.UTF8.GetBytes(texts[i]);
            Assert.Equal(ids.Count, tokenizer.Count(texts[i]));
            Assert.Equal(ids.Count, tokenizer.Count(utf8));
            Assert.True(tokenizer.TryDecode(ids.ToArray(), decoded, out _));
            Assert.True(decoded.WrittenSpan.SequenceEqual(utf8));
        }
    }
}
