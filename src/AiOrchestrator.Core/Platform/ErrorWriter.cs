using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace AiOrchestrator.Core.Platform;

/// <summary>
/// The one place where a failure becomes bytes: OpenAI's envelope
/// <c>{"error":{"message","type","param","code","metadata"?}}</c> as an answer, or as an event inside a stream.
/// </summary>
public static class ErrorWriter
{
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Answers with a failure. The response must not have started.</summary>
    public static Task WriteAsync(HttpContext context, ApiFailure failure)
    {
        var response = context.Response;
        var body = failure.Verbatim ?? Envelope(failure);
        response.StatusCode = failure.Status;
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        if (failure.RetryAfterSeconds is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (!failure.MayRetry)
        {
            response.Headers["x-should-retry"] = "false";
        }

        return response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    /// <summary>The failure as one server-sent event, ready to be written into a stream that has started.</summary>
    public static ReadOnlyMemory<byte> Event(ApiFailure failure)
    {
        var body = Envelope(failure);
        var line = new ArrayBufferWriter<byte>(body.Length + 8);
        line.Write("data: "u8);
        line.Write(body.Span);
        line.Write("\n\n"u8);
        return line.WrittenMemory;
    }

    private static ReadOnlyMemory<byte> Envelope(ApiFailure failure)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer, Options);
        writer.WriteStartObject();
        writer.WriteStartObject("error"u8);
        writer.WriteString("message"u8, failure.Message);
        writer.WriteString("type"u8, failure.Type);
        writer.WriteString("param"u8, failure.Param);
        writer.WriteString("code"u8, failure.Code);
        if (failure.HasMetadata)
        {
            writer.WriteStartObject("metadata"u8);
            failure.WriteMetadata(writer);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }
}
