using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace AiOrchestrator.Core.Providers.Bedrock;

/// <summary>
/// Signs requests the way AWS wants it, version 4 (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html). Without
/// queries: nothing here has one.
/// </summary>
/// <param name="credential">What to sign with.</param>
/// <param name="region"><c>us-east-1</c>.</param>
/// <param name="service"><c>bedrock</c>.</param>
internal sealed class AwsSignature(AwsCredential credential, string region, string service)
{
    private const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>Adds the time, the session's token and the signature to a request.</summary>
    /// <param name="message">A request whose host and path stay as they are, and whose Content-Type, if it has a body, too.</param>
    /// <param name="bodySha256">The body's SHA-256.</param>
    /// <param name="now">When; AWS takes five minutes for a lie.</param>
    public void Add(HttpRequestMessage message, ReadOnlySpan<byte> bodySha256, DateTimeOffset now)
    {
        var time = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var signed = new SortedList<string, string>(StringComparer.Ordinal) { ["host"] = message.RequestUri!.Authority, ["x-amz-date"] = time };
        if (message.Content?.Headers.ContentType is { } type)
        {
            signed["content-type"] = type.ToString();
        }

        if (credential.SessionToken is { } token)
        {
            signed["x-amz-security-token"] = token;
            message.Headers.TryAddWithoutValidation("X-Amz-Security-Token", token);
        }

        var names = string.Join(';', signed.Keys);
        var scope = $"{time[..8]}/{region}/{service}/aws4_request";
        var canonical = new StringBuilder(1024)
            .Append(message.Method.Method).Append('\n')
            .Append(CanonicalPath(message.RequestUri.AbsolutePath)).Append("\n\n");
        foreach (var (name, value) in signed)
        {
            canonical.Append(name).Append(':').Append(value).Append('\n');
        }

        canonical.Append('\n').Append(names).Append('\n').Append(Convert.ToHexStringLower(bodySha256));
        var toSign = $"{Algorithm}\n{time}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical.ToString())))}";
        var signature = Convert.ToHexStringLower(Hmac(Key(time[..8]), toSign));
        message.Headers.TryAddWithoutValidation("X-Amz-Date", time);
        message.Headers.TryAddWithoutValidation("Authorization", $"{Algorithm} Credential={credential.AccessKeyId}/{scope}, SignedHeaders={names}, Signature={signature}");
    }

    /// <summary>The path as it is sent, encoded once more: every service but S3 wants it so.</summary>
    private static string CanonicalPath(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    private byte[] Key(string day)
    {
        var key = Encoding.UTF8.GetBytes("AWS4" + credential.SecretAccessKey);
        foreach (var step in (ReadOnlySpan<string>)[day, region, service, "aws4_request"])
        {
            key = Hmac(key, step);
        }

        return key;
    }

    private static byte[] Hmac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));
}
