using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// Which entries there are, as 64 bits of a digest of each name: a name in full would be more than many entries. Two with the same digest are one in a million
/// in a store of six million; then one may be looked for in vain, or not found any more when the other is deleted. Safe for concurrent use.
/// </summary>
internal sealed class CachedNames
{
    private const int MostOnStack = 1024;

    private readonly ConcurrentDictionary<ulong, byte> _digests = new();

    /// <summary>Whether there may be one of this name; false where there is none.</summary>
    public bool MayHave(string @namespace, string key) => _digests.ContainsKey(DigestOf(@namespace, key));

    /// <summary>There is one of this name.</summary>
    public void Add(string @namespace, string key) => _digests[DigestOf(@namespace, key)] = 0;

    /// <summary>There is none of this name any more.</summary>
    public void Remove(string @namespace, string key) => _digests.TryRemove(DigestOf(@namespace, key), out _);

    /// <summary>There are none.</summary>
    public void Clear() => _digests.Clear();

    /// <summary>Of the namespace's length and both texts: "a" and "bc" is another name than "ab" and "c".</summary>
    private static ulong DigestOf(string @namespace, string key)
    {
        var length = 1 + @namespace.Length + key.Length;
        Span<char> text = length <= MostOnStack ? stackalloc char[MostOnStack] : new char[length];
        text[0] = (char)@namespace.Length;
        @namespace.CopyTo(text[1..]);
        key.CopyTo(text[(1 + @namespace.Length)..]);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        _ = SHA256.HashData(MemoryMarshal.AsBytes(text[..length]), digest);
        return BitConverter.ToUInt64(digest);
    }
}
