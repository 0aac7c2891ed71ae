using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using AiOrchestrator.Core.Metering.Experiments;

namespace AiOrchestrator.Core.Traffic.Experiments;

/// <summary>
/// Draws lots that are always the same: SHA-256 over the UTF-8 of experiment id, salt and key value, a line feed between each two. The first 53 bits,
/// read as a big-endian number by 2^53, choose the variant; 53 bits from the ninth byte on whether the key value is in the audience; the last six bits of the
/// 17th byte the group of key values it is in. Of another experiment, or with another salt, lots are independent.
/// </summary>
internal static class ExperimentLots
{
    private const int OnStackBytes = 512;

    // As many bits as a fraction below 1 has.
    private const int Surplus = 11;
    private const double Full = 1L << 53;

    /// <summary>Two lots, each 0 or more and below 1, and a group, 1 to 64. Does not allocate.</summary>
    /// <param name="experimentId">The experiment.</param>
    /// <param name="salt">Its salt.</param>
    /// <param name="value">The key value.</param>
    public static (double Variant, double Audience, int Cluster) Draw(ReadOnlySpan<char> experimentId, ReadOnlySpan<char> salt, ReadOnlySpan<char> value)
    {
        var most = Encoding.UTF8.GetMaxByteCount(experimentId.Length + salt.Length + value.Length) + 2;
        var rented = most > OnStackBytes ? ArrayPool<byte>.Shared.Rent(most) : null;
        var text = rented ?? stackalloc byte[OnStackBytes];
        var length = Encoding.UTF8.GetBytes(experimentId, text);
        text[length++] = (byte)'\n';
        length += Encoding.UTF8.GetBytes(salt, text[length..]);
        text[length++] = (byte)'\n';
        length += Encoding.UTF8.GetBytes(value, text[length..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        _ = SHA256.HashData(text[..length], hash);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return (
            (BinaryPrimitives.ReadUInt64BigEndian(hash) >> Surplus) / Full,
            (BinaryPrimitives.ReadUInt64BigEndian(hash[8..]) >> Surplus) / Full,
            1 + (hash[16] % ClusterFigures.Most));
    }
}
