using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AiOrchestrator.Core.Identity;

/// <summary>
/// The SHA-256 of a key's secret, as a dictionary key without an object. A plain hash is enough: a generated secret has 200 random bits,
/// so there is nothing to try out, and a slow hash would be paid on every request.
/// </summary>
internal readonly struct KeyHash : IEquatable<KeyHash>
{
    /// <summary>The shortest secret accepted, in characters.</summary>
    public const int MinSecretLength = 20;

    /// <summary>The longest secret accepted, in characters.</summary>
    public const int MaxSecretLength = 512;

    private const int Length = SHA256.HashSizeInBytes;

    private readonly UInt128 _high;
    private readonly UInt128 _low;

    private KeyHash(ReadOnlySpan<byte> sha256)
    {
        _high = BinaryPrimitives.ReadUInt128BigEndian(sha256);
        _low = BinaryPrimitives.ReadUInt128BigEndian(sha256[(Length / 2)..]);
    }

    /// <summary>Hashes a secret; false when it is not 20 to 512 visible ASCII characters. Allocates nothing.</summary>
    public static bool TryCompute(ReadOnlySpan<char> secret, out KeyHash hash)
    {
        hash = default;
        if (secret.Length is < MinSecretLength or > MaxSecretLength)
        {
            return false;
        }

        Span<byte> ascii = stackalloc byte[MaxSecretLength];
        for (var i = 0; i < secret.Length; i++)
        {
            if (secret[i] is < '!' or > '~')
            {
                return false;
            }

            ascii[i] = (byte)secret[i];
        }

        Span<byte> sha256 = stackalloc byte[Length];
        SHA256.HashData(ascii[..secret.Length], sha256);
        CryptographicOperations.ZeroMemory(ascii);
        hash = new KeyHash(sha256);
        return true;
    }

    /// <summary>Reads the stored form: 64 hex digits.</summary>
    public static KeyHash Parse(string hex) => new(Convert.FromHexString(hex));

    /// <summary>The stored form.</summary>
    public string ToHex()
    {
        Span<byte> bytes = stackalloc byte[Length];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, _high);
        BinaryPrimitives.WriteUInt128BigEndian(bytes[(Length / 2)..], _low);
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>Compares in a time that does not depend on where two hashes differ.</summary>
    public bool FixedTimeEquals(in KeyHash other) => CryptographicOperations.FixedTimeEquals(
        MemoryMarshal.AsBytes(new ReadOnlySpan<KeyHash>(in this)), MemoryMarshal.AsBytes(new ReadOnlySpan<KeyHash>(in other)));

    /// <inheritdoc/>
    public bool Equals(KeyHash other) => _high == other._high && _low == other._low;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KeyHash other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => unchecked((int)(ulong)_low);
}
