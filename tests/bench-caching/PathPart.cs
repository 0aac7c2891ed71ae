using System.Globalization;
using System.Text;
using AiOrchestrator.Core.Caching.Embedding;
using AiOrchestrator.Core.Caching.Matching;
using AiOrchestrator.Core.Caching.Requests;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Bench.Caching;

/// <summary>What the cache adds to the way of a call that it has no answer for, and of one it has, piece by piece on one thread.</summary>
internal sealed class PathPart : Part
{
    private const string Question = "How do I change the address that my order is sent to after I have paid for it?";
    private static readonly CacheTerms Terms = new("gpt-4o-mini", "gpt-4o-mini-2024-07-18", "\n\n", "");

    private static readonly byte[] Answer = Encoding.UTF8.GetBytes(
        """{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant","content":"TEXT"},"finish_reason":"stop"}],"usage":{"prompt_tokens":11,"completion_tokens":300,"total_tokens":311}}"""
            .Replace("TEXT", string.Concat(Enumerable.Repeat("This is a sentence of an answer. ", 45)), StringComparison.Ordinal));

    /// <inheritdoc/>
    public override string Name => "path";

    /// <inheritdoc/>
    public override bool Run(Measure measure)
    {
        Console.WriteLine("\nThe cache's part of a call's way, one thread; an answer of " + Answer.Length.ToString(CultureInfo.InvariantCulture) + " bytes");
        Console.WriteLine($"{"piece",-72}{"µs",8}{"bytes",10}");
        foreach (var bytes in new[] { 0, 1800, 15_000 })
        {
            var body = Body(bytes);
            var facts = new RequestFacts();
            if (OpenAiRequestReader.Read(body, ModelCall.ChatCompletions, facts) is { } failure)
            {
                throw new InvalidOperationException(failure.Code);
            }

            Print($"the key of a request of {body.Length.ToString(CultureInfo.InvariantCulture)} bytes", measure.Time(() => CanonicalRequest.Read(body, ModelCall.ChatCompletions, facts, model: null)!.Key(Terms)));
        }

        Print("looking at the answer while it passes, to keep it", measure.Time(static () =>
        {
            var answer = new ChatAnswer(new AnswerFacts());
            _ = new OpenAiChatFormat().CreateReader().ReadWhole(Answer.ToArray(), answer);
        }));
        var vector = new float[HashedEmbedding.Size];
        Print("the embedding that is built in", measure.Time(() => HashedEmbedding.TryWrite(Question, vector)));
        Print("comparing a question that is near", measure.Time(static () => QuestionMatch.Compare(QuestionFacts.Read(Question), QuestionFacts.Read(Question))));
        return true;
    }

    private static byte[] Body(int more) => Encoding.UTF8.GetBytes(
        $$"""{"model":"gpt-4o-mini","temperature":0,"max_tokens":500,"messages":[{"role":"system","content":"{{new string('x', more)}}"},{"role":"user","content":"{{Question}}"}]}""");

    private static void Print(string what, (double Ns, double Bytes) took) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-72}{took.Ns / 1000,8:0.0}{took.Bytes,10:0}"));
}
