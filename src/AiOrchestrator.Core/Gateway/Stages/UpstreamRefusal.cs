using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Chat;

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
        var status = exchange.UpstreamStatus;
        var provider = exchange.Route!.Provider.Id;
        if (status is not (400 or 404 or 409 or 413 or 415 or 422 or 429))
        {
            return status is 401 or 403 ? new UpstreamRefusedUs(provider) : new UpstreamFailed(provider, status);
        }

        AnswerHeaders.Write(exchange);
        byte[] body;
        try
        {
            body = await ReadErrorAsync(exchange);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            // The status is known and is what counts; its wording did not arrive.
            body = [];
        }

        return Worded(exchange, status, body) ?? new UpstreamRefused(provider, status);
    }

    private static ApiFailure? Worded(Exchange exchange, int status, byte[] body)
    {
        var provider = exchange.Route!.Provider;
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (exchange.Translation is null
                && root.ValueKind == JsonValueKind.Object && root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
                && !provider.Secrets.Any(s => body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(s)) >= 0))
            {
                return new UpstreamWorded(provider.Id, status, body);
            }

            // Servers that call themselves compatible word errors in shapes of their own: what they say is told in OpenAI's.
            return provider.Format.ReadError(root) is { } said ? new UpstreamExplained(provider.Id, status, Scrubbed(said, provider)) : null;
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

    private static async ValueTask<byte[]> ReadErrorAsync(Exchange exchange)
    {
        var buffer = new byte[MaxErrorBytes];
        await using var stream = await exchange.Answer!.Content.ReadAsStreamAsync(exchange.Watch!.Token);
        var length = await stream.ReadAtLeastAsync(buffer, MaxErrorBytes, throwOnEndOfStream: false, exchange.Watch.Token);
        return length < MaxErrorBytes ? buffer.AsSpan(0, length).ToArray() : [];
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
