using System.Text.Json;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Traffic.Facts;

/// <summary>
/// Reads out of a request what rules and classifiers look at: its words and what it needs of a model, in every dialect that is served. Never throws: what
/// cannot be read is passed over.
/// </summary>
internal static class PromptReader
{
    /// <summary>Most names of files that are looked at.</summary>
    public const int MaxFiles = 50;

    /// <summary>What a call needs of a model beside conversing in text. Looks into messages only where they may hold parts.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="call">Which call it is for.</param>
    /// <param name="facts">What parsing found.</param>
    /// <param name="textBytes">How long what the model reads as text is, as it stands in the body: the prompt without images, sound and files, the system's word, tools.</param>
    public static CallNeeds Needs(ReadOnlySpan<byte> body, ModelCall call, RequestFacts facts, out long textBytes)
    {
        textBytes = (long)facts.PromptRange.Length + facts.SystemRange.Length + facts.QueryRange.Length + facts.Media.Text.Length + facts.ToolsRange.Length + facts.FunctionsRange.Length;
        var needs = OfCall(call)
            | (facts.Images > 0 ? CallNeeds.Vision : CallNeeds.None)
            | (facts.Tools > 0 || Slice(body, facts.FunctionsRange).Contains((byte)'{') ? CallNeeds.Tools : CallNeeds.None);
        try
        {
            needs |= SaysJson(Slice(body, facts.ResponseFormatRange)) || SaysJson(Slice(body, facts.OutputFormatRange)) ? CallNeeds.Json : CallNeeds.None;
            needs |= OfModalities(Slice(body, facts.ModalitiesRange));
            needs |= DrawsByTool(Slice(body, facts.ToolsRange)) ? CallNeeds.ImageGen : CallNeeds.None;
        }
        catch (JsonException)
        {
            // Safe: a value that is malformed was refused when it was parsed; here it asks for nothing.
        }

        if (!MayHoldParts(Slice(body, facts.PromptRange)))
        {
            return needs;
        }

        var walk = new PromptWalk(body, keepsText: false);
        walk.Walk(call, facts);
        textBytes -= walk.MediaBytes;
        return needs | walk.Needs;
    }

    /// <summary>The names of the files in a call's parts, as the caller gives them: <c>filename</c>, or the <c>title</c> of a document; at most <see cref="MaxFiles"/>.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="facts">What parsing found.</param>
    public static IReadOnlyList<string> FileNames(ReadOnlySpan<byte> body, RequestFacts facts)
    {
        var names = new List<string>();
        var reader = new Utf8JsonReader(Slice(body, facts.PromptRange), new JsonReaderOptions { MaxDepth = OpenAiRequestReader.MaxDepth });
        try
        {
            while (names.Count < MaxFiles && reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && (JsonText.Says(ref reader, "filename"u8) || JsonText.Says(ref reader, "title"u8))
                    && reader.Read() && reader.TokenType == JsonTokenType.String)
                {
                    names.Add(reader.GetString()!);
                }
            }
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            // Safe: a name that cannot be read names no file.
        }

        return names;
    }

    /// <summary>The words of a call, turn after turn; of more than <see cref="PromptText.MaxChars"/> characters the end. Those of a form are not read.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="call">Which call it is for.</param>
    /// <param name="facts">What parsing found.</param>
    public static PromptText Text(ReadOnlySpan<byte> body, ModelCall call, RequestFacts facts)
    {
        if (facts.IsForm)
        {
            return PromptText.Unread;
        }

        var walk = new PromptWalk(body, keepsText: true);
        try
        {
            walk.Walk(call, facts);
            return walk.Text();
        }
        finally
        {
            walk.Dispose();
        }
    }

    internal static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> body, ByteRange range) =>
        range.IsPresent && range.Start >= 0 && range.End <= body.Length ? body.Slice(range.Start, range.Length) : [];

    private static CallNeeds OfCall(ModelCall call) => call switch
    {
        ModelCall.ImageGenerations => CallNeeds.ImageGen,
        ModelCall.Videos or ModelCall.VideoRemixes => CallNeeds.VideoGen,
        ModelCall.Speech => CallNeeds.AudioOut,
        ModelCall.Transcriptions => CallNeeds.AudioIn,
        _ => CallNeeds.None,
    };

    /// <summary>Parts have a type or are named by one; an escape may hide either.</summary>
    private static bool MayHoldParts(ReadOnlySpan<byte> prompt) =>
        prompt.Length > 0 && prompt[0] == '[' && (prompt.IndexOf("\"type\""u8) >= 0 || prompt.IndexOf("_url\""u8) >= 0 || prompt.IndexOf("\\u"u8) >= 0);

    private static bool SaysJson(ReadOnlySpan<byte> format)
    {
        var reader = Reader(format);
        while (format.Length > 0 && reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth <= 2 && JsonText.Says(ref reader, "type"u8)
                && reader.Read() && reader.TokenType == JsonTokenType.String && (JsonText.Says(ref reader, "json_object"u8) || JsonText.Says(ref reader, "json_schema"u8)))
            {
                return true;
            }
        }

        return false;
    }

    private static CallNeeds OfModalities(ReadOnlySpan<byte> modalities)
    {
        var needs = CallNeeds.None;
        var reader = Reader(modalities);
        while (modalities.Length > 0 && reader.Read())
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                needs |= JsonText.Says(ref reader, "audio"u8) ? CallNeeds.AudioOut : JsonText.Says(ref reader, "image"u8) ? CallNeeds.ImageGen : CallNeeds.None;
            }
        }

        return needs;
    }

    private static bool DrawsByTool(ReadOnlySpan<byte> tools)
    {
        if (tools.IndexOf("image_generation"u8) < 0)
        {
            return false;
        }

        var reader = Reader(tools);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 2 && JsonText.Says(ref reader, "type"u8)
                && reader.Read() && reader.TokenType == JsonTokenType.String && JsonText.Says(ref reader, "image_generation"u8))
            {
                return true;
            }
        }

        return false;
    }

    private static Utf8JsonReader Reader(ReadOnlySpan<byte> json) => new(json, new JsonReaderOptions { MaxDepth = OpenAiRequestReader.MaxDepth });
}
