using System.Text.Json;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.Bedrock;

/// <summary>What requests to AWS are signed with.</summary>
/// <param name="AccessKeyId">Names the key; no secret.</param>
/// <param name="SecretAccessKey">Never sent.</param>
/// <param name="SessionToken">Sent with credentials that are valid for a time only; else null.</param>
internal sealed record AwsCredential(string AccessKeyId, string SecretAccessKey, string? SessionToken)
{
    /// <summary>What a row's secret must be, for errors.</summary>
    public const string Shape = "ACCESS_KEY:SECRET, ACCESS_KEY:SECRET:SESSION, a JSON object with accessKeyId and secretAccessKey, or a Bedrock API key";

    /// <summary>
    /// Reads a row's secret: <c>ACCESS_KEY:SECRET[:SESSION]</c>, or a JSON object as AWS' own tools print it, whose names begin with a capital letter or
    /// not.
    /// </summary>
    /// <param name="secret">As the reference leads to it.</param>
    /// <param name="credential">Null for a single word: an API key of Bedrock's, which is sent as it is.</param>
    /// <returns>Whether it is any of these.</returns>
    public static bool TryParse(string secret, out AwsCredential? credential)
    {
        var parts = secret.StartsWith('{') ? OfJson(secret) : secret.Split(':');
        credential = parts.Length is 2 or 3 ? new AwsCredential(parts[0], parts[1], parts.ElementAtOrDefault(2)) : null;
        return parts.Length is > 0 and <= 3 && Array.TrueForAll(parts, static p => p.Length > 0);
    }

    /// <summary>The record's own would print the secret.</summary>
    public override string ToString() => AccessKeyId;

    /// <summary>The same parts; none where the object lacks one or is none.</summary>
    private static string[] OfJson(string secret)
    {
        try
        {
            using var json = JsonDocument.Parse(secret);
            var root = json.RootElement;
            var id = root.TextOf("accessKeyId"u8) ?? root.TextOf("AccessKeyId"u8);
            var key = root.TextOf("secretAccessKey"u8) ?? root.TextOf("SecretAccessKey"u8);
            var session = root.TextOf("sessionToken"u8) ?? root.TextOf("SessionToken"u8);
            return id is null || key is null ? [] : string.IsNullOrEmpty(session) ? [id, key] : [id, key, session];
        }
        catch (JsonException)
        {
            // The row's administrator is told what it must be; the parser's message may quote the secret.
            return [];
        }
    }
}
