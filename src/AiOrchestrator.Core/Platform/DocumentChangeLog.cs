using System.Globalization;

namespace AiOrchestrator.Core.Platform;

/// <summary>
/// What changed in a store that only this process writes to: for each partition, at which write it changed last. Kept in memory; marks of
/// another process are of no use.
/// </summary>
/// <remarks>Not safe for concurrent use: a store calls it within the turn in which it writes and reads, so that no write lies between.</remarks>
public sealed class DocumentChangeLog
{
    private readonly Dictionary<string, long> _changed = new(StringComparer.Ordinal);
    private long _writes;

    /// <summary>Notes a write or delete that has been done.</summary>
    public void Wrote(string partition) => _changed[partition] = ++_writes;

    /// <summary>What changed since a mark; null: nothing, only the mark of now.</summary>
    /// <exception cref="ArgumentException">The mark is not from here.</exception>
    public DocumentChanges Since(string? mark)
    {
        var now = _writes.ToString(CultureInfo.InvariantCulture);
        if (mark is null)
        {
            return new DocumentChanges(now, []);
        }

        return long.TryParse(mark, NumberStyles.None, CultureInfo.InvariantCulture, out var since) && since <= _writes
            ? new DocumentChanges(now, [.. _changed.Where(c => c.Value > since).Select(static c => c.Key)])
            : throw new ArgumentException("this is no mark of this store", nameof(mark));
    }
}
