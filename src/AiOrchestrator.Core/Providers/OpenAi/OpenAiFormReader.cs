using System.Net.Http.Headers;
using System.Text;
using System.Text.Unicode;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// Reads what the gateway needs from the form of a transcription (https://platform.openai.com/docs/api-reference/audio/createTranscription) or a
/// video (…/videos/create; RFC 7578), where it stands: the form is never taken apart. What another reader could read otherwise is refused: doubled fields, names in
/// two spellings, anything between the parts.
/// </summary>
internal static class OpenAiFormReader
{
    /// <summary>The largest file providers of this format take: 25 MiB.</summary>
    public const int MaxFileBytes = 25 * 1024 * 1024;

    private const int MaxParts = 64;
    private const int MaxBoundaryLength = 70;
    private const int MaxHeaderBytes = 4096;

    /// <summary>Reads a form.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="contentType">The request's content type, with its boundary.</param>
    /// <param name="call">Which call it is for.</param>
    /// <param name="facts">What was found; only complete when null is returned.</param>
    public static ApiFailure? Read(ReadOnlySpan<byte> body, string? contentType, ModelCall call, RequestFacts facts)
    {
        if (Boundary(contentType) is not { } boundary)
        {
            return new InvalidForm("its content-type must be multipart/form-data with a boundary.");
        }

        facts.IsForm = true;
        facts.Boundary = boundary;
        return ReadParts(body, Encoding.ASCII.GetBytes("\r\n--" + boundary), call, facts) ?? Missing(call, facts);
    }

    /// <summary>Whether a body of this type is a form.</summary>
    public static bool IsForm(string? contentType) => contentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) is true;

    private static string? Boundary(string? contentType)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type) || !"multipart/form-data".Equals(type.MediaType, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var boundaries = type.Parameters.Where(static p => "boundary".Equals(p.Name, StringComparison.OrdinalIgnoreCase)).ToList();
        return boundaries is [{ Value: { } value }] && value.Trim('"') is { Length: > 0 and <= MaxBoundaryLength } boundary && Ascii.IsValid(boundary) ? boundary : null;
    }

    private static ApiFailure? ReadParts(ReadOnlySpan<byte> body, byte[] delimiter, ModelCall call, RequestFacts facts)
    {
        // The first delimiter has no line end before it.
        if (!body.StartsWith(delimiter.AsSpan(2)))
        {
            return new InvalidForm("it does not begin with its boundary.");
        }

        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var at = delimiter.Length - 2;
        while (!body[at..].StartsWith("--"u8))
        {
            if (names.Count == MaxParts)
            {
                return new InvalidForm($"it has more than {MaxParts} parts.");
            }

            if (!body[at..].StartsWith("\r\n"u8) || body[at..].IndexOf("\r\n\r\n"u8) is var headers && headers is < 0 or > MaxHeaderBytes)
            {
                return new InvalidForm("a part of it has no headers.");
            }

            var start = at + headers + 4;
            var length = body[start..].IndexOf(delimiter);
            if (length < 0)
            {
                return new InvalidForm("its last part does not end.");
            }

            // The line end before the first header is also that of an empty list of headers.
            var name = Name(body.Slice(at, headers + 2));
            if (name is null || !names.Add(name))
            {
                return new InvalidForm(name is null ? "a part of it has no plain name." : "a part of it is given more than once.");
            }

            if (ReadPart(name, body, new ByteRange(start, length), call, facts) is { } failure)
            {
                return failure;
            }

            at = start + length + delimiter.Length;
        }

        return null;
    }

    /// <summary>The name in a part's headers; null where there is none, or one that two readers may read differently.</summary>
    private static string? Name(ReadOnlySpan<byte> headers)
    {
        if (!Utf8.IsValid(headers))
        {
            return null;
        }

        var lines = Encoding.UTF8.GetString(headers).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var dispositions = lines.Where(static l => l.StartsWith("content-disposition:", StringComparison.OrdinalIgnoreCase)).ToList();
        return dispositions is [var line]
            && ContentDispositionHeaderValue.TryParse(line["content-disposition:".Length..].Trim(), out var disposition)
            && disposition.Parameters.Count(static p => p.Name.StartsWith("name", StringComparison.OrdinalIgnoreCase)) == 1
            && disposition.Name?.Trim('"') is { Length: > 0 and <= 128 } name
            && !name.AsSpan().ContainsAny('"', '\\')
                ? name
                : null;
    }

    private static ApiFailure? ReadPart(string name, ReadOnlySpan<byte> body, ByteRange value, ModelCall call, RequestFacts facts)
    {
        var bytes = body.Slice(value.Start, value.Length);
        switch (name)
        {
            case "file" when call == ModelCall.Transcriptions:
                facts.Media.File = value;
                return value.Length > MaxFileBytes
                    ? new InvalidParameter("file", $"'file' is larger than {MaxFileBytes} bytes.")
                    : value.IsPresent ? null : new InvalidParameter("file", "'file' is empty.");
            case "model":
                if (value.Length is 0 or > 256 || !Utf8.IsValid(bytes))
                {
                    return new InvalidParameter("model", "'model' must be a text of 1 to 256 characters.");
                }

                facts.Model = Encoding.UTF8.GetString(bytes);
                facts.ModelRange = value;
                return null;
            case "response_format":
                facts.Media.Format = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, 32)]);
                return OpenAiMediaReader.IsWord(facts.Media.Format) ? null : new InvalidParameter(name, "'response_format' must be a word.");
            case "stream":
                facts.Stream = bytes.SequenceEqual("true"u8);
                return facts.Stream || bytes.SequenceEqual("false"u8) ? null : new InvalidParameter(name, "'stream' must be true or false.");
            case "prompt":
                facts.TextBytes = value.Length;
                facts.Messages = value.IsPresent ? 1 : 0;
                return null;
            default:
                return call.Traits().IsVideo ? OpenAiVideoReader.ReadField(name, bytes, facts) : null;
        }
    }

    private static ApiFailure? Missing(ModelCall call, RequestFacts facts) => call.Traits().IsVideo ? OpenAiVideoReader.Finish(call, facts)
        : !facts.ModelRange.IsPresent ? new MissingParameter("model")
        : facts.Media.File.IsPresent ? null
        : new MissingParameter("file");
}
