using System.Security.Cryptography;
using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Ledger.Wallets;
using AiOrchestrator.Server.Storage;
using Microsoft.Data.Sqlite;

namespace AiOrchestrator.Server.Tests.Storage;

public sealed class JournalTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Waiting_callers_share_commits()
    {
        using var set = Sets.Open(_directory);
        var starts = Enumerable.Range(0, 2000).Select(i => set.Stream.AppendStartAsync(Start(i)).AsTask()).ToArray();
        Assert.All(await Task.WhenAll(starts), Assert.True);
        Assert.InRange(set.Journal.Committed.DurableSeq, 1, 1000);
    }

    [Fact]
    public async Task A_settlement_nobody_waits_for_is_written_after_its_linger()
    {
        using var set = Sets.Open(_directory);
        set.Stream.AppendSettlement(Usage.Settlement(Usage.Id(Usage.Noon)));
        await set.Journal.Committed.WaitBeyondAsync(0).WaitAsync(TimeSpan.FromSeconds(30), Cancel);
    }

    [Fact]
    public async Task Settlements_travel_with_the_next_start()
    {
        using var set = Sets.Open(_directory, Sets.Small with { LingerMs = 60_000 });
        for (var i = 0; i < 50; i++)
        {
            set.Stream.AppendSettlement(Usage.Settlement(Usage.Id(Usage.Noon, i)));
        }

        Assert.Equal(0, set.Journal.Committed.DurableSeq);
        Assert.True(await set.Stream.AppendStartAsync(Start(0)));
        Assert.Equal(1, set.Journal.Committed.DurableSeq);
    }

    [Fact]
    public async Task What_was_pending_is_written_when_it_closes()
    {
        using (var set = Sets.Open(_directory, Sets.Small with { LingerMs = 60_000 }))
        {
            set.Stream.AppendSettlement(Usage.Settlement(Usage.Id(Usage.Noon)));
        }

        using var again = Sets.Open(_directory);
        await using var reader = again.Stream.ReadAsync(0, Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await reader.MoveNextAsync());
        Assert.Single(reader.Current.Entries);
    }

    [Fact]
    public async Task Statement_lines_are_read_with_the_commands_they_belong_to_and_alone()
    {
        using var set = Sets.Open(_directory);
        var (first, second) = (Usage.Line("wal_1"), Usage.Line("wal_1", Usage.Noon + 1, "frozen"));
        Assert.True(await set.Journal.AppendWalletOpenedAsync(new Wallet("wal_1", 1000, new LeaseTerms(600_000)), []));
        Assert.True(await set.Journal.AppendCommandAsync("wal_1", new WalletCommand.ChangeLimit(5), Usage.Noon, [first, second]));
        Assert.True(await set.Journal.AppendCommandAsync("wal_1", new WalletCommand.ChangeLimit(6), Usage.Noon, []));
        set.Journal.AppendLine(second);
        await set.Journal.FlushAsync();
        var read = new List<StreamEntry>();
        await foreach (var batch in set.Stream.ReadAsync(0, Cancel))
        {
            read.AddRange(batch.Entries);
            if (read.Count == 3)
            {
                break;
            }
        }

        Assert.Equal(
            [new StreamEntry(2 << 20, Usage: null, first), new StreamEntry((2 << 20) + 1, Usage: null, second), new StreamEntry(4 << 20, Usage: null, second)],
            read);
    }

    [Fact]
    public async Task A_closed_journal_refuses_starts()
    {
        var set = Sets.Open(_directory);
        set.Dispose();
        Assert.False(await set.Stream.AppendStartAsync(Start(0)));
    }

    [Fact]
    public async Task When_nobody_can_know_what_is_durable_the_process_is_stopped_and_nothing_starts()
    {
        var failed = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        SqliteDatabase? database = null;
        using var set = Sets.Open(_directory, Sets.Small with { Opened = d => database = d }, fail: failed.SetResult);
        Assert.True(await set.Stream.AppendStartAsync(Start(0)));

        // Any failure that is not "no space" counts as one; this one can be had without a broken disk.
        database!.Execute("PRAGMA query_only = 1");
        var flush = set.Stream.FlushAsync(Cancel).AsTask();
        Assert.False(await set.Stream.AppendStartAsync(Start(1)));
        Assert.Contains("journal.db", await failed.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel), StringComparison.Ordinal);
        Assert.False(await set.Stream.AppendStartAsync(Start(2)));
        await Assert.ThrowsAsync<StorageException>(() => set.Journal.FlushAsync());
        Assert.Equal(Core.Platform.Readiness.NotReady, new JournalReadiness(set.Journal).Check().Readiness);
        _ = await Task.WhenAny(flush).WaitAsync(TimeSpan.FromSeconds(30), Cancel);
    }

    [Fact]
    public async Task The_log_is_copied_into_the_database_and_starts_afresh()
    {
        using var set = Sets.Open(_directory, Sets.Small with { CheckpointBytes = 100_000 });
        var log = new FileInfo(_directory.File("journal.db-wal"));
        for (var i = 0; i < 2000; i++)
        {
            Assert.True(await set.Stream.AppendStartAsync(Start(i)));
        }

        // Without a checkpoint 2,000 commits are more than 8 MB.
        log.Refresh();
        Assert.InRange(log.Length, 1, 4_000_000);
        Assert.InRange(new FileInfo(_directory.File("journal.db")).Length, 100_000, 4_000_000);
        await using var reader = set.Stream.ReadAsync(1999, Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await reader.MoveNextAsync());
        Assert.Equal(2000, reader.Current.Position);
    }

    [Fact]
    public async Task An_edited_row_is_refused_with_its_number()
    {
        await WriteRowsAsync(5);
        Edit("UPDATE journal SET entries = entries || x'00' WHERE seq = 3");
        Assert.Contains("row 3 is not what was written", Assert.Throws<StorageException>(() => Sets.Open(_directory)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_row_cut_short_at_the_end_is_refused_with_its_number()
    {
        await WriteRowsAsync(5);
        Edit("UPDATE journal SET entries = substr(entries, 1, length(entries) - 1) WHERE seq = 5");
        Assert.Contains("row 5 is not what was written", Assert.Throws<StorageException>(() => Sets.Open(_directory)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_row_is_refused_with_its_number()
    {
        await WriteRowsAsync(5);
        Edit("DELETE FROM journal WHERE seq = 2");
        Assert.Contains("row 2 is missing", Assert.Throws<StorageException>(() => Sets.Open(_directory)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UPDATE journal SET seq = 70 WHERE seq = 300", "row 300 is missing")]
    [InlineData("UPDATE journal SET seq = 5000000000000 WHERE seq = 300", "row 300 is missing")]
    [InlineData("UPDATE journal SET seq = -1 WHERE seq = 300", "row 1 is missing")]
    [InlineData("DELETE FROM journal WHERE seq BETWEEN 65 AND 128", "row 65 is missing")]
    [InlineData("UPDATE journal SET hash = x'00' WHERE seq = 64", "row 64 is not what was written")]
    [InlineData("UPDATE journal SET entries = entries || x'00' WHERE seq = 299", "row 299 is not what was written")]
    [InlineData("UPDATE meta SET last_flat_row = 100", "row 1 is not what was written")]
    public async Task A_row_out_of_its_place_among_many_is_refused_with_its_number(string sql, string expected)
    {
        await WriteRowsAsync(300);
        if (sql.Contains("seq = 70", StringComparison.Ordinal))
        {
            Edit("DELETE FROM journal WHERE seq = 70");
            expected = "row 70 is not what was written";
        }

        Edit(sql);
        Assert.Contains(expected, Assert.Throws<StorageException>(() => Sets.Open(_directory)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 200 }, "row 1 has an entry of kind 200")]
    [InlineData(new byte[] { 1, 2, 3 }, "row 1 has an entry that cannot be read")]
    [InlineData(new byte[] { 3, 255, 255, 255, 255, 255 }, "row 1 has an entry that cannot be read")]
    public async Task An_entry_nobody_can_read_is_refused_with_its_row(byte[] entries, string expected)
    {
        await WriteRowsAsync(1);
        var hash = SHA256.HashData([.. new byte[32], 1, 0, 0, 0, 0, 0, 0, 0, .. SHA256.HashData(entries)]);
        Edit($"UPDATE journal SET entries = x'{Convert.ToHexString(entries)}', hash = x'{Convert.ToHexString(hash)}' WHERE seq = 1");
        Assert.Contains(expected, Assert.Throws<StorageException>(() => Sets.Open(_directory)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("journal.db")]
    [InlineData("usage.db")]
    [InlineData("config.db")]
    public void A_newer_format_is_refused(string file)
    {
        Sets.Open(_directory).Dispose();
        Edit("PRAGMA user_version = 99", file);
        var message = Assert.Throws<StorageException>(() => Sets.Open(_directory)).Message;
        Assert.Contains(file, message, StringComparison.Ordinal);
        Assert.Contains("format 99", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_in_one_line()
    {
        File.WriteAllText(_directory.File("journal.db"), new string('x', 10_000));
        var message = Assert.Throws<StorageException>(() => Sets.Open(_directory)).Message;
        Assert.Contains("journal.db", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void A_second_process_is_refused_by_the_directorys_name()
    {
        using var set = Sets.Open(_directory);
        var message = Assert.Throws<StorageException>(() => Sets.Open(_directory)).Message;
        Assert.Contains(_directory.FullPath, message, StringComparison.Ordinal);
        Assert.Contains("in use by another process", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_directory_belongs_to_its_owner_only()
    {
        if (OperatingSystem.IsWindows())
        {
            // Windows has no mode bits.
            return;
        }

        var path = Path.Combine(_directory.FullPath, "new", "deep");
        DataDirectory.Open(path).Dispose();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
    }

    private static ExchangeStart Start(int n) => new(Usage.Id(Usage.Noon, n), Usage.Shares("wal_1", "wal_2"), 1000);

    private async Task WriteRowsAsync(int rows)
    {
        using var set = Sets.Open(_directory);
        for (var i = 0; i < rows; i++)
        {
            Assert.True(await set.Stream.AppendStartAsync(Start(i)));
        }

        Assert.Equal(rows, set.Journal.Committed.DurableSeq);
    }

    private void Edit(string sql, string file = "journal.db")
    {
        using var connection = new SqliteConnection($"Data Source={_directory.File(file)};Pooling=False");
        connection.Open();
        SqliteConnections.Execute(connection, sql);
    }
}
