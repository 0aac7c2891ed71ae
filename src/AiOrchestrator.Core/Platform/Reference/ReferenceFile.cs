using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace AiOrchestrator.Core.Platform.Reference;

/// <summary>A file of the reference page: a resource of this assembly, read when it is first asked for.</summary>
internal sealed class ReferenceFile
{
    private static readonly Lazy<ReferenceFile> ThePage = new(static () => new("reference.html"));
    private static readonly Lazy<ReferenceFile> TheViewer = new(static () => new("rapidoc-min.js.gz"));
    private static readonly Lazy<ReferenceFile> TheLicences = new(static () => new("rapidoc-min.js.LICENSE.txt"));

    private ReferenceFile(string name)
    {
        var embedded = Read(name);
        (Bytes, Gzip) = name.EndsWith(".gz", StringComparison.Ordinal) ? (Unzip(embedded), embedded) : (embedded, []);
        Tag = new EntityTagHeaderValue($"\"{Hash(Bytes)}\"");
        GzipTag = new EntityTagHeaderValue($"\"{Hash(Bytes)}-gzip\"");
    }

    /// <summary>What people open.</summary>
    public static ReferenceFile Page => ThePage.Value;

    /// <summary>The viewer of OpenAPI documents; eng/reference brings it here.</summary>
    public static ReferenceFile Viewer => TheViewer.Value;

    /// <summary>The licences of all that is in the viewer.</summary>
    public static ReferenceFile Licences => TheLicences.Value;

    /// <summary>The file.</summary>
    public byte[] Bytes { get; }

    /// <summary>The same compressed; empty where it is too small to be.</summary>
    public byte[] Gzip { get; }

    /// <summary>Another one for another content.</summary>
    public EntityTagHeaderValue Tag { get; }

    /// <summary>That of the compressed file.</summary>
    public EntityTagHeaderValue GzipTag { get; }

    private static byte[] Read(string name)
    {
        using var stream = typeof(ReferenceFile).Assembly.GetManifestResourceStream($"AiOrchestrator.Core.Platform.Reference.{name}")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static byte[] Unzip(byte[] compressed)
    {
        using var stream = new GZipStream(new MemoryStream(compressed), CompressionMode.Decompress);
        using var whole = new MemoryStream();
        stream.CopyTo(whole);
        return whole.ToArray();
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16));
}
