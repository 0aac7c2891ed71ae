using System.Text;
using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Ledger.Wallets;
using AiOrchestrator.Server.Storage;

namespace AiOrchestrator.Server.Tests.Storage;

public sealed class EntryTests
{
    private static readonly IReadOnlyList<WalletShare> Path = [new WalletShare("wal_leaf", 3), new WalletShare(new string('r', 200), 300)];

    private static readonly ExchangeStart Start = new(Usage.Id(Usage.Noon, 7), Path, 1234) { OrganisationId = "org_1", KeyId = "key_1" };

    [Fact]
    public void Every_kind_is_read_as_it_was_written()
    {
        var line = Usage.Line("wal_leaf");
        var settlement = new ExchangeSettlement(Usage.Id(Usage.Noon, 8), Path, 10, 4, Usage.Event(Usage.Id(Usage.Noon, 8)));
        var batch = Batch(settlement, line);
        var texts = new RowTexts();
        var reader = new EntryReader(batch.Entries, texts);

        var start = Next(ref reader, EntryKind.Start);
        Assert.Equal((Start.Id, 1234), (start.ExchangeId, start.HoldNanoUsd));
        Assert.Equal(Path, EntryPath.Read(start.Path));
        Assert.Equal("org_1/key_1", Encoding.ASCII.GetString([.. start.OrganisationId, (byte)'/', .. start.KeyId]));

        var settled = Next(ref reader, EntryKind.Settlement);
        Assert.Equal((settlement.Id, 10, 4), (settled.ExchangeId, settled.HoldNanoUsd, settled.CostNanoUsd));
        Assert.Equal(Path, EntryPath.Read(settled.Path));
        var usage = EventReader.Read(settled, batch.Entries, texts);
        Assert.Equal((settlement.Id.ToString(), "org_1", "gpt-4o"), (usage.Id, usage.OrganisationId, usage.Model));

        var opened = Next(ref reader, EntryKind.WalletOpened);
        var image = new ImageReader(opened.WalletImage);
        Assert.Equal(Wallet.Read(), AiOrchestrator.Ledger.Wallets.Wallet.Load(ref image, new LeaseTerms(600_000)).Read());
        foreach (var command in Commands)
        {
            var entry = Next(ref reader, EntryKind.WalletCommand);
            Assert.Equal(command, entry.Command);
            Assert.Equal((Usage.Noon, "wal_leaf"), (entry.AtUnixMs, Encoding.ASCII.GetString(entry.WalletId)));
            Assert.Equal([line, line], WalletLineJson.ReadAll(entry.LinesJson));
        }

        Assert.Equal(line, WalletLineJson.Read(Next(ref reader, EntryKind.WalletLine).LineJson));
        _ = Next(ref reader, EntryKind.Restarted);
        Assert.Equal(EntryRead.End, reader.Read(out _));
    }

    [Fact]
    public void A_row_cut_anywhere_is_malformed_or_ends_between_entries()
    {
        var batch = Batch(new ExchangeSettlement(Usage.Id(Usage.Noon, 8), Path, 10, 4, Usage.Event(Usage.Id(Usage.Noon, 8))), Usage.Line("wal_leaf"));
        var texts = new RowTexts();
        var ends = 0;
        for (var cut = 0; cut < batch.EntryBytes; cut++)
        {
            var reader = new EntryReader(batch.Entries[..cut], texts);
            EntryRead read;
            while ((read = reader.Read(out _)) == EntryRead.Entry)
            {
            }

            ends += read == EntryRead.End ? 1 : 0;
        }

        Assert.Equal(batch.Count, ends);
    }

    [Fact]
    public void A_text_is_written_once_in_a_row_and_again_in_the_next()
    {
        var batch = new JournalBatch();
        batch.AddStart(Start);
        var first = batch.EntryBytes;
        batch.AddStart(Start);
        var second = batch.EntryBytes - first;

        // Kind, id, three numbers of texts, two bytes of hold.
        Assert.Equal(22, second);
        batch.Clear();
        batch.AddStart(Start);
        Assert.Equal(first, batch.EntryBytes);
    }

    [Fact]
    public void Entries_that_are_kept_still_find_their_texts()
    {
        var batch = new JournalBatch();
        batch.AddStart(Start);
        Settle(batch, 1, "key_1");
        batch.AddStart(Start with { KeyId = "key_2" });
        Settle(batch, 2, "key_2");
        var later = new JournalBatch();
        later.AddStart(Start with { KeyId = "key_3" });
        Settle(later, 3, "key_3");

        batch.KeepUnawaited();
        later.KeepUnawaited();
        batch.Append(later);
        Settle(batch, 4, "key_2");
        Settle(batch, 5, "key_3");
        batch.KeepUnawaited();

        Assert.Equal(
            [(1, "key_1"), (2, "key_2"), (3, "key_3"), (4, "key_2"), (5, "key_3")],
            Events(batch).Select(static e => ((int)e.PromptTokens, e.KeyId!)));
    }

