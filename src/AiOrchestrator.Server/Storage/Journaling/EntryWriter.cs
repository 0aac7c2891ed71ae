using System.Buffers.Binary;
using System.Text;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// Encodes entries into a span that is large enough (<see cref="MaxBytes(IReadOnlyList{string})"/>). Little endian; lengths are
/// base-128 varints; ids are ASCII. <see cref="EntryReader"/> is its mirror.
/// </summary>
internal ref struct EntryWriter(Span<byte> destination)
{
    private const int MaxVarintBytes = 4;
    private const int FixedBytes = 64;
    private readonly Span<byte> _destination = destination;

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>An upper bound for everything in an entry but its event and its organisation and key.</summary>
    public static int MaxBytes(IReadOnlyList<string> walletIds)
    {
        var bytes = FixedBytes;
        for (var i = 0; i < walletIds.Count; i++)
        {
            bytes += MaxBytes(walletIds[i]);
        }

        return bytes;
    }

    /// <summary>An upper bound for one id.</summary>
    public static int MaxBytes(string? id) => MaxVarintBytes + (id?.Length ?? 0);

    /// <summary>An upper bound for a start.</summary>
    public static int MaxBytes(in ExchangeStart start) => MaxBytes(start.WalletIds) + MaxBytes(start.OrganisationId) + MaxBytes(start.KeyId);

    /// <summary>Kind 1.</summary>
    public void Start(in ExchangeStart start)
    {
        Call(EntryKind.Start, start.Id, start.WalletIds, start.HoldNanoUsd);
        Ascii(start.OrganisationId);
        Ascii(start.KeyId);
    }

    /// <summary>Kind 2 or 5.</summary>
    public void Settlement(EntryKind kind, in ExchangeSettlement settlement, ReadOnlySpan<byte> eventJson)
    {
        Call(kind, settlement.Id, settlement.WalletIds, settlement.HoldNanoUsd);
        Int64(settlement.CostNanoUsd);
        Varint(eventJson.Length);
        eventJson.CopyTo(_destination[Length..]);
        Length += eventJson.Length;
    }

    /// <summary>Kind 3.</summary>
    public void WalletOpened(string walletId, long? limitNanoUsd)
    {
        Byte((byte)EntryKind.WalletOpened);
        Ascii(walletId);
        OptionalInt64(limitNanoUsd);
    }

    /// <summary>Kind 4.</summary>
    public void Command(string walletId, WalletCommand command)
    {
        Byte((byte)EntryKind.WalletCommand);
        Ascii(walletId);
        switch (command)
        {
            case WalletCommand.ChangeLimit change:
                Byte((byte)EntryCommand.ChangeLimit);
                OptionalInt64(change.LimitNanoUsd);
                break;
            case WalletCommand.Close:
                Byte((byte)EntryCommand.Close);
                break;
            case WalletCommand.ResolveSuspense resolve:
                Byte((byte)EntryCommand.ResolveSuspense);
                Int64(resolve.HoldNanoUsd);
                Int64(resolve.ChargeNanoUsd);
                break;
            default:
                throw new NotSupportedException($"The journal has no entry for {command.GetType().Name}.");
        }
    }

    /// <summary>Kind 6.</summary>
    public void Restarted() => Byte((byte)EntryKind.Restarted);

    private void Call(EntryKind kind, ExchangeId id, IReadOnlyList<string> walletIds, long holdNanoUsd)
    {
        Byte((byte)kind);
        BinaryPrimitives.WriteUInt128LittleEndian(_destination[Length..], id.Value);
        Length += 16;
        Varint(walletIds.Count);
        for (var i = 0; i < walletIds.Count; i++)
        {
            Ascii(walletIds[i]);
        }

        Int64(holdNanoUsd);
    }

    private void Byte(byte value) => _destination[Length++] = value;

    private void Int64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_destination[Length..], value);
        Length += 8;
    }

    private void OptionalInt64(long? value)
    {
        Byte(value is null ? (byte)0 : (byte)1);
        if (value is { } present)
        {
            Int64(present);
        }
    }

    private void Varint(int value)
    {
        while (value >= 0x80)
        {
            Byte((byte)(value & 0x7f | 0x80));
            value >>= 7;
        }

        Byte((byte)value);
    }

    private void Ascii(string? id)
    {
        Varint(id?.Length ?? 0);
        Length += Encoding.ASCII.GetBytes(id, _destination[Length..]);
    }
}
