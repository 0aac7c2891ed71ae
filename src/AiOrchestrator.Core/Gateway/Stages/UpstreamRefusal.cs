using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Gateway.Responses;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// What a provider's answer other than 200 means to the caller. Refusals of the request itself (400, 404, 409, 413, 415, 422, 429) reach
/// the caller as the provider worded them: byte for byte where both speak one wire format, else its sentence in the caller's envelope. All else
/// becomes an error of ours, since the provider's words may name our credential.
/// </summary>
internal static class UpstreamRefusal
{
    private const int MaxErrorBytes = 64 * 1024;

    public static async ValueTask<ApiFailure> ReadAsync(Exchange exchange)
    {
        if (IsOfRequest(exchange.UpstreamStatus) && !exchange.IsRacing)
        {
            AnswerHeaders.Write(exchange);
        }

        var failure = await ReadAsync(exchange.Route!.Provider, exchange.Answer!, exchange.Rewriting is not null, exchange.Watch!.Token);
        return exchange.Request.PreviousResponseId is { } previous && failure is UpstreamWorded worded && NamesPrevious(worded.Body)
            ? new PreviousResponseNotFound(previous)
            : failure;
    }

    /// <summary>Likewise, of a call that is no exchange.</summary>
    /// <param name="provider">Who refuses.</param>
    /// <param name="answer">Its answer.</param>
    /// <param name="isTranslated">Whether the caller speaks another wire format.</param>
    /// <param name="cancellation">Gives up on the wording.</param>
    public static async ValueTask<ApiFailure> ReadAsync(Provider provider, HttpResponseMessage answer, bool isTranslated, CancellationToken cancellation)
    {
        var status = (int)answer.StatusCode;
        if (status == 403 && await ReadContentAsync(provider, answer, isTranslated, cancellation) is { } content)
        {
            return content;
        }

        if (!IsOfRequest(status))
        {
            return status is 401 or 403 ? new UpstreamRefusedUs(provider.Id) : new UpstreamFailed(provider.Id, status)
            {
                // An hour is more than any client waits, and guards against dates of another clock.
                RetryAfterSeconds = answer.Headers.RetryAfter?.Delta is { TotalSeconds: > 0 and <= 3600 } delta ? (int)delta.TotalSeconds : null,
            };
        }

        return Worded(provider, status, await TryReadErrorAsync(answer, cancellation), isTranslated) ?? new UpstreamRefused(provider.Id, status);
    }

    /// <summary>
    /// A 403 that is about what the caller sent and not about who we are, where the provider says so (https://openrouter.ai/docs/api-reference/errors: 403 is
    /// for input that moderation flagged, with <c>metadata.reasons</c>); null for any other.
    /// </summary>
    private static async ValueTask<ApiFailure?> ReadContentAsync(Provider provider, HttpResponseMessage answer, bool isTranslated, CancellationToken cancellation)
    {
        var body = await TryReadErrorAsync(answer, cancellation);
        return IsOfContent(body) ? Worded(provider, 403, body, isTranslated) ?? new UpstreamRefused(provider.Id, 403) : null;
    }

    private static bool IsOfContent(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.Member("error"u8) is { ValueKind: JsonValueKind.Object } error
                && (error.Member("metadata"u8, JsonValueKind.Object)?.Member("reasons"u8, JsonValueKind.Array) is not null
                    || Names(error.TextOf("code"u8)) || Names(error.TextOf("type"u8)));
        }
        catch (JsonException)
        {
            // Not JSON: the status alone speaks, and that is of credentials.
            return false;
        }

        static bool Names(string? word) => word is not null
            && (word.Contains("content", StringComparison.OrdinalIgnoreCase) || word.Contains("moderation", StringComparison.OrdinalIgnoreCase));
    }

    private static async ValueTask<byte[]> TryReadErrorAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        try
        {
            return await ReadErrorAsync(answer, cancellation);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            // The status is known and is what counts; its wording did not arrive.
            return [];
        }
    }

    /// <summary>Whether the provider does not have what was to be gone on with: it would say so by a name the caller does not know.</summary>
    private static bool NamesPrevious(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        return document.RootElement.Member("error"u8)?.TextOf("code"u8) is "previous_response_not_found";
    }

    private static bool IsOfRequest(int status) => status is 400 or 404 or 409 or 413 or 415 or 422 or 429;

    private static async ValueTask<byte[]> ReadErrorAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        var buffer = new byte[MaxErrorBytes];
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellation);
        var length = await stream.ReadAtLeastAsync(buffer, MaxErrorBytes, throwOnEndOfStream: false, cancellation);
        return length < MaxErrorBytes ? buffer.AsSpan(0, length).ToArray() : [];
    }

    private static ApiFailure? Worded(Provider provider, int status, byte[] body, bool isTranslated)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (!isTranslated
                && root.ValueKind == JsonValueKind.Object && root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
                && !provider.Secrets.Any(s => body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(s)) >= 0))
            {
                return new UpstreamWorded(provider.Id, status, body);
            }

            // Servers that call themselves compatible word errors in shapes of their own: what they say is told in OpenAI's.
            return provider.Format.ReadError(root) switch
            {
                null => null,
                { IsOfCredential: true } => new UpstreamRefusedUs(provider.Id),
                var said => new UpstreamExplained(provider.Id, status, Scrubbed(said, provider)),
            };
        }
        catch (JsonException)
        {
            // Not JSON: then we word it ourselves.
            return null;
        }
    }

    /// <summary>Providers have been seen to repeat the key they do not like.</summary>
    private static ProviderError Scrubbed(ProviderError error, Provider provider) =>
        error with { Message = UpstreamRow.Scrubbed(error.Message, provider) };
}

/// <summary>A refusal in the provider's own words, relayed byte for byte.</summary>
/// <param name="Provider">Its id.</param>
/// <param name="UpstreamStatus">What it answered.</param>
/// <param name="Body">OpenAI's error envelope, as received.</param>
internal sealed record UpstreamWorded(string Provider, int UpstreamStatus, ReadOnlyMemory<byte> Body) : ApiFailure(
    UpstreamStatus, "upstream_error", "upstream_refused", $"The provider '{Provider}' refused the request with status {UpstreamStatus}.")
{
    /// <inheritdoc/>
    public override ReadOnlyMemory<byte>? Verbatim => Body;
}
