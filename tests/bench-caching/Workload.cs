using System.Globalization;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Metering.Tokenizing;

namespace AiOrchestrator.Bench.Caching;

/// <summary>One call of a workload.</summary>
/// <param name="Id">Which question it is: any answer to the same one is right.</param>
/// <param name="Context">All that was said before the last turn.</param>
/// <param name="Question">The last turn.</param>
/// <param name="PromptTokens">Tokens of both.</param>
/// <param name="AnswerTokens">Tokens of the answer.</param>
internal sealed record Call(string Id, string Context, string Question, int PromptTokens, int AnswerTokens)
{
    private const decimal UsdPerPromptToken = 0.15m / 1_000_000;
    private const decimal UsdPerAnswerToken = 0.60m / 1_000_000;

    /// <summary>What it costs at the prices of gpt-4o-mini.</summary>
    public decimal CostUsd => (PromptTokens * UsdPerPromptToken) + (AnswerTokens * UsdPerAnswerToken);
}

/// <summary>Makes workloads out of the texts: the same ones from the same seed.</summary>
internal sealed class Workload
{
    private const double ZipfExponent = 1.1;
    private const int TokensOfATurn = 4;
    private static readonly string[] Names = ["Ana", "Ben", "Chiara", "Dmitri", "Esra", "Femi", "Grace", "Hugo", "Ines", "Jonas", "Kofi", "Lena", "Marek", "Noor", "Olga", "Pedro"];

    private readonly List<JsonElement> _faq = Files.Lines("tests", "bench-caching", "workload", "faq.jsonl");
    private readonly List<JsonElement> _unique = Files.Lines("tests", "bench-caching", "workload", "unique.jsonl");
    private readonly List<JsonElement> _chats = Files.Lines("tests", "bench-caching", "workload", "chats.jsonl");
    private readonly int[] _answerTokens;
    private readonly double[] _zipf;
    private readonly int[] _ranks;
    private readonly Random _random;

    public Workload(int seed)
    {
        _random = new SplitMix(seed);
        _answerTokens = [.. _faq.Select(static q => Tokens(q.GetProperty("answer").GetString()!))];
        _ranks = [.. Enumerable.Range(0, _faq.Count)];
        _random.Shuffle(_ranks);
        _zipf = new double[_faq.Count];
        for (var rank = 0; rank < _zipf.Length; rank++)
        {
            _zipf[rank] = (rank > 0 ? _zipf[rank - 1] : 0) + Math.Pow(rank + 1, -ZipfExponent);
        }
    }

    /// <summary>Questions by Zipf's law, in any of their eight wordings.</summary>
    public List<Call> Faq(int calls) => [.. Enumerable.Range(0, calls).Select(_ => FaqCall())];

    /// <summary>40 % of that, 30 % asked once, 30 % with a conversation before.</summary>
    /// <param name="calls">How many.</param>
    /// <param name="doChatsRecur">Whether several people have the very same conversations, as the file has them; else each begins with something of its own.</param>
    public List<Call> Mixed(int calls, bool doChatsRecur) => [.. Enumerable.Range(0, calls).Select(at => _random.Next(100) switch
    {
        < 40 => FaqCall(),
        < 70 => UniqueCall(at),
        _ => ChatCall(doChatsRecur ? null : at),
    })];

    private Call FaqCall()
    {
        var at = Array.BinarySearch(_zipf, _random.NextDouble() * _zipf[^1]);
        var question = _ranks[Math.Min(at < 0 ? ~at : at, _faq.Count - 1)];
        var wordings = _faq[question].GetProperty("wordings");
        var text = wordings[_random.Next(wordings.GetArrayLength())].GetString()!;
        return new(_faq[question].GetProperty("id").GetString()!, string.Empty, text, Tokens(text) + TokensOfATurn, _answerTokens[question]);
    }

    /// <summary>Another question each time: those that come from one line of the file differ in a name and a number, and have other answers.</summary>
    private Call UniqueCall(int at)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{_unique[_random.Next(_unique.Count)].GetProperty("text").GetString()} This is for {Names[_random.Next(Names.Length)]}, case {1000 + at}.");
        return new(string.Create(CultureInfo.InvariantCulture, $"u{at}"), string.Empty, text, Tokens(text) + TokensOfATurn, AnyAnswer());
    }

    private Call ChatCall(int? own)
    {
        var chat = _chats[_random.Next(_chats.Count)];
        var turns = chat.GetProperty("turns").EnumerateArray().Select(static turn => turn.GetString()!).ToList();
        var context = new StringBuilder(own is { } number ? string.Create(CultureInfo.InvariantCulture, $"user Case {number}.\n") : string.Empty).AppendJoin('\n', turns.SkipLast(1)).ToString();
        var question = turns[^1]["user ".Length..];
        return new($"{chat.GetProperty("id").GetString()}{own}", context, question, Tokens(context) + Tokens(question) + (TokensOfATurn * turns.Count), AnyAnswer());
    }

    /// <summary>The files have answers to the FAQ only: others are as long as those.</summary>
    private int AnyAnswer() => _answerTokens[_random.Next(_answerTokens.Length)];

    private static int Tokens(string text) => Tokenizer.O200k.Count(text);

    /// <summary>SplitMix64 (Steele, Lea, Flood 2014): the same numbers from the same seed on every runtime.</summary>
    private sealed class SplitMix(int seed) : Random
    {
        private ulong _state = (ulong)seed;

        public override int Next(int maxValue) => (int)(Number() % (uint)maxValue);

        public override double NextDouble() => (Number() >> 11) * (1.0 / (1UL << 53));

        public override int Next(int minValue, int maxValue) => minValue + Next(maxValue - minValue);

        private ulong Number()
        {
            unchecked
            {
                _state += 0x9E37_79B9_7F4A_7C15UL;
                var z = _state;
                z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9UL;
                z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EBUL;
                return z ^ (z >> 31);
            }
        }
    }
}
