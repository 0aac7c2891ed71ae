using System.Text;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// The wallets of a call as the journal has them: how many, then for each the length of its id, the id (ASCII) and the number of the
/// period it is charged to (0: not known). All numbers are varints.
/// </summary>
internal static class EntryPath
{
    /// <summary>An upper bound for an encoded path, bytes.</summary>
    public static int MaxBytes(IReadOnlyList<WalletShare> wallets)
    {
        var bytes = Varint.MaxBytes;
        for (var i = 0; i < wallets.Count; i++)
        {
            bytes += (2 * Varint.MaxBytes) + wallets[i].WalletId.Length;
        }

        return bytes;
    }

    /// <summary>Writes a path; how many bytes it took.</summary>
    public static int Write(Span<byte> destination, IReadOnlyList<WalletShare> wallets)
    {
        var length = Varint.Write(destination, (uint)wallets.Count);
        for (var i = 0; i < wallets.Count; i++)
        {
            var (id, period) = wallets[i];
            length += Varint.Write(destination[length..], (uint)id.Length);
            length += Encoding.ASCII.GetBytes(id, destination[length..]);
            length += Varint.Write(destination[length..], (uint)period);
        }

        return length;
    }

    /// <summary>Reads a path that <see cref="EntryReader"/> found to be one.</summary>
    public static WalletShare[] Read(ReadOnlySpan<byte> path)
    {
        var shares = new WalletShare[Next(ref path)];
        for (var i = 0; i < shares.Length; i++)
        {
            var length = Next(ref path);
            var id = Encoding.ASCII.GetString(path[..length]);
            path = path[length..];
            shares[i] = new WalletShare(id, Next(ref path));
        }

        return shares;
    }

    /// <summary>Whether all of a block is a path.</summary>
    public static bool IsPath(ReadOnlySpan<byte> path)
    {
        if (!Varint.TryRead(ref path, out var count))
        {
            return false;
        }

        for (; count > 0; count--)
        {
            if (!Varint.TryRead(ref path, out var length) || length > (ulong)path.Length)
            {
                return false;
            }

            path = path[(int)length..];
            if (!Varint.TryRead(ref path, out var period) || period > int.MaxValue)
            {
                return false;
            }
        }

        return path.IsEmpty;
    }

    private static int Next(ref ReadOnlySpan<byte> path) => Varint.TryRead(ref path, out var value) ? (int)value : 0;
}
