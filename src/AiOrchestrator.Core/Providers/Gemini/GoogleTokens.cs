using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using AiOrchestrator.Core.Providers.Chat;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Providers.Gemini;

/// <summary>
/// Access tokens for service accounts. Had when provider rows are loaded, which happens every few minutes, and anew from half of a token's life on: calls
/// never wait for one, and a token endpoint may be away for half an hour before a call notices.
/// </summary>
/// <remarks>Asked by one load at a time.</remarks>
internal sealed class GoogleTokens(TimeProvider time, ILogger<GoogleTokens> log) : IDisposable
{
    private const int MaxAnswerBytes = 64 * 1024;
    private const int MaxShownLength = 200;

    /// <summary>A token with less left than this is not given out.</summary>
    private static readonly TimeSpan LeastLeft = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, Token> _tokens = new(StringComparer.Ordinal);
    private readonly HttpMessageInvoker _invoker = new(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
    });

    /// <summary>The token of an account that is good until the next load.</summary>
    /// <returns>The token, or why there is none.</returns>
    public async Task<(string? Token, string? Problem)> GetAsync(GoogleAccount account, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var known = _tokens.GetValueOrDefault(account.Fingerprint);
        if (known is not null && now < known.Had + (known.Life / 2))
        {
            return (known.Value, null);
        }

        var (token, problem) = await ExchangeAsync(account, now, cancellation);
        if (token is not null)
        {
            Keep(account.Fingerprint, token, now);
            return (token.Value, null);
        }

        if (known is not null && known.Had + known.Life - now > LeastLeft)
        {
            log.LogWarning("no new access token for {Account} yet, the present one is good until {Until:u}: {Problem}", account, known.Had + known.Life, problem);
            return (known.Value, null);
        }

        return (null, problem);
    }

    /// <inheritdoc/>
    public void Dispose() => _invoker.Dispose();

    private void Keep(string fingerprint, Token token, DateTimeOffset now)
    {
        foreach (var (old, _) in _tokens.Where(t => t.Value.Had + t.Value.Life < now).ToList())
        {
            // Keys that were rotated away.
            _tokens.Remove(old);
        }

        _tokens[fingerprint] = token;
    }

    private async Task<(Token? Token, string? Problem)> ExchangeAsync(GoogleAccount account, DateTimeOffset now, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, account.TokenUri)
            {
                Content = new FormUrlEncodedContent(
                [
                    new("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                    new("assertion", account.Assertion(now)),
                ]),
            };
            using var answer = await _invoker.SendAsync(request, both.Token);
            await answer.Content.LoadIntoBufferAsync(MaxAnswerBytes, both.Token);
            using var body = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(both.Token));
            return Read(answer.StatusCode, body.RootElement, now);
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            return (null, "leads to a service account whose private_key is no RSA key");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or JsonException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            // The next load tries again; until then the row says why it is out of service.
            return (null, $"leads to a service account whose token endpoint cannot be used: {failure.GetType().Name}");
        }
    }

    private static (Token? Token, string? Problem) Read(HttpStatusCode status, JsonElement body, DateTimeOffset now)
    {
        if (status == HttpStatusCode.OK && body.TextOf("access_token"u8) is { Length: > 0 } value && !value.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            var seconds = body.Member("expires_in"u8, JsonValueKind.Number) is { } life && life.TryGetInt32(out var read) ? Math.Clamp(read, 0, 86_400) : 0;
            return (new Token(value, now, TimeSpan.FromSeconds(seconds)), null);
        }

        var said = $"{body.TextOf("error"u8)} {body.TextOf("error_description"u8)}".Trim();
        said = string.Concat(said.Where(static c => c is >= ' ' and <= '~').Take(MaxShownLength));
        return (null, string.Create(CultureInfo.InvariantCulture, $"leads to a service account that is refused a token: {(int)status} {said}").TrimEnd());
    }

    private sealed record Token(string Value, DateTimeOffset Had, TimeSpan Life);
}
