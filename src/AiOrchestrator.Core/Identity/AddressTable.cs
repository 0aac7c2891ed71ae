using System.Collections.Frozen;
using System.Net;

namespace AiOrchestrator.Core.Identity;

/// <summary>
/// What is said of ranges of addresses, found by an address: of several ranges that hold it the narrowest counts. One look for each length of a prefix that
/// occurs; asking allocates nothing.
/// </summary>
public sealed class AddressTable
{
    private readonly (bool IsV6, UInt128 Mask, FrozenDictionary<UInt128, string> Networks)[] _lengths;

    /// <summary>Takes ranges that were checked with <see cref="AddressRanges.TryNormalise"/>, each with what is said of it; of two that are the same the first counts.</summary>
    /// <exception cref="InvalidDataException">One of them is none.</exception>
    public AddressTable(IEnumerable<KeyValuePair<string, string>> ranges)
    {
        var read = ranges.Select(static r => (Range: AddressRanges.Read(r.Key), r.Value));
        _lengths =
        [
            .. read.GroupBy(static r => (r.Range.IsV6, r.Range.Prefix)).OrderByDescending(static g => g.Key.Prefix).Select(static g => (
                g.Key.IsV6,
                g.First().Range.Mask,
                g.GroupBy(static r => r.Range.Network).ToFrozenDictionary(static n => n.Key, static n => n.First().Value))),
        ];
    }

    /// <summary>What is said of an address; null for nothing.</summary>
    public string? Find(IPAddress address)
    {
        var value = AddressRanges.Value(address, out var isV6);
        foreach (var (isOfV6, mask, networks) in _lengths)
        {
            if (isOfV6 == isV6 && networks.TryGetValue(value & mask, out var said))
            {
                return said;
            }
        }

        return null;
    }
}
