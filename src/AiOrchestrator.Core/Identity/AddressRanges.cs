using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace AiOrchestrator.Core.Identity;

/// <summary>
/// Where a key may be used from: ranges of addresses in CIDR notation (RFC 4632, RFC 4291), IPv4 and IPv6. Made once, when the key is
/// loaded; asking allocates nothing. An IPv4 address that came over an IPv6 socket counts as IPv4.
/// </summary>
public sealed class AddressRanges
{
    private readonly Range[] _ranges;

    private AddressRanges(Range[] ranges, IReadOnlyList<string> written)
    {
        _ranges = ranges;
        Written = written;
    }

    /// <summary>In canonical form, with a prefix length.</summary>
    public IReadOnlyList<string> Written { get; }

    /// <summary>Takes ranges that were checked with <see cref="TryNormalise"/>.</summary>
    /// <exception cref="InvalidDataException">One of them is none.</exception>
    public static AddressRanges Of(IReadOnlyList<string> written) => new(
        [.. written.Select(Read)],
        written);

    /// <summary>Reads a range, or a single address, and writes it in canonical form.</summary>
    /// <param name="text">Such as <c>10.0.0.0/8</c>, <c>2001:db8::/32</c> or <c>192.0.2.7</c>.</param>
    /// <param name="canonical">With a prefix length, when true is returned.</param>
    /// <param name="problem">What is wrong, when false is returned.</param>
    public static bool TryNormalise(string text, [NotNullWhen(true)] out string? canonical, [NotNullWhen(false)] out string? problem)
    {
        canonical = Parse(text, out var range, out problem) ? range.ToString() : null;
        return canonical is not null;
    }

    /// <summary>Whether an address lies in one of them; no address lies in none.</summary>
    public bool Contain(IPAddress? address)
    {
        if (address is null)
        {
            return false;
        }

        var value = Value(address, out var isV6);
        foreach (var range in _ranges)
        {
            if (range.IsV6 == isV6 && (value & range.Mask) == range.Network)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A range that was checked.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    internal static Range Read(string written) =>
        Parse(written, out var range, out _) ? range : throw new InvalidDataException($"'{written}' is not an address range");

    private static bool Parse(string text, out Range range, [NotNullWhen(false)] out string? problem)
    {
        range = default;
        problem = "must be an address range in CIDR notation, such as \"10.0.0.0/8\" or \"2001:db8::/32\"";
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var host = slash < 0 ? text : text[..slash];
        if (host.AsSpan().IndexOfAny("%[]") >= 0 || !IPAddress.TryParse(host, out var address))
        {
            return false;
        }

        // The parser also takes "10.1", "0x7f.0.0.1" and "010.0.0.1", which mean something else than they seem to.
        if (address.AddressFamily == AddressFamily.InterNetwork && address.ToString() != host)
        {
            return false;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            problem = "must be written as IPv4";
            return false;
        }

        var isV6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        var bits = isV6 ? 128 : 32;
        var prefix = bits;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out prefix) || prefix > bits))
        {
            return false;
        }

        var mask = prefix == 0 ? UInt128.Zero : UInt128.MaxValue << (bits - prefix);
        mask &= isV6 ? UInt128.MaxValue : uint.MaxValue;
        var value = Value(address, out _);
        range = new Range(value & mask, mask, isV6, prefix);
        problem = (value & mask) == value ? null : $"has bits set below its prefix: for the whole range write \"{range}\"";
        return problem is null;
    }

    /// <summary>An address as a number, and of which kind it is.</summary>
    internal static UInt128 Value(IPAddress address, out bool isV6)
    {
        Span<byte> bytes = stackalloc byte[16];
        _ = address.TryWriteBytes(bytes, out var length);
        isV6 = length == 16;
        if (!isV6)
        {
            return BinaryPrimitives.ReadUInt32BigEndian(bytes);
        }

        if (!address.IsIPv4MappedToIPv6)
        {
            return BinaryPrimitives.ReadUInt128BigEndian(bytes);
        }

        isV6 = false;
        return BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]);
    }

    /// <summary>The addresses that are the network under the mask.</summary>
    internal readonly record struct Range(UInt128 Network, UInt128 Mask, bool IsV6, int Prefix)
    {
        public override string ToString()
        {
            Span<byte> bytes = stackalloc byte[16];
            BinaryPrimitives.WriteUInt128BigEndian(bytes, Network);
            return string.Create(CultureInfo.InvariantCulture, $"{new IPAddress(IsV6 ? bytes : bytes[12..])}/{Prefix}");
        }
    }
}
