using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>A line of a batch's file: a call, and what it is called (https://platform.openai.com/docs/api-reference/batch/request-input).</summary>
/// <param name="CustomId">What the caller calls it.</param>
/// <param name="Endpoint">The path it goes to.</param>
/// <param name="Body">Where its body stands in the line.</param>
internal readonly record struct BatchLine(string CustomId, string Endpoint, ByteRange Body)
{
    /// <summary>Longest name of a call.</summary>
    public const int MaxIdLength = 512;

    /// <summary>What a line may have beside its body, bytes.</summary>
    public const int MaxEnvelopeBytes = 16 * 1024;

    private const string PathPrefix = "/v1/";

    /// <summary>The paths of calls that may be in a batch: of text, charged by tokens.</summary>
    private static readonly string[] Paths = ["chat/completions", "responses", "embeddings", "completions"];

    /// <summary>The call a path stands for; null for none that may be in a batch.</summary>
    public static ModelCall? CallOf(string endpoint)
    {
        var at = endpoint.StartsWith(PathPrefix, StringComparison.Ordinal) && Paths.Contains(endpoint[PathPrefix.Length..])
            ? ModelCalls.All.ToArray().ToList().FindIndex(c => c.Path == endpoint[PathPrefix.Length..])
            : -1;
        return at < 0 ? null : (ModelCall)at;
    }

    /// <summary>Reads a line.</summary>
    /// <param name="line">All of it.</param>
    /// <param name="read">What was found, where null is returned.</param>
    public static ApiFailure? Read(ReadOnlySpan<byte> line, out BatchLine read)
    {
        read = default;
        try
        {
            var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = OpenAiRequestReader.MaxDepth + 1 });
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject ? ReadObject(ref reader, out read) : new InvalidJson("it is another JSON value.");
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // What callers send is outside our control. The second is what the reader throws at names and texts with half a surrogate pair.
            return new InvalidJson("it is malformed or nested too deeply.");
        }
    }

    private static ApiFailure? ReadObject(ref Utf8JsonReader reader, out BatchLine read)
    {
        read = default;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        string? customId = null, method = null, url = null;
        var body = default(ByteRange);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!seen.Add(name))
            {
                // Two readers of one line may pick different ones: what is checked here must be what is obeyed there.
                return new InvalidParameter(name, $"Duplicate member: '{name}' is given more than once.");
            }

            reader.Read();
            var text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            var isObject = reader.TokenType == JsonTokenType.StartObject;
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            (customId, method, url) = (name == "custom_id" ? text : customId, name == "method" ? text : method, name == "url" ? text : url);
            body = name == "body" && isObject ? new ByteRange(start, (int)reader.BytesConsumed - start) : body;
        }

        reader.Read(); // Throws where anything but white space follows.
        if (customId is not { Length: > 0 and <= MaxIdLength })
        {
            return new InvalidParameter("custom_id", $"'custom_id' must be a string of 1 to {MaxIdLength} characters.");
        }

        if (method != "POST")
        {
            return new InvalidParameter("method", "'method' must be \"POST\".");
        }

        if (url is null || CallOf(url) is null)
        {
            return new InvalidParameter("url", "'url' must be a path of calls that batches can have, such as \"/v1/chat/completions\", \"/v1/responses\" or \"/v1/embeddings\".");
        }

        read = new BatchLine(customId, url, body);
        return body.IsPresent ? null : new MissingParameter("body");
    }
}