    [Fact]
    public void An_event_that_stands_alone_is_read_as_it_was_written()
    {
        var id = Usage.Id(Usage.Noon, 3);
        var usage = Usage.Event(id);
        usage.RequestId = "req_0af7651916cd43dd8448eb211c80319c0";
        usage.TraceId = new string('\u00e9', 3000);
        var read = EventReader.ReadWhole(EventWriter.Mine.WriteWhole(usage, id));
        Assert.Equal((usage.Id, usage.RequestId, usage.TraceId, "openai"), (read.Id, read.RequestId, read.TraceId, read.Provider));
        Assert.Throws<InvalidDataException>(static () => EventReader.ReadWhole("{\"id\":\"ex_0123456789\"}"u8));
    }

    [Fact]
    public void No_member_of_an_event_is_forgotten()
    {
        var id = Usage.Id(Usage.Noon, 3);
        var usage = new UsageEvent { Id = id.ToString() };
        var n = 0;
        var members = typeof(UsageEvent).GetProperties().Where(static p => p.Name != nameof(UsageEvent.Id)).ToArray();
        foreach (var member in members)
        {
            n++;
            member.SetValue(
                usage,
                member.PropertyType == typeof(string) ? "text " + n
                    : member.PropertyType == typeof(long) ? n * 1_000_000_007L
                    : member.PropertyType == typeof(int) ? n
                    : member.PropertyType == typeof(bool) ? true
                    : UsageStatus.Timeout);
        }

        var batch = new JournalBatch();
        var settlement = new ExchangeSettlement(id, Path, usage.HoldNanoUsd, 5, usage);
        EventWriter.Mine.Write(settlement);
        batch.AddSettlement(EntryKind.Settlement, settlement, EventWriter.Mine);
        UsageEvent[] all = [Events(batch).Single(), EventReader.ReadWhole(EventWriter.Mine.WriteWhole(usage, id))];
        foreach (var read in all)
        {
            Assert.All(members, m => Assert.Equal(m.GetValue(usage), m.GetValue(read)));
        }
    }

    private static Wallet Wallet => new("wal_leaf", 77, new LeaseTerms(600_000));

    private static WalletCommand[] Commands =>
    [
        new WalletCommand.ChangeLimit(5), new WalletCommand.ChangeLimit(null), new WalletCommand.Close(), new WalletCommand.ResolveSuspense(2, 9, 3),
        new WalletCommand.Suspend("ex_1", 2, 7), new WalletCommand.SettleDispute("ex_1", 2, 7, 6),
    ];

    private static JournalBatch Batch(ExchangeSettlement settlement, WalletLine line)
    {
        var batch = new JournalBatch();
        batch.AddStart(Start);
        EventWriter.Mine.Write(settlement);
        batch.AddSettlement(EntryKind.Settlement, settlement, EventWriter.Mine);
        var image = new ImageWriter();
        Wallet.Save(image);
        batch.AddWalletOpened("wal_leaf", image.Written.Span, WalletLineJson.Write([]));
        foreach (var command in Commands)
        {
            image.Clear();
            WalletCommandImage.Save(image, command);
            batch.AddCommand("wal_leaf", Usage.Noon, image.Written.Span, WalletLineJson.Write([line, line]));
        }

        batch.AddLine(WalletLineJson.Write(line));
        batch.AddRestarted();
        return batch;
    }

    private static void Settle(JournalBatch batch, int n, string key)
    {
        var usage = Usage.Event(Usage.Id(Usage.Noon, n));
        usage.KeyId = key;
        usage.PromptTokens = n;
        var settlement = new ExchangeSettlement(Usage.Id(Usage.Noon, n), Path, 10, 4, usage);
        EventWriter.Mine.Write(settlement);
        batch.AddSettlement(EntryKind.Settlement, settlement, EventWriter.Mine);
    }

    private static List<UsageEvent> Events(JournalBatch batch)
    {
        var texts = new RowTexts();
        var reader = new EntryReader(batch.Entries, texts);
        var events = new List<UsageEvent>();
        EntryRead read;
        while ((read = reader.Read(out var entry)) == EntryRead.Entry)
        {
            if (entry.Kind == EntryKind.Settlement)
            {
                events.Add(EventReader.Read(entry, batch.Entries, texts));
            }
        }

        Assert.Equal(EntryRead.End, read);
        return events;
    }

    /// <summary>The next entry that is not a text.</summary>
    private static JournalEntry Next(ref EntryReader reader, EntryKind kind)
    {
        JournalEntry entry;
        do
        {
            Assert.Equal(EntryRead.Entry, reader.Read(out entry));
        }
        while (entry.Kind == EntryKind.Text);

        Assert.Equal(kind, entry.Kind);
        return entry;
    }
}
