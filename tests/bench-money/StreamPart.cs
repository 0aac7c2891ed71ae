using System.Diagnostics;
using System.Text;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Bench.Money;

/// <summary>
/// What counting costs: a chunk of a stream read with and without a counter, a prompt of a megabyte, and how tight holds are over prompts of
/// ordinary text.
/// </summary>
internal static class StreamPart
{
    private const int Chunks = 200;
    private static readonly string[] Words = " The quick brown fox jumps over the lazy dog, and then it sleeps for 12345 seconds in \\\"Größenwahn\\\"; 今天 还 是".Split(' ');

    public static Task RunAsync(Sizes sizes)
    {
        var chunks = Enumerable.Range(0, Chunks).Select(i => Encoding.UTF8.GetBytes(
            $$$"""{"id":"chatcmpl-D8Z5oo6uDh67AD85p73ksdT1KxhE0","object":"chat.completion.chunk","created":1770933892,"model":"gpt-4o","choices":[{"index":0,"delta":{"content":" {{{Words[i % Words.Length]}}}"},"logprobs":null,"finish_reason":null}],"usage":null}""")).ToArray();
        Console.WriteLine("stream, one thread:");
        for (var round = 0; round < 3; round++)
        {
            var (plain, _) = Read(chunks, null, sizes.Seconds);
            var (counted, bytes) = Read(chunks, ModelFamilies.Of("openai", "gpt-4o"), sizes.Seconds);
            Console.WriteLine($"  a chunk read {plain,6:n0} ns, counted {counted,6:n0} ns: {counted - plain,5:n0} ns for counting   {bytes,6:n2} bytes a chunk");
        }

        Prompt();
        Tightness();
        return Task.CompletedTask;
    }

    private static (double Ns, double Bytes) Read(byte[][] chunks, ModelFamily? family, double seconds)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var from = Stopwatch.GetTimestamp();
        var read = 0L;
        while (Stopwatch.GetElapsedTime(from).TotalSeconds < seconds)
        {
            using var facts = new AnswerFacts();
            if (family is not null)
            {
                facts.CountBy(family);
            }

            foreach (var chunk in chunks)
            {
                OpenAiAnswerReader.Read(chunk, facts);
            }

            read += chunks.Length + (facts.CountedTokens < 0 ? 1 : 0);
        }

        return (Stopwatch.GetElapsedTime(from).TotalNanoseconds / read, (double)(GC.GetAllocatedBytesForCurrentThread() - before) / read);
    }

    private static void Prompt()
    {
        var (body, facts) = Request(1 << 20);
        var limits = new ModelLimits(null, null, null);
        var best = double.MaxValue;
        var tokens = 0L;
        for (var round = 0; round < 10; round++)
        {
            var from = Stopwatch.GetTimestamp();
            var again = new RequestFacts();
            OpenAiRequestReader.Read(body, ModelCall.ChatCompletions, again);
            OpenAiPromptCounter.Count(body, ModelCall.ChatCompletions, facts, ModelFamilies.Of("openai", "gpt-4o"), limits, out var shape);
            best = Math.Min(best, Stopwatch.GetElapsedTime(from).TotalMilliseconds);
            tokens = shape.TextTokens;
        }

        Console.WriteLine($"  a prompt of 1 MB, read and counted: {best:n1} ms, {tokens:n0} tokens");
    }

    private static void Tightness()
    {
        foreach (var model in (string[])["gpt-4o", "llama-3.3-70b", "claude-sonnet-4-5"])
        {
            var family = ModelFamilies.Of("", model);
            var ratios = new List<double>();
            for (var size = 40; size < 100_000; size *= 2)
            {
                var (body, facts) = Request(size);
                OpenAiPromptCounter.Count(body, ModelCall.ChatCompletions, facts, family, new ModelLimits(null, null, null), out var shape);
                var estimate = PromptEstimator.Estimate(shape, family, new ModelLimits(null, null, null));
                ratios.Add((double)estimate.PromptTokensMax!.Value / estimate.PromptTokensExpected);
            }

            Console.WriteLine($"  {model}: prompt held by prompt expected {ratios.Average():n3} in the mean, {ratios.Max():n2} at most, over {ratios.Count} sizes");
        }
    }

    private static (byte[] Body, RequestFacts Facts) Request(int textBytes)
    {
        var text = new StringBuilder();
        for (var i = 0; text.Length < textBytes; i++)
        {
            text.Append(' ').Append(Words[i * 7 % Words.Length]);
        }

        var body = Encoding.UTF8.GetBytes("{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]}");
        var facts = new RequestFacts();
        _ = OpenAiRequestReader.Read(body, ModelCall.ChatCompletions, facts);
        return (body, facts);
    }
}
