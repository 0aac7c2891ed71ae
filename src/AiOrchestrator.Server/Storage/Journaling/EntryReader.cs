using System.Buffers.Binary;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Server.Storage;

/// <summary>The first byte of every journal entry. Numbers are never reused; a new layout gets a new number.</summary>
internal enum EntryKind : byte
{
    None = 0,
    Start = 1,
    Settlement = 2,
    WalletOpened = 3,
    WalletCommand = 4,
    UnfinishedCharged = 5,

    /// <summary>The process began again: every call started above and not settled is in suspense from here on.</summary>
    Restarted = 6,
}

/// <summary>The byte that follows the wallet's id in a <see cref="EntryKind.WalletCommand"/>.</summary>
internal enum EntryCommand : byte
{
    None = 0,
    ChangeLimit = 1,
    Close = 2,
    ResolveSuspense = 3,
}

/// <summary>What an attempt to read an entry came to.</summary>
internal enum EntryRead
{
    Entry,
    End,
    Malformed,
    UnknownKind,
}

/// <summary>One decoded entry; spans point into the row. Which members mean something depends on the kind.</summary>
internal ref struct JournalEntry
{
    public EntryKind Kind;
    public ExchangeId ExchangeId;

    /// <summary>The wallets leaf to root, still encoded: equal paths are equal bytes.</summary>
    public ReadOnlySpan<byte> Path;
    public long HoldNanoUsd;

    /// <summary>Of a settlement its cost, of an unfinished call its charge.</summary>
    public long CostNanoUsd;
    public ReadOnlySpan<byte> EventJson;
    public ReadOnlySpan<byte> OrganisationId;
    public ReadOnlySpan<byte> KeyId;
    public ReadOnlySpan<byte> WalletId;
    public long? LimitNanoUsd;
    public WalletCommand? Command;
}

/// <summary>Decodes the entries of one row without allocating (wallet commands, which are rare, allocate). Never reads the event JSON.</summary>
internal ref struct EntryReader(ReadOnlySpan<byte> entries)
{
    private ReadOnlySpan<byte> _rest = entries;
    private bool _malformed;

    /// <summary>Bytes not read yet.</summary>
    public readonly int RemainingBytes => _rest.Length;

    /// <summary>Reads the next entry.</summary>
    public EntryRead Read(out JournalEntry entry)
    {
        entry = default;
        if (_rest.IsEmpty)
        {
            return EntryRead.End;
        }

        entry.Kind = (EntryKind)Byte();
        switch (entry.Kind)
        {
            case EntryKind.Start:
                entry.ExchangeId = Id();
                entry.Path = Path();
                entry.HoldNanoUsd = Amount();
                entry.OrganisationId = Block();
                entry.KeyId = Block();
                break;
            case EntryKind.Settlement or EntryKind.UnfinishedCharged:
                entry.ExchangeId = Id();
                entry.Path = Path();
                entry.HoldNanoUsd = Amount();
                entry.CostNanoUsd = Amount();
                entry.EventJson = Block();
                break;
            case EntryKind.WalletOpened:
                entry.WalletId = Block();
                entry.LimitNanoUsd = OptionalInt64();
                _malformed |= entry.LimitNanoUsd < 0;
                break;
            case EntryKind.WalletCommand:
                entry.WalletId = Block();
                entry.Command = Command();
                break;
            case EntryKind.Restarted:
                break;
            default:
                return EntryRead.UnknownKind;
        }

        return _malformed ? EntryRead.Malformed : EntryRead.Entry;
    }

    /// <summary>The wallets of an encoded path.</summary>
    public static string[] Wallets(ReadOnlySpan<byte> path)
    {
        var reader = new EntryReader(path);
        var ids = new string[reader.Varint()];
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = System.Text.Encoding.ASCII.GetString(reader.Block());
        }

        return ids;
    }

    private ExchangeId Id() => new(Take(16) is { IsEmpty: false } id ? BinaryPrimitives.ReadUInt128LittleEndian(id) : default);

    private ReadOnlySpan<byte> Path()
    {
        var before = _rest;
        for (var count = Varint(); count > 0 && !_malformed; count--)
        {
            _ = Block();
        }

        return before[..(before.Length - _rest.Length)];
    }

    private WalletCommand? Command()
    {
        switch ((EntryCommand)Byte())
        {
            case EntryCommand.ChangeLimit:
                return new WalletCommand.ChangeLimit(OptionalInt64());
            case EntryCommand.Close:
                return new WalletCommand.Close();
            case EntryCommand.ResolveSuspense:
                return new WalletCommand.ResolveSuspense(Int64(), Int64());
            default:
                _malformed = true;
                return null;
        }
    }

    private byte Byte() => Take(1) is { IsEmpty: false } one ? one[0] : (byte)0;

    private long Int64() => Take(8) is { IsEmpty: false } eight ? BinaryPrimitives.ReadInt64LittleEndian(eight) : 0;

    private long Amount()
    {
        var amount = Int64();
        _malformed |= amount < 0;
        return amount;
    }

    private long? OptionalInt64() => Byte() == 0 ? null : Int64();

    private int Varint()
    {
        var value = 0;
        for (var shift = 0; shift <= 21; shift += 7)
        {
            var next = Byte();
            value |= (next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        // Four groups are 256 MB: nothing in an entry is as long.
        _malformed = true;
        return 0;
    }

    private ReadOnlySpan<byte> Block()
    {
        var length = Varint();
        return length == 0 ? default : Take(length);
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (_rest.Length < length)
        {
            _malformed = true;
            _rest = default;
            return default;
        }

        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
