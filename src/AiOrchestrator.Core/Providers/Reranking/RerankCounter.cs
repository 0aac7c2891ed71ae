using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Reranking;

/// <summary>How many searches a call is, counted and at most; in thousandths, as units are.</summary>
/// <param name="ExpectedMilli">By our count of tokens.</param>
/// <param name="MaxMilli">By the length of the texts: no token is shorter than a byte.</param>
internal readonly record struct RerankSearches(long ExpectedMilli, long MaxMilli);

/// <summary>
/// Counts what a reranker reads: the query beside each document (https://docs.voyageai.com/docs/faq: the query's tokens times the number of documents, and
/// those of all documents). Where it is billed by searches, one is a query with up to 100 documents, and a document that is longer than 500 tokens with
/// the query is cut into pieces that count as one each (https://cohere.com/pricing; AWS has 512, https://aws.amazon.com/bedrock/pricing).
/// </summary>
internal static class RerankCounter
{
    private const int PiecesPerSearch = 100;
    private const int TokensPerPiece = 500;

    /// <summary>What of a piece a query takes at most: a longer one is cut (https://docs.cohere.com/docs/reranking-best-practices: half the window).</summary>
    private const int MostQueryTokens = TokensPerPiece / 2;

    /// <summary>Counts.</summary>
    /// <param name="body">The request's body, of which <see cref="OpenAiPlainReader"/> has checked the outline.</param>
    /// <param name="facts">What was read of it.</param>
    /// <param name="family">The model's family.</param>
    /// <param name="limits">The model's bounds.</param>
    /// <param name="shape">What was counted.</param>
    public static RerankSearches Count(ReadOnlyMemory<byte> body, RequestFacts facts, ModelFamily family, ModelLimits limits, out PromptShape shape)
    {
        var meter = new PromptMeter(family, limits);
        meter.Text(Inside(body.Span.Slice(facts.QueryRange.Start, facts.QueryRange.Length)));
        var query = meter.Shape;
        meter.Shape = new PromptShape { Messages = facts.Messages, OtherBytes = facts.OtherBytes };
        long expected = 0, most = 0;
        var documents = new Utf8JsonReader(body.Span.Slice(facts.PromptRange.Start, facts.PromptRange.Length), new JsonReaderOptions { MaxDepth = OpenAiRequestReader.MaxDepth });
        documents.Read();
        while (documents.Read() && documents.TokenType != JsonTokenType.EndArray)
        {
            var (tokens, bytes) = (meter.Shape.TextTokens, meter.Shape.TextBytes + meter.Shape.OtherBytes);
            Document(meter, ref documents);
            expected += Pieces(family.Scale(meter.Shape.TextTokens - tokens), family.Scale(query.TextTokens));
            most += Pieces(meter.Shape.TextBytes + meter.Shape.OtherBytes - bytes, query.TextBytes);
        }

        meter.Shape.TextTokens += query.TextTokens * facts.Messages;
        meter.Shape.TextBytes += query.TextBytes * facts.Messages;
        shape = meter.Shape;
        return new RerankSearches(Searches(expected), Searches(most));
    }

    private static void Document(PromptMeter meter, ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            meter.Text(reader.ValueSpan);
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isText = reader.ValueTextEquals("text"u8);
            var start = reader.TokenStartIndex;
            reader.Read();
            if (isText && reader.TokenType == JsonTokenType.String)
            {
                meter.Text(reader.ValueSpan);
                continue;
            }

            // What else a document says some read as well: within the bound, not within what is expected.
            reader.Skip();
            meter.Shape.OtherBytes += reader.BytesConsumed - start;
        }
    }

    private static long Pieces(long documentTokens, long queryTokens)
    {
        var room = TokensPerPiece - Math.Min(queryTokens, MostQueryTokens);
        return Math.Max(1, (documentTokens + room - 1) / room);
    }

    private static long Searches(long pieces) => (pieces + PiecesPerSearch - 1) / PiecesPerSearch * 1000;

    private static ReadOnlySpan<byte> Inside(ReadOnlySpan<byte> text) => text[1..^1];
}
