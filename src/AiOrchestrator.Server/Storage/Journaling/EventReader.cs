using System.Buffers.Binary;
using System.Text;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Server.Storage;

/// <summary>Decodes usage events written by <see cref="EventWriter"/>. What is cut short reads as absent: rows are verified before.</summary>
internal ref partial struct EventReader
{
    private readonly ReadOnlySpan<byte> _row;
    private readonly RowTexts? _texts;
    private readonly (string? Leaf, string? Joined) _path;
    private readonly ulong _numbers;
    private readonly uint _present;
    private ReadOnlySpan<byte> _rest;
    private ReadOnlySpan<byte> _shared;

    private EventReader(
        ReadOnlySpan<byte> own, ReadOnlySpan<byte> shared, (string? Leaf, string? Joined) path, ReadOnlySpan<byte> row, RowTexts? texts)
    {
        _path = path;
        _row = row;
        _texts = texts;
        _shared = shared;
        if (own.Length >= EventWriter.HeadBytes)
        {
            _numbers = BinaryPrimitives.ReadUInt32LittleEndian(own) | ((ulong)own[4] << 32);
            _present = BinaryPrimitives.ReadUInt32LittleEndian(own[5..]);
            _rest = own[EventWriter.HeadBytes..];
        }
    }

    /// <summary>The event of a settlement, from the row it is in.</summary>
    public static UsageEvent Read(in JournalEntry entry, ReadOnlySpan<byte> row, RowTexts texts)
    {
        if (!entry.EventJson.IsEmpty)
        {
            return UsageEventJson.Read(entry.EventJson);
        }

        var usage = new UsageEvent { Id = entry.ExchangeId.ToString() };
        var path = texts.Wallets(entry.Path, entry.PathNumber);
        new EventReader(entry.Event, entry.EventTexts, path, row, texts).Fill(usage, entry.ExchangeId, entry.HoldNanoUsd, entry.CostNanoUsd);
        return usage;
    }

    /// <summary>An event that stands alone.</summary>
    /// <exception cref="InvalidDataException">It has a form this program does not know.</exception>
    public static UsageEvent ReadWhole(ReadOnlySpan<byte> whole)
    {
        if (whole.Length <= EntryWriter.IdBytes || whole[0] != EventWriter.WholeForm)
        {
            throw new InvalidDataException("A stored usage event has a form this program does not know.");
        }

        var id = new ExchangeId(BinaryPrimitives.ReadUInt128LittleEndian(whole[1..]));
        var usage = new UsageEvent { Id = id.ToString() };
        new EventReader(whole[(EntryWriter.IdBytes + 1)..], default, default, default, texts: null).Fill(usage, id, holdNanoUsd: 0, costNanoUsd: 0);
        return usage;
    }

    private void Fill(UsageEvent usage, ExchangeId id, long holdNanoUsd, long costNanoUsd)
    {
        usage.CreatedUnixMs = unchecked(id.CreatedUnixMs + Varint.UnZigZag(Bits(0)));
        usage.HoldNanoUsd = unchecked(holdNanoUsd + Number(1));
        usage.CostNanoUsd = unchecked(costNanoUsd + Number(2));
        Outcome(usage);
        Tokens(usage);
        Sizes(usage);

        // Own texts stand before shared ones, which in an event that stands alone follow them.
        usage.RequestId = OwnText(EventWriter.FirstOwnText);
        usage.TraceId = OwnText(EventWriter.FirstOwnText + 1);
        usage.UpstreamRequestId = OwnText(EventWriter.FirstOwnText + 2);
        Extension(usage);
        Parties(usage);
        Facts(usage);
    }

    private readonly bool Has(int bit) => (_numbers >> bit & 1) != 0;

    private ulong Bits(int bit) => Has(bit) && Varint.TryRead(ref _rest, out var value) ? value : 0;

    private long Number(int bit) => unchecked((long)Bits(bit));

    private int Small(int bit) => unchecked((int)Bits(bit));

    private string? Shared(int bit)
    {
        if ((_present >> bit & 1) == 0)
        {
            return null;
        }

        if (_texts is null)
        {
            return OwnText(bit);
        }

        return Varint.TryRead(ref _shared, out var number) ? _texts.String(_row, number) : null;
    }

    private string? OwnText(int bit)
    {
        if ((_present >> bit & 1) == 0 || !Varint.TryRead(ref _rest, out var head))
        {
            return null;
        }

        if ((head & 1) == 0)
        {
            return Encoding.UTF8.GetString(Take(head >> 1));
        }

        _ = Varint.TryRead(ref _rest, out var beforeBytes);
        var before = Take(beforeBytes);
        var digits = Convert.ToHexStringLower(Take(head >> 1));
        return before.IsEmpty ? digits : Encoding.UTF8.GetString(before) + digits;
    }

    private ReadOnlySpan<byte> Take(ulong bytes)
    {
        var length = (int)Math.Min(bytes, (ulong)_rest.Length);
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
