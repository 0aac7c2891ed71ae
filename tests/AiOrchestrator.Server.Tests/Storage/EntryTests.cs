using System.Text;
using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Ledger.Wallets;
using AiOrchestrator.Server.Storage;

namespace AiOrchestrator.Server.Tests.Storage;

public sealed class EntryTests
{
    private static readonly ExchangeStart Start = new(Usage.Id(Usage.Noon, 7), ["wal_leaf", "wal_root"], 1234)
    {
        OrganisationId = "org_1",
        KeyId = "key_1",
    };

    [Fact]
    public void Every_kind_is_read_as_it_was_written()
    {
        var buffer = new byte[1000];
        var settlement = Usage.Settlement(Usage.Id(Usage.Noon, 8), 10, 4, "wal_leaf");
        var length = WriteAll(buffer, settlement);
        var reader = new EntryReader(buffer.AsSpan(0, length));

        Assert.Equal(EntryRead.Entry, reader.Read(out var start));
        Assert.Equal((EntryKind.Start, Start.Id, 1234), (start.Kind, start.ExchangeId, start.HoldNanoUsd));
        Assert.Equal(Start.WalletIds, EntryReader.Wallets(start.Path));
        Assert.Equal("org_1/key_1", Encoding.ASCII.GetString([.. start.OrganisationId, (byte)'/', .. start.KeyId]));

        Assert.Equal(EntryRead.Entry, reader.Read(out var settled));
        Assert.Equal((EntryKind.Settlement, settlement.Id, 10, 4), (settled.Kind, settled.ExchangeId, settled.HoldNanoUsd, settled.CostNanoUsd));
        Assert.Equal(settlement.Id.ToString(), UsageEventJson.Read(settled.EventJson).Id);

        Assert.Equal(EntryRead.Entry, reader.Read(out var limited));
        Assert.Equal((EntryKind.WalletOpened, 77L), (limited.Kind, limited.LimitNanoUsd));
        Assert.Equal(EntryRead.Entry, reader.Read(out var tracking));
        Assert.Null(tracking.LimitNanoUsd);
        foreach (var command in Commands)
        {
            Assert.Equal(EntryRead.Entry, reader.Read(out var entry));
            Assert.Equal(command, entry.Command);
        }

        Assert.Equal(EntryRead.Entry, reader.Read(out var restarted));
        Assert.Equal(EntryKind.Restarted, restarted.Kind);
        Assert.Equal(EntryRead.End, reader.Read(out _));
    }

    [Fact]
    public void A_row_cut_anywhere_is_malformed_or_ends_between_entries()
    {
        var buffer = new byte[1000];
        var length = WriteAll(buffer, Usage.Settlement(Usage.Id(Usage.Noon, 8), 10, 4, "wal_leaf"));
        var ends = 0;
        for (var cut = 0; cut < length; cut++)
        {
            var reader = new EntryReader(buffer.AsSpan(0, cut));
            EntryRead read;
            while ((read = reader.Read(out _)) == EntryRead.Entry)
            {
            }

            ends += read == EntryRead.End ? 1 : 0;
        }

        // Nine entries: nine places where one could have ended.
        Assert.Equal(9, ends);
    }

    private static WalletCommand[] Commands =>
        [new WalletCommand.ChangeLimit(5), new WalletCommand.ChangeLimit(null), new WalletCommand.Close(), new WalletCommand.ResolveSuspense(9, 3)];

    private static int WriteAll(byte[] buffer, ExchangeSettlement settlement)
    {
        var writer = new EntryWriter(buffer);
        writer.Start(Start);
        writer.Settlement(EntryKind.Settlement, settlement, EventScratch.Mine.Write(settlement.Event));
        writer.WalletOpened("wal_leaf", 77);
        writer.WalletOpened("wal_root", null);
        foreach (var command in Commands)
        {
            writer.Command("wal_leaf", command);
        }

        writer.Restarted();
        return writer.Length;
    }
}
