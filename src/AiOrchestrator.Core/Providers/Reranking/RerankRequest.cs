using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Reranking;

/// <summary>What a caller of <c>/v1/rerank</c> asks: Cohere's shape (https://docs.cohere.com/reference/rerank), which Jina, Together and vLLM share.</summary>
internal sealed class RerankRequest
{
    /// <summary>How many names of members are told of.</summary>
    private const int MostMembers = 50;

    /// <summary>The caller's body.</summary>
    public JsonElement Root { get; private set; }

    /// <summary>What is looked for, a text.</summary>
    public JsonElement Query { get; private set; }

    /// <summary>The documents' texts, each a JSON string.</summary>
    public List<JsonElement> Documents { get; } = [];

    /// <summary>How many of them are to be told, the best first, 1 or more; null for all.</summary>
    public int? TopN { get; private set; }

    /// <summary>Whether their texts are to be told as well; null where nothing is said.</summary>
    public bool? ReturnsDocuments { get; private set; }

    /// <summary>Where a document is cut, in tokens, 1 or more; null where nothing is said.</summary>
    public int? MaxTokensPerDocument { get; private set; }

    /// <summary>Members only some providers have: name and value.</summary>
    public List<ChatMember> Others { get; } = [];

    /// <summary>Members of documents that are no text, each name once, at most <see cref="MostMembers"/>: <c>documents[].title</c>.</summary>
    public List<string> DocumentMembers { get; } = [];

    /// <summary>Reads a body of which the outline has been checked.</summary>
    /// <returns>Null, or what is wrong with it, naming the member.</returns>
    public ApiFailure? Read(JsonElement root)
    {
        Root = root;
        foreach (var member in root.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Null && Read(member.Name, member.Value) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }

    /// <summary>Writes query, texts and how many of them to tell. Texts stay as the caller escaped them.</summary>
    public void WriteTexts(Utf8JsonWriter writer)
    {
        writer.WriteInside("query"u8, ChatJson.Inside(Query));
        writer.WriteStartArray("documents"u8);
        foreach (var document in Documents)
        {
            writer.WriteInside(ChatJson.Inside(document));
        }

        writer.WriteEndArray();
        if (TopN is { } topN)
        {
            // More than there are is an error at some.
            writer.WriteNumber("top_n"u8, Math.Min(topN, Documents.Count));
        }
    }

    private InvalidParameter? Read(string name, JsonElement value)
    {
        switch (name)
        {
            case "model":
                return null;
            case "query":
                Query = value;
                return null;
            case "documents":
                foreach (var document in value.EnumerateArray())
                {
                    Documents.Add(TextOf(document));
                }

                return null;
            case "top_n":
                TopN = Whole(value);
                return TopN is null ? NotWhole(name) : null;
            case "max_tokens_per_doc":
                MaxTokensPerDocument = Whole(value);
                return MaxTokensPerDocument is null ? NotWhole(name) : null;
            case "return_documents":
                ReturnsDocuments = value.ValueKind == JsonValueKind.True;
                return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : new InvalidParameter(name, "'return_documents' must be true or false.");
            default:
                Others.Add(new ChatMember(name, value));
                return null;
        }
    }

    private JsonElement TextOf(JsonElement document)
    {
        if (document.ValueKind == JsonValueKind.String)
        {
            return document;
        }

        foreach (var member in document.EnumerateObject().Where(static m => m.Name != "text"))
        {
            var name = $"documents[].{member.Name}";
            if (DocumentMembers.Count < MostMembers && !DocumentMembers.Contains(name))
            {
                DocumentMembers.Add(name);
            }
        }

        return document.GetProperty("text"u8);
    }

    private static int? Whole(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number > 0 ? number : null;

    private static InvalidParameter NotWhole(string name) => new(name, $"'{name}' must be a whole number of 1 or more.");
}
