namespace AiOrchestrator.Core.Providers.Gemini;

/// <summary>What lies at an address, which Gemini wants to be told (https://ai.google.dev/gemini-api/docs/file-input-methods).</summary>
internal static class GeminiMedia
{
    /// <summary>The media type its extension says; null where it says none that is known.</summary>
    public static string? TypeOf(string url)
    {
        var end = url.AsSpan().IndexOfAny('?', '#');
        var path = end < 0 ? url.AsSpan() : url.AsSpan(0, end);
        return path[(path.LastIndexOf('.') + 1)..].ToString().ToUpperInvariant() switch
        {
            "PNG" => "image/png",
            "JPG" or "JPEG" => "image/jpeg",
            "WEBP" => "image/webp",
            "GIF" => "image/gif",
            "HEIC" => "image/heic",
            "HEIF" => "image/heif",
            "PDF" => "application/pdf",
            "TXT" or "MD" => "text/plain",
            "CSV" => "text/csv",
            "HTML" or "HTM" => "text/html",
            "MP3" => "audio/mp3",
            "WAV" => "audio/wav",
            "MP4" => "video/mp4",
            _ => null,
        };
    }
}
