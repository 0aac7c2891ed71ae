using System.Runtime.InteropServices;
using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Reranking;

/// <summary>
/// Documents in the order of a provider, written as Cohere tells it (https://docs.cohere.com/reference/rerank), with the <c>model</c> and <c>usage</c>
/// others add. What comes in differs in small things: Voyage calls the list <c>data</c>, AWS' own service writes <c>relevanceScore</c>, documents are
/// texts or objects.
/// </summary>
/// <param name="request">What was asked.</param>
/// <param name="facts">What is learnt of the answer.</param>
internal sealed class RerankAnswer(RerankRequest request, AnswerFacts facts)
{
    private readonly List<(int Index, JsonElement Score, JsonElement? Document)> _results = [];
    private string? _id;

    /// <summary>Reads a provider's answer; throws nothing but what <see cref="JsonElement"/> throws at another shape.</summary>
    /// <param name="root">The body.</param>
    /// <returns>False where it is none: no list, or a document that was not asked about.</returns>
    public bool Read(JsonElement root)
    {
        if ((root.Member("results"u8, JsonValueKind.Array) ?? root.Member("data"u8, JsonValueKind.Array)) is not { } results
            || results.GetArrayLength() > request.Documents.Count)
        {
            return false;
        }

        foreach (var result in results.EnumerateArray())
        {
            if (result.Member("index"u8, JsonValueKind.Number) is not { } number || !number.TryGetInt32(out var index)
                || index < 0 || index >= request.Documents.Count
                || (result.Member("relevance_score"u8, JsonValueKind.Number) ?? result.Member("relevanceScore"u8, JsonValueKind.Number)) is not { } score)
            {
                return false;
            }

            _results.Add((index, score, result.Member("document"u8)));
        }

        _id = root.TextOf("id"u8);
        facts.Model = root.TextOf("model"u8);
        Take(root.Member("meta"u8, JsonValueKind.Object), UsageFormat.Cohere);
        Take(root.Member("usage"u8, JsonValueKind.Object), UsageFormat.Rerank);
        return true;
    }

    /// <summary>Writes it.</summary>
    /// <param name="id">What it is called where its provider has no name for it.</param>
    /// <param name="model">The model as the caller named it.</param>
    /// <param name="countedTokens">What we count of query and documents: shown where the provider reports nothing.</param>
    /// <param name="countedUnits">The searches we count, where it is charged by them.</param>
    /// <param name="writer">Where to.</param>
    public void Write(string id, string model, long countedTokens, ReadOnlySpan<UnitQuantity> countedUnits, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, _id ?? id);
        writer.WriteString("model"u8, model);
        writer.WriteStartArray("results"u8);
        foreach (var (index, score, document) in _results)
        {
            writer.WriteStartObject();
            writer.WriteNumber("index"u8, index);
            writer.WritePropertyName("relevance_score"u8);
            score.WriteTo(writer);
            WriteDocument(index, document, writer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteCost(ChatUsage.Shown(facts)?.PromptTokens, countedTokens, Searches(countedUnits), writer);
        writer.WriteEndObject();
    }

    /// <summary>What the provider says of it, or where it says nothing what was sent to it, if that is wanted.</summary>
    private void WriteDocument(int index, JsonElement? document, Utf8JsonWriter writer)
    {
        var text = document switch
        {
            { ValueKind: JsonValueKind.String } told => told,
            { ValueKind: JsonValueKind.Object } told => told.Member("text"u8, JsonValueKind.String),
            _ => null,
        };
        if (request.ReturnsDocuments == false || (request.ReturnsDocuments is null && text is null))
        {
            return;
        }

        writer.WriteStartObject("document"u8);
        writer.WriteInside("text"u8, ChatJson.Inside(text ?? request.Documents[index]));
        writer.WriteEndObject();
    }

    private static void WriteCost(long? reportedTokens, long countedTokens, long? searches, Utf8JsonWriter writer)
    {
        writer.WriteStartObject("meta"u8);
        writer.WriteStartObject("api_version"u8);
        writer.WriteString("version"u8, "2"u8);
        writer.WriteEndObject();
        writer.WriteStartObject("billed_units"u8);
        if (searches is { } count)
        {
            writer.WriteNumber("search_units"u8, count);
        }
        else
        {
            writer.WriteNumber("input_tokens"u8, reportedTokens ?? countedTokens);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        if (searches is null || reportedTokens is not null)
        {
            writer.WriteStartObject("usage"u8);
            writer.WriteNumber("prompt_tokens"u8, reportedTokens ?? countedTokens);
            writer.WriteNumber("total_tokens"u8, reportedTokens ?? countedTokens);
            writer.WriteEndObject();
        }
    }

    /// <summary>Searches as reported, else as counted; null where the call is not charged by them and nothing is said.</summary>
    private long? Searches(ReadOnlySpan<UnitQuantity> counted)
    {
        foreach (var unit in (ReadOnlySpan<UnitQuantity>)[.. facts.Reported?.Units ?? [], .. counted])
        {
            if (unit.Unit == PriceUnit.FileSearch)
            {
                return unit.QuantityMilli / 1000;
            }
        }

        return null;
    }

    private void Take(JsonElement? usage, UsageFormat format)
    {
        if (usage is { } said)
        {
            var json = JsonMarshal.GetRawUtf8Value(said);
            var reader = new Utf8JsonReader(json);
            reader.Read();
            _ = facts.Take(ref reader, json, format);
        }
    }
}
