using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.Gemini;

/// <summary>
/// A service account of Google Cloud, as its key file describes it (https://cloud.google.com/iam/docs/keys-create-delete). A row's secret that is
/// such a file is not sent to the provider: an access token is had for it. Anything else is an API key.
/// </summary>
/// <param name="Email">Who it is.</param>
/// <param name="KeyId">The key's name; null where the file has none.</param>
/// <param name="TokenUri">Where tokens are had.</param>
internal sealed record GoogleAccount(string Email, string? KeyId, Uri TokenUri)
{
    /// <summary>What Vertex AI asks for (https://developers.google.com/identity/protocols/oauth2/scopes).</summary>
    private const string Scope = "https://www.googleapis.com/auth/cloud-platform";

    private const string UsualTokenUri = "https://oauth2.googleapis.com/token";

    /// <summary>As long as Google allows.</summary>
    private static readonly TimeSpan AssertionLife = TimeSpan.FromHours(1);

    private readonly string _privateKey = "";

    /// <summary>Tells one key from another without holding it.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Whether a secret is a key file rather than a key.</summary>
    public static bool Is(string secret) => secret.StartsWith('{');

    /// <summary>Reads a key file.</summary>
    /// <param name="secret">Its text.</param>
    /// <returns>The account, or what is wrong with the file; never what it holds.</returns>
    public static (GoogleAccount? Account, string? Problem) Read(string secret)
    {
        try
        {
            using var file = JsonDocument.Parse(secret);
            var root = file.RootElement;
            if (root.TextOf("type"u8) != "service_account")
            {
                return (null, "leads to JSON that is not of \"type\": \"service_account\"");
            }

            if (root.TextOf("client_email"u8) is not { Length: > 0 } email || root.TextOf("private_key"u8) is not { Length: > 0 } key)
            {
                return (null, "leads to a service account without client_email or private_key");
            }

            if (!Uri.TryCreate(root.TextOf("token_uri"u8) ?? UsualTokenUri, UriKind.Absolute, out var uri) || !IsSafe(uri))
            {
                return (null, "leads to a service account whose token_uri is no https address");
            }

            var fingerprint = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
            return (new GoogleAccount(email, root.TextOf("private_key_id"u8), uri, key) { Fingerprint = fingerprint }, null);
        }
        catch (JsonException)
        {
            // Whoever administers the row is told; the text itself is a secret and is not.
            return (null, "leads to what is neither an API key nor the JSON of a service account");
        }
    }

    private GoogleAccount(string email, string? keyId, Uri tokenUri, string privateKey)
        : this(email, keyId, tokenUri) => _privateKey = privateKey;

    /// <summary>A signed assertion to have a token for (https://developers.google.com/identity/protocols/oauth2/service-account, RFC 7523).</summary>
    /// <exception cref="CryptographicException">The private key is none.</exception>
    /// <exception cref="ArgumentException">Likewise.</exception>
    public string Assertion(DateTimeOffset now)
    {
        using var rsa = RSA.Create();
        rsa.ImportFromPem(_privateKey);
        var head = KeyId is null ? """{"alg":"RS256","typ":"JWT"}""" : $$"""{"alg":"RS256","typ":"JWT","kid":{{Json(KeyId)}}}""";
        var claims = string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"iss":{{Json(Email)}},"scope":"{{Scope}}","aud":{{Json(TokenUri.OriginalString)}},"iat":{{now.ToUnixTimeSeconds()}},"exp":{{(now + AssertionLife).ToUnixTimeSeconds()}}}""");
        var signed = $"{Encoded(head)}.{Encoded(claims)}";
        return $"{signed}.{Base64Url.EncodeToString(rsa.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    /// <summary>Without what nobody is to see.</summary>
    public override string ToString() => Email;

    /// <summary>A signed assertion is as good as a password for an hour: in the clear it goes no further than this machine.</summary>
    private static bool IsSafe(Uri uri) => uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback);

    private static string Encoded(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private static string Json(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
