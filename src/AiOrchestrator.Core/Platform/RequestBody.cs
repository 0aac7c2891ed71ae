using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;

namespace AiOrchestrator.Core.Platform;

/// <summary>Reads the JSON object in the body of a control request. Whatever is wrong with it is a value, not an exception.</summary>
internal static class RequestBody
{
    /// <summary>The most a control request may carry, in bytes: a provider row with a few thousand models fits.</summary>
    public const int LimitBytes = 1 << 20;

    /// <summary>The members of the body's object.</summary>
    public static Task<Result<MemberReader>> ReadAsync(HttpContext context) => ReadAsync(context, default);

    /// <summary>The members of the body's object, of which there are none when there is no body.</summary>
    public static Task<Result<MemberReader>> ReadOptionalAsync(HttpContext context) => ReadAsync(context, "{}"u8.ToArray());

    private static async Task<Result<MemberReader>> ReadAsync(HttpContext context, ReadOnlyMemory<byte> whenEmpty)
    {
        var body = await ReadBytesAsync(context, LimitBytes);
        return body.Failed ? body.Failure : Parse(body.Value.Length == 0 ? whenEmpty : body.Value);
    }

    /// <summary>The body as it is.</summary>
    /// <param name="context">Whose.</param>
    /// <param name="limitBytes">The most it may have.</param>
    public static async Task<Result<byte[]>> ReadBytesAsync(HttpContext context, int limitBytes)
    {
        if (context.Request.ContentLength > limitBytes)
        {
            return new BodyTooLarge(limitBytes);
        }

        try
        {
            var reader = context.Request.BodyReader;
            while (true)
            {
                var read = await reader.ReadAsync(context.RequestAborted);
                if (read.Buffer.Length > limitBytes)
                {
                    reader.AdvanceTo(read.Buffer.End);
                    return new BodyTooLarge(limitBytes);
                }

                if (read.IsCompleted)
                {
                    var body = read.Buffer.ToArray();
                    reader.AdvanceTo(read.Buffer.End);
                    return body;
                }

                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
        catch (BadHttpRequestException e)
        {
            // Safe: the server's own verdict on what the client sent; nothing was done yet.
            return e.StatusCode == StatusCodes.Status413PayloadTooLarge ? new BodyTooLarge(limitBytes) : new BodyNotReadable(e.StatusCode);
        }
    }

    /// <summary>The members of the object that a text is.</summary>
    public static Result<MemberReader> Parse(ReadOnlyMemory<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            return new InvalidJson("it is empty.");
        }

        if (!Utf8.IsValid(utf8.Span))
        {
            return new InvalidJson("it is not UTF-8.");
        }

        try
        {
            CheckStrings(utf8.Span);
            using var document = JsonDocument.Parse(utf8);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new MemberReader(document.RootElement.Clone())
                : new InvalidJson("it is not an object.");
        }
        catch (JsonException e)
        {
            // Safe: malformed text is the caller's, and the parser's message names only the position, which helps.
            return new InvalidJson(string.Create(null, $"malformed or nested too deeply at line {(e.LineNumber ?? 0) + 1}, byte {e.BytePositionInLine ?? 0}."));
        }
    }

    /// <summary>Escapes such as a lone <c>\ud800</c> are JSON but not text: they would surface as exceptions wherever a string is read.</summary>
    private static void CheckStrings(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8);
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || !reader.ValueIsEscaped)
            {
                continue;
            }

            try
            {
                _ = reader.GetString();
            }
            catch (InvalidOperationException e)
            {
                throw new JsonException("half a surrogate pair", path: null, lineNumber: null, bytePositionInLine: reader.TokenStartIndex, e);
            }
        }
    }
}
