using System.Text;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Providers.Reranking;

namespace AiOrchestrator.Core.Tests.Providers.Reranking;

/// <summary>How many searches a call is: 100 pieces of documents, each of at most 500 tokens with the query.</summary>
public sealed class RerankCounterTests
{
    [Theory]
    [InlineData(1, 1, 1, 1, 1)]
    [InlineData(1, 100, 10, 1, 1)]
    [InlineData(1, 101, 10, 2, 2)]
    [InlineData(1, 100, 499, 1, 3)]
    [InlineData(1, 100, 500, 2, 3)]
    [InlineData(400, 1, 250, 1, 1)]
    [InlineData(250, 100, 251, 2, 3)]
    [InlineData(4_000, 1, 25_000, 1, 2)]
    [InlineData(1, 350, 1, 4, 4)]
    public void A_search_is_a_query_with_a_hundred_pieces(int queryTokens, int documents, int documentTokens, long searches, long searchesMax)
    {
        // " a" is one token of two bytes in every vocabulary here.
        var body = $$"""{"model":"m","query":"{{Words(queryTokens)}}","documents":[{{string.Join(',', Enumerable.Repeat($"\"{Words(documentTokens)}\"", documents))}}]}""";
        var facts = new RequestFacts();
        Assert.Null(OpenAiRequestReader.Read(Encoding.UTF8.GetBytes(body), ModelCall.Rerank, facts));

        var counted = RerankCounter.Count(Encoding.UTF8.GetBytes(body), facts, ModelFamilies.Of("openai", "gpt-4o"), new ModelLimits(null, null, null), out var shape);

        Assert.Equal((searches * 1000, searchesMax * 1000), (counted.ExpectedMilli, counted.MaxMilli));
        Assert.Equal((documents * (long)(queryTokens + documentTokens), documents), (shape.TextTokens, shape.Messages));
    }

    private static string Words(int tokens) => string.Concat(Enumerable.Repeat(" a", tokens));
}
