using System.Text.Json;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Caching.Requests;

/// <summary>Finds where the user's last turn stands, where it is one text and the last thing said.</summary>
internal static class QuestionFinder
{
    /// <summary>The offset of the text's opening quote; -1 where there is none.</summary>
    public static int Find(ReadOnlySpan<byte> body, ModelCall call, RequestFacts request)
    {
        if (ChatFormats.DialectOf(call) is null || !request.PromptRange.IsPresent)
        {
            return -1;
        }

        var prompt = PromptReader.Slice(body, request.PromptRange);
        if (prompt is [(byte)'"', ..])
        {
            return request.PromptRange.Start;
        }

        return call != ModelCall.Completions && prompt is [(byte)'[', ..] && InLast(prompt) is >= 0 and var at ? request.PromptRange.Start + at : -1;
    }

    private static int InLast(ReadOnlySpan<byte> turns)
    {
        var reader = new Utf8JsonReader(turns, new JsonReaderOptions { MaxDepth = OpenAiRequestReader.MaxDepth });
        reader.Read();
        int last = -1, end = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            last = (int)reader.TokenStartIndex;
            reader.Skip();
            end = (int)reader.BytesConsumed;
        }

        return last < 0 || InTurn(turns[last..end]) is not (>= 0 and var at) ? -1 : last + at;
    }

    private static int InTurn(ReadOnlySpan<byte> turn)
    {
        var reader = new Utf8JsonReader(turn, new JsonReaderOptions { MaxDepth = OpenAiRequestReader.MaxDepth });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return -1;
        }

        var isUser = false;
        var text = -1;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isRole = reader.ValueTextEquals("role"u8);
            var isContent = reader.ValueTextEquals("content"u8);
            reader.Read();
            if (isRole)
            {
                isUser = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("user"u8);
            }

            if (isContent)
            {
                text = InContent(ref reader);
            }

            reader.Skip();
        }

        return isUser ? text : -1;
    }

    /// <summary>A text, or parts of which one is a text and none anything else.</summary>
    private static int InContent(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return (int)reader.TokenStartIndex;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return -1;
        }

        int found = -1, parts = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            parts++;
            var isText = false;
            var at = -1;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isType = reader.ValueTextEquals("type"u8);
                var isTextMember = reader.ValueTextEquals("text"u8);
                reader.Read();
                isText |= isType && reader.TokenType == JsonTokenType.String && (reader.ValueTextEquals("text"u8) || reader.ValueTextEquals("input_text"u8));
                at = isTextMember && reader.TokenType == JsonTokenType.String ? (int)reader.TokenStartIndex : at;
                reader.Skip();
            }

            found = isText ? at : -1;
        }

        return parts == 1 ? found : -1;
    }
}
