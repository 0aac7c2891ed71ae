using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Bench.Translation;

/// <summary>
/// What translating costs, one thread, each pair of a dialect and a wire format: a request of 2 KB parsed and written anew, its whole answer likewise, and
/// an event of a stream of three lengths. Counting the answer's tokens is part of it, as it is in the product; finding events in bytes is not.
/// </summary>
internal sealed class Run(bool isQuick)
{
    private static readonly AnswerTerms Terms =
        new("ex_1", "m", DateTimeOffset.UnixEpoch, new RequestFacts { IncludeUsage = true });

    private readonly ServedModel _model = Model();
    private readonly int[] _lengths = isQuick ? [100, 1_000] : [100, 1_000, 100_000];

    /// <summary>Prints the table.</summary>
    /// <returns>Whether all that was translated came to its end.</returns>
    public bool Measure()
    {
        Console.WriteLine($"| dialect | wire format | request, µs | KiB | answer, µs | KiB | {string.Join(" | ", _lengths.Select(n => string.Create(CultureInfo.InvariantCulture, $"event of {n:n0}, µs")))} | bytes an event |");
        Console.WriteLine($"|---|---|---:|---:|---:|---:|{string.Concat(Enumerable.Repeat("---:|", _lengths.Length))}---:|");
        var isSound = true;
        foreach (var pair in Pair.All)
        {
            isSound &= Measure(pair);
        }

        return isSound;
    }

    private bool Measure(Pair pair)
    {
        var body = Requests.Of(pair.Name);
        var answers = Answers.Of(pair.Format.Name);
        if (!Request(pair, body) || !Whole(pair, answers) || !Stream(pair, answers, 10, new ArrayBufferWriter<byte>()))
        {
            Console.WriteLine($"| {pair.Name} | {pair.Format.Name} | cannot be translated |");
            return false;
        }

        var request = Time(() => Request(pair, body));
        var answer = Time(() => Whole(pair, answers));
        var output = new ArrayBufferWriter<byte>();
        var events = Array.ConvertAll(_lengths, n => (Length: n, Took: Time(() => Stream(pair, answers, n, output))));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {pair.Name} | {pair.Format.Name} | {request.Us:n1} | {request.Bytes / 1024:n1} | {answer.Us:n1} | {answer.Bytes / 1024:n1} | {string.Join(" | ", events.Select(e => (e.Took.Us / e.Length).ToString("n2", CultureInfo.InvariantCulture)))} | {events[^1].Took.Bytes / events[^1].Length:n0} |"));
        return true;
    }

    private bool Request(Pair pair, byte[] body)
    {
        using var request = new ChatRequest(JsonDocument.Parse(body));
        var written = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(written, ChatJson.Writing);
        return (pair.Dialect.Read(request.Root, request) ?? pair.Format.Write(request, new UpstreamTerms(_model, 500, Stream: false), writer, [])) is null;
    }

    private static bool Whole(Pair pair, Answers answers)
    {
        using var facts = Facts(pair);
        var answer = new ChatAnswer(facts);
        if (pair.Format.CreateReader().ReadWhole(answers.Whole, answer) != AnswerPiece.End)
        {
            return false;
        }

        using var writer = new Utf8JsonWriter(new ArrayBufferWriter<byte>(1024), ChatJson.Writing);
        pair.Dialect.Write(answer, Terms, writer);
        return true;
    }

    /// <summary>A stream of as many words, from the first event to the last.</summary>
    private static bool Stream(Pair pair, Answers answers, int words, ArrayBufferWriter<byte> output)
    {
        using var facts = Facts(pair);
        var writer = pair.Dialect.CreateStream(Terms, facts, output);
        var reader = pair.Format.CreateReader();
        var last = AnswerPiece.Content;
        foreach (var told in answers.Begin)
        {
            last = Tell(told);
        }

        for (var i = 0; i < words; i++)
        {
            last = Tell(answers.Words[i % answers.Words.Length]);
        }

        foreach (var told in answers.End)
        {
            last = last == AnswerPiece.Content ? Tell(told) : last;
        }

        writer.End();
        output.ResetWrittenCount();
        return last == AnswerPiece.End || (last == AnswerPiece.Content && reader.MayEndHere(writer));

        AnswerPiece Tell(Event told)
        {
            var piece = reader.ReadEvent(told.Name, told.Data, writer);
            output.ResetWrittenCount();
            return piece;
        }
    }

    private static AnswerFacts Facts(Pair pair)
    {
        var facts = new AnswerFacts { Format = pair.Format.Usage };
        facts.CountBy(ModelFamilies.Of("openai", "gpt-4o"));
        return facts;
    }

    /// <summary>The best of a few rounds, which others on the machine disturb least.</summary>
    private (double Us, double Bytes) Time(Func<bool> work)
    {
        var seconds = isQuick ? 0.05 : 0.4;
        var (best, bytes) = (double.MaxValue, 0.0);
        for (var round = 0; round < (isQuick ? 2 : 5); round++)
        {
            var done = 0L;
            var before = GC.GetAllocatedBytesForCurrentThread();
            var from = Stopwatch.GetTimestamp();
            do
            {
                _ = work();
                done++;
            }
            while (Stopwatch.GetElapsedTime(from).TotalSeconds < seconds);

            best = Math.Min(best, Stopwatch.GetElapsedTime(from).TotalMicroseconds / done);
            bytes = (double)(GC.GetAllocatedBytesForCurrentThread() - before) / done;
        }

        return (best, bytes);
    }

    private static ServedModel Model() => PriceTable.LoadEmbedded().TryFindModel("openai", "gpt-4o", out var entry)
        ? new ServedModel("m", "m", entry)
        : throw new InvalidOperationException("the catalogue has lost gpt-4o");
}
