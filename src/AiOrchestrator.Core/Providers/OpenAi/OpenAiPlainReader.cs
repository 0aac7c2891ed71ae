using System.Text.Json;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// Reads the members of calls that are no conversation, member by member, as <see cref="OpenAiRequestReader"/> comes to them: inputs of embeddings
/// and moderations (https://platform.openai.com/docs/api-reference/moderations/create), prompts of completions (…/completions/create), and what is to
/// be ordered (https://docs.cohere.com/reference/rerank).
/// </summary>
internal static class OpenAiPlainReader
{
    /// <summary>What OpenAI judges by where nothing is said.</summary>
    public const string DefaultModerationModel = "omni-moderation-latest";

    /// <summary>How many tokens a completion has at most where nothing is said.</summary>
    public const long DefaultMaxTokens = 16;

    /// <summary>Most completions a server may make of a prompt to tell the best of them.</summary>
    private const int MaxBestOf = 128;

    /// <summary>Whether a member is read here.</summary>
    public static bool Knows(ModelCall call, string name) => call switch
    {
        ModelCall.Embeddings or ModelCall.Moderations => name == "input",
        ModelCall.Completions => name is "prompt" or "best_of" or "echo" or "max_tokens",
        ModelCall.Rerank => name is "query" or "documents" or "n",
        _ => false,
    };

    /// <summary>Reads one of them; the reader stands on its first token and is left on its last.</summary>
    public static ApiFailure? ReadMember(ref Utf8JsonReader reader, string name, ModelCall call, RequestFacts facts)
    {
        switch (name)
        {
            case "best_of":
                return ReadBestOf(ref reader, facts);
            case "echo":
                facts.Echoes = reader.TokenType == JsonTokenType.True;
                return reader.TokenType is JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null
                    ? null
                    : new InvalidParameter(name, "'echo' must be true or false.");
            case "max_tokens":
                return ReadMaxTokens(ref reader, facts);
            case "query":
                facts.QueryRange = OpenAiRequestReader.Range(ref reader);
                return reader.TokenType == JsonTokenType.String ? null : new InvalidParameter(name, "'query' must be a string.");
            case "n":
                // Not a number of answers here: left to the provider.
                reader.Skip();
                return null;
        }

        var start = (int)reader.TokenStartIndex;
        var failure = name == "documents" ? ReadDocuments(ref reader, facts)
            : call == ModelCall.Moderations ? ReadParts(ref reader, facts)
            : OpenAiPromptReader.ReadInput(ref reader, name, facts);
        facts.PromptRange = new ByteRange(start, (int)reader.BytesConsumed - start);
        return failure;
    }

    /// <summary>Sets what a call has where the caller says nothing, once all members are read.</summary>
    public static void Complete(ModelCall call, RequestFacts facts)
    {
        switch (call)
        {
            case ModelCall.Moderations when !facts.ModelRange.IsPresent:
                facts.Model = DefaultModerationModel;
                break;
            case ModelCall.Completions:
                facts.MaxTokensIsUsual = facts.MaxTokens is null;
                facts.MaxTokens ??= DefaultMaxTokens;
                facts.ChoicesPerPrompt = facts.Choices;
                facts.Choices = (int)Math.Min(int.MaxValue, (long)Math.Max(1, facts.Messages) * Math.Max(facts.Choices, facts.BestOf));
                break;
        }
    }

    private static InvalidParameter? ReadBestOf(ref Utf8JsonReader reader, RequestFacts facts)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var bestOf) || bestOf is < 0 or > MaxBestOf)
        {
            return new InvalidParameter("best_of", $"'best_of' must be a whole number from 0 to {MaxBestOf}.");
        }

        facts.BestOf = bestOf;
        return null;
    }

    /// <summary>0 is a bound as well: whoever asks for the probabilities of a prompt wants nothing written.</summary>
    private static InvalidParameter? ReadMaxTokens(ref Utf8JsonReader reader, RequestFacts facts)
    {
        var isNone = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var none) && none == 0;
        facts.MaxTokensRange = isNone ? OpenAiRequestReader.Range(ref reader) : OpenAiRequestReader.ReadLimit(ref reader, out var _);
        facts.MaxTokens = isNone ? 0 : reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var most) ? most : null;
        return facts.MaxTokensRange.IsPresent ? null : new InvalidParameter("max_tokens", "'max_tokens' must be a whole number of 0 or more.");
    }

    private static ApiFailure? ReadParts(ref Utf8JsonReader reader, RequestFacts facts)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            facts.Messages = 1;
            return null;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return NoParts();
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            facts.Messages++;
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                ReadPart(ref reader, facts);
            }
            else if (reader.TokenType != JsonTokenType.String)
            {
                return NoParts();
            }
        }

        return facts.Messages == 0 ? new InvalidParameter("input", "'input' must not be empty.") : null;
    }

    private static InvalidParameter NoParts() => new("input", "'input' must be a string, an array of strings, or an array of texts and images.");

    private static void ReadPart(ref Utf8JsonReader reader, RequestFacts facts)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            facts.Images += reader.ValueTextEquals("image_url"u8) ? 1 : 0;
            reader.Read();
            reader.Skip();
        }
    }

    private static ApiFailure? ReadDocuments(ref Utf8JsonReader reader, RequestFacts facts)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return new InvalidParameter("documents", "'documents' must be an array of strings, or of objects with a 'text'.");
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.String && ReadDocument(ref reader, facts) is { } failure)
            {
                return failure;
            }

            facts.Messages++;
        }

        return facts.Messages == 0 ? new InvalidParameter("documents", "'documents' must not be empty.") : null;
    }

    private static ApiFailure? ReadDocument(ref Utf8JsonReader reader, RequestFacts facts)
    {
        var path = $"documents[{facts.Messages}]";
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return new InvalidParameter(path, $"'{path}' must be a string, or an object with a 'text'.");
        }

        var hasText = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            // Read, so that half a surrogate pair is found here: names are told and compared later.
            var name = reader.GetString()!;
            if (name is "image" or "image_url")
            {
                return new UnsupportedParameter($"{path}.{name}", $"'{path}' is an image, of which nobody here can tell what it is billed as: only texts are taken.");
            }

            reader.Read();
            if (name == "text" && (hasText || reader.TokenType != JsonTokenType.String))
            {
                return new InvalidParameter($"{path}.text", $"'{path}.text' must be a string, given once.");
            }

            hasText |= name == "text";
            reader.Skip();
        }

        return hasText ? null : new MissingParameter($"{path}.text");
    }
}
