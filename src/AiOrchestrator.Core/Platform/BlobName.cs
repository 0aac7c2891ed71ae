using System.Buffers;

namespace AiOrchestrator.Core.Platform;

/// <summary>
/// What a blob may be called, in every store alike: segments of letters, digits, <c>.</c>, <c>_</c> and <c>-</c>, separated by <c>/</c>, none
/// of which begins or ends with a dot; at most 255 characters. So no name leads out of a directory, needs an escape in an address, or
/// stands in the way of a store's own files, which begin with a dot.
/// </summary>
public static class BlobName
{
    /// <summary>Longest name, in characters. A segment is then never longer than file systems take.</summary>
    public const int MaxLength = 255;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/");

    /// <summary>Whether it is a name.</summary>
    public static bool IsValid(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return IsPrefix(name) && name.Length > 0 && name[^1] is not ('/' or '.');
    }

    /// <summary>Whether a name can begin so; nothing and half a segment are beginnings too.</summary>
    public static bool IsPrefix(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return prefix.Length <= MaxLength
            && !prefix.AsSpan().ContainsAnyExcept(Allowed)
            && !prefix.StartsWith('.') && !prefix.StartsWith('/')
            && !prefix.Contains("/.", StringComparison.Ordinal)
            && !prefix.Contains("./", StringComparison.Ordinal)
            && !prefix.Contains("//", StringComparison.Ordinal);
    }

    /// <summary>The name, when it is one.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    public static string Check(string name) => IsValid(name)
        ? name
        : throw new ArgumentException($"'{name}' is not the name of a blob: segments of a-z, A-Z, 0-9, '.', '_' and '-', separated by '/'", nameof(name));

    /// <summary>The prefix, when a name can begin with it.</summary>
    /// <exception cref="ArgumentException">None can.</exception>
    public static string CheckPrefix(string prefix) => IsPrefix(prefix)
        ? prefix
        : throw new ArgumentException($"no name of a blob begins with '{prefix}'", nameof(prefix));
}
