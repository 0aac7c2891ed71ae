using System.Buffers;
using System.Text;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// Encodes a usage event: five bytes that say which numbers there are (bit by bit, little endian), four that say which texts, the
/// numbers as varints, then the texts nobody else has. Texts that many events share are handed on, in order, to be written once.
/// What is as expected is left out. <see cref="EventReader"/> is its mirror.
/// </summary>
/// <remarks>
/// One per thread, used again: an event allocates nothing, and is encoded outside the journal's lock. A member is added by the next bit
/// and never takes another's; a layout that is not an addition gets new entry kinds.
/// </remarks>
internal sealed partial class EventWriter
{
    /// <summary>Which numbers, which texts.</summary>
    public const int HeadBytes = 9;

    /// <summary>The first text nobody else has; those before it are shared.</summary>
    public const int FirstOwnText = 28;

    /// <summary>The first byte of an event that stands alone.</summary>
    public const byte WholeForm = 1;

    /// <summary>As many as there can be.</summary>
    private const int MaxNumbers = 40;

    private const int MinTailDigits = 16;

    private static readonly SearchValues<char> LowerHexDigits = SearchValues.Create("0123456789abcdef");

    [ThreadStatic]
    private static EventWriter? _mine;

    private readonly string[] _shared = new string[FirstOwnText];
    private byte[] _bytes = new byte[1024];
    private int _length;
    private int _sharedCount;
    private ulong _numbers;
    private uint _texts;

    private EventWriter()
    {
    }

    /// <summary>The calling thread's.</summary>
    public static EventWriter Mine => _mine ??= new EventWriter();

    /// <summary>The event but its shared texts; valid until the thread writes the next one.</summary>
    public ReadOnlySpan<byte> Own => _bytes.AsSpan(0, _length);

    /// <summary>The shared texts, in the order of their bits.</summary>
    public ReadOnlySpan<string> Shared => _shared.AsSpan(0, _sharedCount);

    /// <summary>Encodes an event that stands beside its id, wallets, hold and cost, which are not repeated.</summary>
    public void Write(in ExchangeSettlement settlement)
    {
        _length = 0;
        Write(settlement.Event, settlement.Id, settlement.HoldNanoUsd, settlement.CostNanoUsd, settlement.Wallets);
    }

    /// <summary>An event that stands alone: <see cref="WholeForm"/>, its id, all of it, its shared texts.</summary>
    /// <returns>Valid until the thread writes the next one.</returns>
    public ReadOnlySpan<byte> WriteWhole(UsageEvent usage, ExchangeId id)
    {
        _length = 0;
        Room(EntryWriter.IdBytes + 1)[0] = WholeForm;
        EntryWriter.Id(_bytes.AsSpan(1), id);
        _length = EntryWriter.IdBytes + 1;
        Write(usage, id, holdNanoUsd: 0, costNanoUsd: 0, wallets: []);
        foreach (var text in Shared)
        {
            Plain(text);
        }

        return Own;
    }

    private void Write(UsageEvent usage, ExchangeId id, long holdNanoUsd, long costNanoUsd, IReadOnlyList<WalletShare> wallets)
    {
        var head = _length;
        _ = Room(HeadBytes + (MaxNumbers * Varint.MaxBytes));
        _length += HeadBytes;
        _numbers = 0;
        _texts = 0;
        _sharedCount = 0;
        Number(0, Varint.ZigZag(unchecked(usage.CreatedUnixMs - id.CreatedUnixMs)));
        Number(1, unchecked((ulong)(usage.HoldNanoUsd - holdNanoUsd)));
        Number(2, unchecked((ulong)(usage.CostNanoUsd - costNanoUsd)));
        Outcome(usage);
        Tokens(usage);
        Sizes(usage);
        SharedTexts(usage, wallets);
        OwnText(FirstOwnText, usage.RequestId);
        OwnText(FirstOwnText + 1, usage.TraceId);
        OwnText(FirstOwnText + 2, usage.UpstreamRequestId);
        Extension(usage);
        for (var i = 0; i < 5; i++)
        {
            _bytes[head + i] = (byte)(_numbers >> (8 * i) & 0xff);
        }

        for (var i = 0; i < 4; i++)
        {
            _bytes[head + 5 + i] = (byte)(_texts >> (8 * i) & 0xff);
        }
    }

    private void Number(int bit, ulong value)
    {
        if (value != 0)
        {
            _numbers |= 1UL << bit;
            _length += Varint.Write(_bytes.AsSpan(_length), value);
        }
    }

    private void Number(int bit, long value) => Number(bit, unchecked((ulong)value));

    private void Flag(int bit) => _numbers |= 1UL << bit;

    private void Share(int bit, string? text)
    {
        if (text is not null)
        {
            _texts |= 1U << bit;
            _shared[_sharedCount++] = text;
        }
    }

    /// <summary>
    /// Most of these end in many hexadecimal digits, which take half the bytes: twice their bytes plus 1, the length of what is in
    /// front of them, that, and they; otherwise twice the length, and the text.
    /// </summary>
    private void OwnText(int bit, string? text)
    {
        if (text is null)
        {
            return;
        }

        _texts |= 1U << bit;
        var digits = text.Length - 1 - text.AsSpan().LastIndexOfAnyExcept(LowerHexDigits) & ~1;
        if (digits < MinTailDigits)
        {
            Plain(text);
            return;
        }

        var room = Room((2 * Varint.MaxBytes) + (3 * text.Length));
        var before = text.AsSpan(0, text.Length - digits);
        var length = Varint.Write(room, (uint)digits | 1);
        length += Varint.Write(room[length..], (uint)Encoding.UTF8.GetByteCount(before));
        length += Encoding.UTF8.GetBytes(before, room[length..]);
        _ = Convert.FromHexString(text.AsSpan(text.Length - digits), room[length..], out _, out var tail);
        _length += length + tail;
    }

    private void Plain(string text)
    {
        var room = Room(Varint.MaxBytes + (3 * text.Length));
        var length = Varint.Write(room, (ulong)Encoding.UTF8.GetByteCount(text) << 1);
        _length += length + Encoding.UTF8.GetBytes(text, room[length..]);
    }

    private Span<byte> Room(int bytes)
    {
        if (_bytes.Length - _length < bytes)
        {
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, _length + bytes));
        }

        return _bytes.AsSpan(_length);
    }
}
