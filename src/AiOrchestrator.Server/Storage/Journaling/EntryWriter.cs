using System.Buffers.Binary;
using System.Text;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// Encodes entries into a span that is large enough. Little endian; lengths, amounts and the numbers of texts are varints; ids are
/// ASCII. <see cref="EntryReader"/> is its mirror.
/// </summary>
internal ref struct EntryWriter(Span<byte> destination)
{
    /// <summary>Bytes of an exchange id.</summary>
    public const int IdBytes = 16;

    /// <summary>An upper bound for everything in an entry but its texts, its event and its line.</summary>
    public const int FixedBytes = 96;

    private readonly Span<byte> _destination = destination;

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>An upper bound for a text behind its length, bytes.</summary>
    public static int MaxBytes(string? text) => Varint.MaxBytes + (3 * (text?.Length ?? 0));

    /// <summary>An exchange id as all entries have it.</summary>
    public static void Id(Span<byte> destination, ExchangeId id) => BinaryPrimitives.WriteUInt128LittleEndian(destination, id.Value);

    /// <summary>Kind 9.</summary>
    public void Start(in ExchangeStart start, int path, int organisation, int key)
    {
        Call(EntryKind.Start, start.Id, path, start.HoldNanoUsd);
        Number(organisation);
        Number(key);
    }

    /// <summary>Kind 7 or 8; as many numbers of shared texts as the event says follow.</summary>
    public void Settlement(EntryKind kind, in ExchangeSettlement settlement, int path, ReadOnlySpan<byte> ownEvent, int sharedTexts)
    {
        Call(kind, settlement.Id, path, settlement.HoldNanoUsd);
        Amount(settlement.CostNanoUsd);
        Block(ownEvent);
        Number(sharedTexts);
    }

    /// <summary>The number of a text; 0 for none.</summary>
    public void Number(int number) => Length += Varint.Write(_destination[Length..], (uint)number);

    /// <summary>Kind 10.</summary>
    public void Text(string text)
    {
        Byte((byte)EntryKind.Text);
        Length += Varint.Write(_destination[Length..], (uint)Encoding.UTF8.GetByteCount(text));
        Length += Encoding.UTF8.GetBytes(text, _destination[Length..]);
    }

    /// <summary>Kind 10, for a path.</summary>
    public void Path(IReadOnlyList<WalletShare> wallets)
    {
        Byte((byte)EntryKind.Text);

        // How long it is shows when it is written: one byte is nearly always enough for it, and otherwise it is moved.
        var written = EntryPath.Write(_destination[(Length + 1)..], wallets);
        Span<byte> head = stackalloc byte[Varint.MaxBytes];
        var headBytes = Varint.Write(head, (uint)written);
        if (headBytes > 1)
        {
            _destination.Slice(Length + 1, written).CopyTo(_destination[(Length + headBytes)..]);
        }

        head[..headBytes].CopyTo(_destination[Length..]);
        Length += headBytes + written;
    }

    /// <summary>Kind 11.</summary>
    public void TextsReset() => Byte((byte)EntryKind.TextsReset);

    /// <summary>Kind 14.</summary>
    public void WalletOpened(string walletId, ReadOnlySpan<byte> image, ReadOnlySpan<byte> linesJson)
    {
        Byte((byte)EntryKind.WalletOpened);
        Ascii(walletId);
        Block(image);
        Block(linesJson);
    }

    /// <summary>Kind 12.</summary>
    public void Command(string walletId, long atUnixMs, ReadOnlySpan<byte> image, ReadOnlySpan<byte> linesJson)
    {
        Byte((byte)EntryKind.WalletCommand);
        Ascii(walletId);
        Int64(atUnixMs);
        Block(image);
        Block(linesJson);
    }

    /// <summary>Kind 13.</summary>
    public void Line(ReadOnlySpan<byte> lineJson)
    {
        Byte((byte)EntryKind.WalletLine);
        Block(lineJson);
    }

    /// <summary>Kind 6.</summary>
    public void Restarted() => Byte((byte)EntryKind.Restarted);

    private void Call(EntryKind kind, ExchangeId id, int path, long holdNanoUsd)
    {
        Byte((byte)kind);
        Id(_destination[Length..], id);
        Length += IdBytes;
        Number(path);
        Amount(holdNanoUsd);
    }

    private void Byte(byte value) => _destination[Length++] = value;

    private void Amount(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        Length += Varint.Write(_destination[Length..], (ulong)value);
    }

    private void Int64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_destination[Length..], value);
        Length += sizeof(long);
    }

    private void Block(ReadOnlySpan<byte> bytes)
    {
        Length += Varint.Write(_destination[Length..], (uint)bytes.Length);
        bytes.CopyTo(_destination[Length..]);
        Length += bytes.Length;
    }

    private void Ascii(string id)
    {
        Length += Varint.Write(_destination[Length..], (uint)id.Length);
        Length += Encoding.ASCII.GetBytes(id, _destination[Length..]);
    }
}
