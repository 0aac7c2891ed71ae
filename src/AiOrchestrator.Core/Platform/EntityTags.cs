using Microsoft.AspNetCore.Http;

namespace AiOrchestrator.Core.Platform;

/// <summary>Document tags on the wire: <c>etag</c> in answers, <c>if-match</c> in requests (RFC 9110, 8.8.3 and 13.1.1).</summary>
internal static class EntityTags
{
    /// <summary>A store's tag as a header value. Some stores give it in quotes already.</summary>
    public static string Format(string etag) => etag.StartsWith('"') ? etag : $"\"{etag}\"";

    /// <summary>Whether the request allows changing a document that has this tag: it says nothing, <c>*</c>, or names the tag.</summary>
    public static bool Allows(HttpRequest request, string etag)
    {
        var header = request.Headers.IfMatch.ToString();
        if (header.Length == 0)
        {
            return true;
        }

        var tag = Format(etag);
        return header.Split(',', StringSplitOptions.TrimEntries).Any(given => given is "*" || string.Equals(given, tag, StringComparison.Ordinal));
    }
}
