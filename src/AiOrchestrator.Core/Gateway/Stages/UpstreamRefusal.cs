using System.Text.Json;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// What a provider's answer other than 200 means to the caller. Refusals of the request itself (400, 404, 409, 413, 415, 422, 429) reach
/// the caller as the provider worded them, if they have OpenAI's shape; all else becomes an error of ours, since the provider's words
/// may name our credential.
/// </summary>
internal static class UpstreamRefusal
{
    private const int MaxErrorBytes = 64 * 1024;

    public static async ValueTask<ApiFailure> ReadAsync(Exchange exchange)
    {
        if (IsOfRequest(exchange.UpstreamStatus))
        {
            AnswerHeaders.Write(exchange);
        }

        return await ReadAsync(exchange.Route!.Provider.Id, exchange.Answer!, exchange.Watch!.Token);
    }

    /// <summary>Likewise, of a call that is no exchange.</summary>
    public static async ValueTask<ApiFailure> ReadAsync(string provider, HttpResponseMessage answer, CancellationToken cancellation)
    {
        var status = (int)answer.StatusCode;
        if (!IsOfRequest(status))
        {
            return status is 401 or 403 ? new UpstreamRefusedUs(provider) : new UpstreamFailed(provider, status);
        }

        byte[]? worded;
        try
        {
            worded = await ReadErrorAsync(answer, cancellation);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            // The status is known and is what counts; its wording did not arrive.
            worded = null;
        }

        return worded is null ? new UpstreamRefused(provider, status) : new UpstreamWorded(provider, status, worded);
    }

    private static bool IsOfRequest(int status) => status is 400 or 404 or 409 or 413 or 415 or 422 or 429;

    private static async ValueTask<byte[]?> ReadErrorAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        var buffer = new byte[MaxErrorBytes];
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellation);
        var length = await stream.ReadAtLeastAsync(buffer, MaxErrorBytes, throwOnEndOfStream: false, cancellation);
        var body = buffer.AsSpan(0, length).ToArray();
        return length < MaxErrorBytes && HasOpenAiShape(body) ? body : null;
    }

    private static bool HasOpenAiShape(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("error", out var error)
                && error.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            // Not JSON: then we word it ourselves.
            return false;
        }
    }
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
