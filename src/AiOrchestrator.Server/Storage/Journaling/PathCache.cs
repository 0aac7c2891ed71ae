using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Server.Storage;

/// <summary>The paths a reader of the journal has seen: most calls are paid from a path that was there a moment ago.</summary>
internal sealed class PathCache
{
    private const int MaxPaths = 16_384;

    private readonly Dictionary<byte[], WalletShare[]> _paths = new(BytesComparer.Instance);

    /// <summary>The wallets of an encoded path (<see cref="EntryPath"/>), the same list as long as it is remembered.</summary>
    public IReadOnlyList<WalletShare> Get(ReadOnlySpan<byte> path)
    {
        if (_paths.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(path, out var wallets))
        {
            return wallets;
        }

        if (_paths.Count == MaxPaths)
        {
            _paths.Clear();
        }

        wallets = EntryPath.Read(path);
        _paths.Add(path.ToArray(), wallets);
        return wallets;
    }

    private sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static BytesComparer Instance { get; } = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
