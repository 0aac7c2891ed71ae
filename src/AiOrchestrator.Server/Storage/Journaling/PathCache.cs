using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Server.Storage;

/// <summary>The paths a reader of the journal has seen: most calls are paid from a path that was there a moment ago.</summary>
internal sealed class PathCache
{
    private const int MaxPaths = 16_384;

    private readonly Dictionary<byte[], WalletShare[]> _paths = new(new BytesComparer());

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
}
