using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Server.Storage;

namespace AiOrchestrator.Server.Tests.Storage;

/// <summary>Writes entries as the program did before events had a form of their own: kinds 1 to 6.</summary>
internal sealed class OldEntries
{
    private readonly List<byte> _bytes = [];

    public byte[] Bytes => [.. _bytes];

    public OldEntries Start(ExchangeId id, string[] wallets, long hold, string organisation, string key)
    {
        Call(EntryKind.PlainStart, id, wallets, hold);
        Ascii(organisation);
        Ascii(key);
        return this;
    }

    public OldEntries Settlement(EntryKind kind, ExchangeId id, string[] wallets, long hold, long cost, UsageEvent usage)
    {
        Call(kind, id, wallets, hold);
        Int64(cost);
        var json = JsonSerializer.SerializeToUtf8Bytes(usage, UsageEventJson.Default.UsageEvent);
        Length(json.Length);
        _bytes.AddRange(json);
        return this;
    }

    public OldEntries WalletOpened(string wallet, long limit)
    {
        _bytes.Add((byte)EntryKind.PlainWalletOpened);
        Ascii(wallet);
        _bytes.Add(1);
        Int64(limit);
        return this;
    }

    public OldEntries LimitChanged(string wallet, long limit)
    {
        _bytes.Add((byte)EntryKind.PlainWalletCommand);
        Ascii(wallet);
        _bytes.Add((byte)EntryCommand.ChangeLimit);
        _bytes.Add(1);
        Int64(limit);
        return this;
    }

    public OldEntries SuspenseResolved(string wallet, long hold, long charge)
    {
        _bytes.Add((byte)EntryKind.PlainWalletCommand);
        Ascii(wallet);
        _bytes.Add((byte)EntryCommand.ResolveSuspense);
        Int64(hold);
        Int64(charge);
        return this;
    }

    public OldEntries Restarted()
    {
        _bytes.Add((byte)EntryKind.Restarted);
        return this;
    }

    private void Call(EntryKind kind, ExchangeId id, string[] wallets, long hold)
    {
        _bytes.Add((byte)kind);
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, id.Value);
        _bytes.AddRange(bytes);
        Length(wallets.Length);
        foreach (var wallet in wallets)
        {
            Ascii(wallet);
        }

        Int64(hold);
    }

    private void Int64(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        _bytes.AddRange(bytes);
    }

    private void Ascii(string text)
    {
        Length(text.Length);
        _bytes.AddRange(Encoding.ASCII.GetBytes(text));
    }

    private void Length(int length)
    {
        for (; length >= 0x80; length >>= 7)
        {
            _bytes.Add((byte)(length & 0x7f | 0x80));
        }

        _bytes.Add((byte)length);
    }
}
