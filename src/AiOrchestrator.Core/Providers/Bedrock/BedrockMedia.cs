using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Bedrock;

/// <summary>
/// Writes pictures and files (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ImageBlock.html, …_DocumentBlock.html). One for each
/// request: the files of a request have different names.
/// </summary>
/// <param name="writer">Where to.</param>
internal sealed class BedrockMedia(Utf8JsonWriter writer)
{
    private const int MaxNameLength = 200;

    /// <summary>Formats of documents by media type and by the end of a file's name.</summary>
    private static readonly (string MediaType, string Format)[] Documents =
    [
        ("application/pdf", "pdf"), ("text/csv", "csv"), ("application/msword", "doc"), ("text/html", "html"), ("text/plain", "txt"), ("text/markdown", "md"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"), ("application/vnd.ms-excel", "xls"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ];

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Writes a picture.</summary>
    public UnsupportedParameter? WriteImage(ImagePart image, string path)
    {
        var format = image.Source.MediaType switch
        {
            null or "image/png" => "png",
            "image/jpeg" or "image/jpg" => "jpeg",
            "image/gif" => "gif",
            "image/webp" => "webp",
            _ => null,
        };
        if (image.Source.Place != MediaPlace.Base64 || format is null)
        {
            return new UnsupportedParameter(path, $"'{path}' cannot be served by this model: send the picture in base64, as PNG, JPEG, GIF or WebP.");
        }

        writer.WriteStartObject("image"u8);
        writer.WriteString("format"u8, format);
        writer.WriteStartObject("source"u8);
        writer.WriteInside("bytes"u8, image.Source.Base64);
        writer.WriteEndObject();
        writer.WriteEndObject();
        return null;
    }

    /// <summary>Writes a file.</summary>
    public UnsupportedParameter? WriteDocument(DocumentPart document, string path)
    {
        var name = document.Name?.GetString();
        var isText = document.Source.Place == MediaPlace.Text;
        if ((document.Source.Place != MediaPlace.Base64 && !isText) || (isText ? "txt" : Format(document.Source.MediaType, name)) is not { } format)
        {
            return new UnsupportedParameter(
                path, $"'{path}' cannot be served by this model: send the file in base64, as PDF, CSV, Word, Excel, HTML, Markdown or plain text.");
        }

        writer.WriteStartObject("document"u8);
        writer.WriteString("format"u8, format);
        writer.WriteString("name"u8, Named(name));
        writer.WriteStartObject("source"u8);
        if (isText)
        {
            writer.WriteIfAny("text"u8, document.Source.Value);
        }
        else
        {
            writer.WriteInside("bytes"u8, document.Source.Base64);
        }

        writer.WriteEndObject();
        if (document.Cites is { } cites)
        {
            writer.WriteStartObject("citations"u8);
            writer.WriteBoolean("enabled"u8, cites);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        return null;
    }

    private static string? Format(string? mediaType, string? name)
    {
        var found = Array.Find(Documents, d => d.MediaType == mediaType).Format
            ?? Array.Find(Documents, d => name is not null && name.EndsWith("." + d.Format, StringComparison.OrdinalIgnoreCase)).Format;
        return found ?? (mediaType is null && name is null ? "pdf" : null);
    }

    /// <summary>Letters, digits, hyphens, brackets and single spaces are all a name may hold, and no two files may share one.</summary>
    private string Named(string? name)
    {
        var text = new StringBuilder();
        foreach (var c in (name ?? "document").AsSpan())
        {
            var kept = char.IsAsciiLetterOrDigit(c) || c is '-' or '(' or ')' or '[' or ']' ? c : ' ';
            if (text.Length < MaxNameLength && !(kept == ' ' && (text.Length == 0 || text[^1] == ' ')))
            {
                text.Append(kept);
            }
        }

        var wanted = text.ToString().TrimEnd();
        wanted = wanted.Length == 0 ? "document" : wanted;
        var unique = wanted;
        for (var n = 2; !_names.Add(unique); n++)
        {
            unique = $"{wanted} {n}";
        }

        return unique;
    }
}
