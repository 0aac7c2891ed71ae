using System.Buffers.Binary;
using System.Security.Cryptography;
using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Server.Storage;
using Microsoft.Data.Sqlite;

namespace AiOrchestrator.Server.Tests.Storage;

/// <summary>A journal as the program of format 1 left it: its money, its usage and its chain go on.</summary>
public sealed class OldJournalTests : IDisposable
{
    private static readonly string[] Path = ["wal_leaf", "wal_root"];
    private readonly TempDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task It_opens_and_has_the_same_money_and_usage_before_and_after_more_is_written()
    {
        Write();
        for (var run = 0; run < 2; run++)
        {
            using var set = Sets.Open(_directory);
            await AssertAsync(set, runs: run);
            Assert.True(await set.Stream.AppendStartAsync(new ExchangeStart(Usage.Id(Usage.Noon + 1, run), Usage.Shares("wal_leaf"), 30)));
            set.Stream.AppendSettlement(Usage.Settlement(Usage.Id(Usage.Noon + 1, run), 30, 7, "wal_leaf"));
        }
    }

    [Theory]
    [InlineData(2, 5)]
    [InlineData(5, 40)]
    [InlineData(6, 3)]
    [InlineData(7, 20)]
    public async Task A_flipped_byte_is_found_in_an_old_row_and_in_a_new_one(int row, int at)
    {
        Write();
        using (var set = Sets.Open(_directory))
        {
            for (var i = 0; i < 3; i++)
            {
                Assert.True(await set.Stream.AppendStartAsync(new ExchangeStart(Usage.Id(Usage.Noon + 1, i), Usage.Shares("wal_leaf"), 30)));
            }
        }

        Sets.Open(_directory).Dispose();
        using (var connection = Connect())
        {
            using var read = connection.CreateCommand();
            read.CommandText = $"SELECT entries FROM journal WHERE seq = {row}";
            var entries = (byte[])read.ExecuteScalar()!;
            entries[at] ^= 0x10;
            SqliteConnections.Execute(connection, $"UPDATE journal SET entries = x'{Convert.ToHexString(entries)}' WHERE seq = {row}");
        }

        Assert.Contains(
            $"row {row} is not what was written", Assert.Throws<StorageException>(() => Sets.Open(_directory)).Message, StringComparison.Ordinal);
    }

    private SqliteConnection Connect()
    {
        SqliteLibrary.Ensure();
        var connection = new SqliteConnection($"Data Source={_directory.File("journal.db")};Pooling=False");
        connection.Open();
        return connection;
    }

    private async Task AssertAsync(StorageSet set, int runs)
    {
        var leaf = await set.Wallets.ReadAsync("wal_leaf", Cancel);
        Assert.Equal((5000, 60 + 90 + 25 + (7 * runs), 300), (leaf!.LimitNanoUsd, leaf.SpentNanoUsd, leaf.SuspenseNanoUsd));
        var root = await set.Wallets.ReadAsync("wal_root", Cancel);
        Assert.Equal((9000, 60 + 90, 400), (root!.LimitNanoUsd, root.SpentNanoUsd, root.SuspenseNanoUsd));
        var unfinished = Assert.Single(set.Wallets.Unfinished);
        Assert.Equal((Usage.Id(Usage.Noon, 4), "org_1", "key_1"), (unfinished.Id, unfinished.OrganisationId, unfinished.KeyId));
        Assert.Equal([new WalletShare("wal_leaf", 0), new WalletShare("wal_root", 0)], unfinished.Wallets);

        var events = new List<UsageEvent>();
        await foreach (var batch in set.Stream.ReadAsync(0, Cancel))
        {
            events.AddRange(batch.Entries.Select(static e => e.Usage!));
            if (events.Count >= 2 + runs)
            {
                break;
            }
        }

        Assert.Equal([Usage.Id(Usage.Noon, 1).ToString(), Usage.Id(Usage.Noon, 2).ToString()], events.Take(2).Select(static e => e.Id));
        Assert.Equal("gpt-4o", events[1].Model);
    }

    private void Write()
    {
        var rows = new[]
        {
            new OldEntries().WalletOpened("wal_leaf", 1000).WalletOpened("wal_root", 9000).LimitChanged("wal_leaf", 5000),
            new OldEntries()
                .Start(Usage.Id(Usage.Noon, 1), Path, 100, "org_1", "key_1").Start(Usage.Id(Usage.Noon, 2), Path, 200, "org_1", "key_1")
                .Settlement(EntryKind.JsonSettlement, Usage.Id(Usage.Noon, 1), Path, 100, 60, Usage.Event(Usage.Id(Usage.Noon, 1)))
                .Start(Usage.Id(Usage.Noon, 3), Path, 100, "org_1", "key_1"),
            new OldEntries().Start(Usage.Id(Usage.Noon, 4), Path, 300, "org_1", "key_1").Restarted()
                .Settlement(EntryKind.JsonUnfinishedCharged, Usage.Id(Usage.Noon, 2), Path, 200, 90, Usage.Event(Usage.Id(Usage.Noon, 2))),
            new OldEntries().SuspenseResolved("wal_leaf", hold: 100, charge: 25),
            new OldEntries().Settlement(
                EntryKind.JsonUnfinishedCharged, Usage.Id(Usage.Noon, 3), [], 100, 100, Usage.Event(Usage.Id(Usage.Noon, 3))),
        };
        using var connection = Connect();
        SqliteConnections.Execute(
            connection, "PRAGMA page_size = 4096; CREATE TABLE journal(seq INTEGER PRIMARY KEY, entries BLOB NOT NULL, hash BLOB NOT NULL); PRAGMA user_version = 1");
        var hash = new byte[32];
        for (var i = 0; i < rows.Length; i++)
        {
            var number = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(number, i + 1);
            hash = SHA256.HashData([.. hash, .. number, .. rows[i].Bytes]);
            using var insert = connection.CreateCommand();
            insert.CommandText = "INSERT INTO journal VALUES($s, $e, $h)";
            _ = insert.Parameters.AddWithValue("$s", i + 1);
            _ = insert.Parameters.AddWithValue("$e", rows[i].Bytes);
            _ = insert.Parameters.AddWithValue("$h", hash);
            _ = insert.ExecuteNonQuery();
        }
    }
}
