using System.Buffers.Binary;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// Decodes the entries of one row without allocating (wallet commands, which are rare, allocate). Never looks into an event or a line.
/// </summary>
internal ref struct EntryReader
{
    private readonly ReadOnlySpan<byte> _row;
    private readonly RowTexts _texts;
    private ReadOnlySpan<byte> _rest;
    private bool _malformed;

    /// <summary>Begins a row.</summary>
    /// <param name="row">Its entries.</param>
    /// <param name="texts">What is remembered of the row before is forgotten; used by one reader at a time.</param>
    public EntryReader(ReadOnlySpan<byte> row, RowTexts texts)
    {
        _row = row;
        _rest = row;
        _texts = texts;
        texts.Reset();
    }

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
        entry.Texts = _texts;
        switch (entry.Kind)
        {
            case EntryKind.Start:
                entry.ExchangeId = Id();
                entry.Path = Path(out entry.PathNumber);
                entry.HoldNanoUsd = Amount();
                entry.OrganisationId = OptionalText(out entry.OrganisationNumber);
                entry.KeyId = OptionalText(out entry.KeyNumber);
                break;
            case EntryKind.Settlement or EntryKind.UnfinishedCharged:
                entry.ExchangeId = Id();
                entry.Path = Path(out entry.PathNumber);
                entry.HoldNanoUsd = Amount();
                entry.CostNanoUsd = Amount();
                entry.Event = Block();
                entry.EventTexts = Numbers();
                break;
            case EntryKind.Text:
                var text = Block();
                _texts.Add(_row.Length - _rest.Length - text.Length, text.Length);
                break;
            case EntryKind.TextsReset:
                _texts.Reset();
                break;
            case EntryKind.WalletOpened:
                entry.WalletId = Block();
                entry.WalletImage = Block();
                entry.LinesJson = Block();
                break;
            case EntryKind.WalletCommand:
                entry.WalletId = Block();
                entry.AtUnixMs = Int64();
                entry.Command = Command(Block());
                entry.LinesJson = Block();
                break;
            case EntryKind.WalletLine:
                entry.LineJson = Block();
                break;
            case EntryKind.Restarted:
                break;
            default:
                return ReadOlder(entry.Kind, out entry);
        }

        return _malformed ? EntryRead.Malformed : EntryRead.Entry;
    }

    /// <summary>Kinds that are not written any more.</summary>
    private EntryRead ReadOlder(EntryKind kind, out JournalEntry entry)
    {
        entry = default;
        entry.Kind = kind;
        switch (kind)
        {
            case EntryKind.PlainStart:
                entry.Kind = EntryKind.Start;
                entry.ExchangeId = Id();
                entry.Path = PlainPath();
                entry.HoldNanoUsd = PlainAmount();
                entry.OrganisationId = Block();
                entry.KeyId = Block();
                break;
            case EntryKind.JsonSettlement or EntryKind.JsonUnfinishedCharged:
                entry.Kind = kind == EntryKind.JsonSettlement ? EntryKind.Settlement : EntryKind.UnfinishedCharged;
                entry.ExchangeId = Id();
                entry.Path = PlainPath();
                entry.HoldNanoUsd = PlainAmount();
                entry.CostNanoUsd = PlainAmount();
                entry.EventJson = Block();
                break;
            case EntryKind.PlainWalletOpened:
                entry.Kind = EntryKind.WalletOpened;
                entry.WalletId = Block();
                entry.LimitNanoUsd = OptionalInt64();
                _malformed |= entry.LimitNanoUsd < 0;
                break;
            case EntryKind.PlainWalletCommand:
                entry.Kind = EntryKind.WalletCommand;
                entry.WalletId = Block();
                entry.Command = PlainCommand();
                break;
            default:
                return EntryRead.UnknownKind;
        }

        return _malformed ? EntryRead.Malformed : EntryRead.Entry;
    }

    private ExchangeId Id() => new(Take(EntryWriter.IdBytes) is { IsEmpty: false } id ? BinaryPrimitives.ReadUInt128LittleEndian(id) : default);

    private ReadOnlySpan<byte> Path(out int number)
    {
        var named = Varint();
        _malformed |= !_texts.TryGetPath(_row, named, out var path);
        number = _malformed ? 0 : (int)named;
        return path;
    }

    /// <summary>A path without periods, as one with unknown periods: a zero behind each id.</summary>
    private ReadOnlySpan<byte> PlainPath()
    {
        var before = _rest;
        var count = Varint();
        if (_malformed || count > (ulong)_rest.Length)
        {
            _malformed = true;
            return default;
        }

        var path = _texts.PathRoom(before.Length + (int)count);
        var length = before.Length - _rest.Length;
        before[..length].CopyTo(path);
        for (; count > 0 && !_malformed; count--)
        {
            before = _rest;
            _ = Block();
            var bytes = before.Length - _rest.Length;
            before[..bytes].CopyTo(path[length..]);
            path[length + bytes] = 0;
            length += bytes + 1;
        }

        return path[..length];
    }

    private WalletCommand? Command(ReadOnlySpan<byte> image)
    {
        try
        {
            var reader = new ImageReader(image);
            var command = WalletCommandImage.Load(ref reader);
            _malformed |= command is null || !reader.IsAtEnd;
            return command;
        }
        catch (ArgumentOutOfRangeException)
        {
            // Safe: said as a value like every other entry that cannot be read.
            _malformed = true;
            return null;
        }
    }

    private WalletCommand? PlainCommand()
    {
        switch ((EntryCommand)Byte())
        {
            case EntryCommand.ChangeLimit:
                return new WalletCommand.ChangeLimit(OptionalInt64());
            case EntryCommand.Close:
                return new WalletCommand.Close();
            case EntryCommand.ResolveSuspense:
                return new WalletCommand.ResolveSuspense(0, Int64(), Int64());
            default:
                _malformed = true;
                return null;
        }
    }

    private byte Byte() => Take(1) is { IsEmpty: false } one ? one[0] : (byte)0;

    private long Int64() => Take(sizeof(long)) is { IsEmpty: false } eight ? BinaryPrimitives.ReadInt64LittleEndian(eight) : 0;

    private long PlainAmount()
    {
        var amount = Int64();
        _malformed |= amount < 0;
        return amount;
    }

    private long Amount()
    {
        var amount = Varint();
        _malformed |= amount > long.MaxValue;
        return unchecked((long)amount);
    }

    private long? OptionalInt64() => Byte() == 0 ? null : Int64();

    private ulong Varint()
    {
        if (Storage.Varint.TryRead(ref _rest, out var value))
        {
            return value;
        }

        _malformed = true;
        _rest = default;
        return 0;
    }

    private ReadOnlySpan<byte> OptionalText(out int number)
    {
        var named = Varint();
        number = 0;
        if (named == 0)
        {
            return default;
        }

        _malformed |= !_texts.TryGet(_row, named, out var text);
        number = _malformed ? 0 : (int)named;
        return text;
    }

    /// <summary>How many, then as many varints.</summary>
    private ReadOnlySpan<byte> Numbers()
    {
        var count = Varint();
        var before = _rest;
        for (; count > 0 && !_malformed; count--)
        {
            _ = Varint();
        }

        return before[..(before.Length - _rest.Length)];
    }

    private ReadOnlySpan<byte> Block()
    {
        var length = Varint();
        return length == 0 ? default : Take(length);
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if ((ulong)_rest.Length < length)
        {
            _malformed = true;
            _rest = default;
            return default;
        }

        var taken = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return taken;
    }
}
