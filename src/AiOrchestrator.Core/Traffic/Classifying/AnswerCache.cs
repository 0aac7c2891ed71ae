using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AiOrchestrator.Core.Traffic.Classifying;

/// <summary>What a model has said of texts, by their hash: bounded in number and in time; the one longest unused goes first.</summary>
/// <remarks>Safe for concurrent use: one lock for each organisation, held for a look-up.</remarks>
internal sealed class AnswerCache(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, LinkedListNode<Kept>> _kept = [];
    private readonly LinkedList<Kept> _byUse = new();

    /// <summary>Texts that are kept.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _kept.Count;
            }
        }
    }

    /// <summary>The key of a text asked of a model.</summary>
    public static UInt128 Key(string model, ReadOnlySpan<char> text)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(model.AsSpan()));
        hash.AppendData("\n\0"u8);
        hash.AppendData(MemoryMarshal.AsBytes(text));
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        _ = hash.GetHashAndReset(bytes);
        return BinaryPrimitives.ReadUInt128LittleEndian(bytes);
    }

    /// <summary>What was said, if it still holds.</summary>
    public ModelAnswer? Find(UInt128 key)
    {
        lock (_lock)
        {
            if (!_kept.TryGetValue(key, out var node))
            {
                return null;
            }

            if (time.GetElapsedTime(node.Value.Began) >= node.Value.Ttl)
            {
                Drop(node);
                return null;
            }

            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value.Answer;
        }
    }

    /// <summary>Keeps what was said.</summary>
    public void Keep(UInt128 key, ModelAnswer answer, TimeSpan ttl, int most)
    {
        lock (_lock)
        {
            if (_kept.TryGetValue(key, out var before))
            {
                Drop(before);
            }

            _kept[key] = _byUse.AddFirst(new Kept(key, answer, time.GetTimestamp(), ttl));
            while (_kept.Count > most)
            {
                Drop(_byUse.Last!);
            }
        }
    }

    private void Drop(LinkedListNode<Kept> node)
    {
        _ = _kept.Remove(node.Value.Key);
        _byUse.Remove(node);
    }

    private sealed record Kept(UInt128 Key, ModelAnswer Answer, long Began, TimeSpan Ttl);
}
