using System.Buffers;
using System.Text.Json;

namespace AiOrchestrator.Core.Platform;

/// <summary>The envelopes failures are told in.</summary>
public enum ErrorShape
{
    /// <summary>OpenAI's: <c>{"error":{"message","type","param","code","metadata"?}}</c>.</summary>
    OpenAi,

    /// <summary>
    /// Anthropic's: <c>{"type":"error","error":{"type","message"},"request_id"}</c> (https://docs.claude.com/en/api/errors), with our
    /// <c>param</c>, <c>code</c> and <c>metadata</c> beside the message.
    /// </summary>
    Anthropic,

    /// <summary>
    /// OpenAI's, which inside a stream of events of a response stands beside the members of its error event:
    /// <c>{"type":"error","sequence_number","code","message","param","error":{…}}</c>.
    /// </summary>
    Responses,
}

/// <summary>Writes a failure into an envelope.</summary>
internal static class ErrorEnvelopes
{
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The envelope of a failure.</summary>
    /// <param name="failure">Which.</param>
    /// <param name="shape">Whose envelope.</param>
    /// <param name="requestId">What the request is called, where the envelope says so; null where it is not known.</param>
    /// <param name="sequence">Which event of a stream it is; null for an answer.</param>
    public static ReadOnlyMemory<byte> Write(ApiFailure failure, ErrorShape shape, string? requestId, long? sequence = null)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer, Options);
        writer.WriteStartObject();
        if (shape == ErrorShape.Anthropic)
        {
            writer.WriteString("type"u8, "error"u8);
        }

        if (sequence is { } number)
        {
            writer.WriteString("type"u8, "error"u8);
            writer.WriteNumber("sequence_number"u8, number);
            writer.WriteString("code"u8, failure.Code);
            writer.WriteString("message"u8, failure.Message);
            writer.WriteString("param"u8, failure.Param);
        }

        writer.WriteStartObject("error"u8);
        writer.WriteString("message"u8, failure.Message);
        writer.WriteString("type"u8, shape == ErrorShape.Anthropic ? AnthropicType(failure.Status) : failure.Type);
        writer.WriteString("param"u8, failure.Param);
        writer.WriteString("code"u8, failure.Code);
        if (failure.HasMetadata)
        {
            writer.WriteStartObject("metadata"u8);
            failure.WriteMetadata(writer);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        if (shape == ErrorShape.Anthropic && requestId is not null)
        {
            writer.WriteString("request_id"u8, requestId);
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>Anthropic's word for a status; docs/operations/errors.md lists them.</summary>
    public static string AnthropicType(int status) => status switch
    {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 or 529 => "overloaded_error",
        504 => "timeout_error",
        >= 500 => "api_error",
        _ => "invalid_request_error",
    };
}
