using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Ledger.Wallets;
using AiOrchestrator.Server.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiOrchestrator.Server.Tests.Storage;

public sealed class SnapshotTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly List<string> _log = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Path => _directory.File("journal.db");

    private string Snapshot => _directory.File("journal.snapshot");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Only_rows_after_it_are_replayed()
    {
        await WriteAsync(100);
        using (var journal = Open(out var replay))
        {
            Assert.Equal(100, replay.Seen);
            Assert.Equal(100, journal.WriteSnapshot(static () => new Counting(), Cancel));
        }

        await WriteAsync(7);
        using var again = Open(out var rest);
        Assert.Equal((107, 7), (rest.Starts, rest.Seen));
        Assert.Empty(_log);
    }

    [Fact]
    public async Task It_is_made_from_the_one_before()
    {
        for (var round = 1; round <= 3; round++)
        {
            await WriteAsync(10);
            using var journal = Open(out _);
            Assert.Equal(10 * round, journal.WriteSnapshot(() => new Counting { Bound = 10 }, Cancel));
        }

        using var last = Open(out var replay);
        Assert.Equal((30, 0), (replay.Starts, replay.Seen));
    }

    [Fact]
    public async Task It_is_due_when_enough_came_and_an_opening_that_replayed_enough_makes_it()
    {
        await WriteAsync(50);
        var options = Sets.Small with { SnapshotBytes = 1000 };
        using (var journal = Open(out _, options))
        {
            Assert.True(File.Exists(Snapshot));
            Assert.False(journal.IsSnapshotDue);
            for (var i = 0; i < 50; i++)
            {
                Assert.True(await journal.AppendStartAsync(Start(i)));
            }

            Assert.True(journal.IsSnapshotDue);
            Assert.Equal(100, journal.WriteSnapshot(static () => new Counting(), Cancel));
            Assert.False(journal.IsSnapshotDue);
        }

        using var again = Open(out var replay, options);
        Assert.Equal((100, 0), (replay.Starts, replay.Seen));
    }

    [Theory]
    [InlineData("cut", "damaged")]
    [InlineData("flipped", "damaged")]
    [InlineData("empty", "damaged")]
    [InlineData("version", "another version")]
    [InlineData("image", "another form")]
    [InlineData("longer", "another form")]
    [InlineData("ahead", "does not have")]
    [InlineData("directory", null)]
    public async Task One_that_cannot_be_used_is_as_if_it_were_not_there_and_is_told(string how, string? reason)
    {
        await WriteAsync(20);
        using (var journal = Open(out _))
        {
            _ = journal.WriteSnapshot(static () => new Counting(), Cancel);
        }

        Spoil(how);
        using var again = Open(out var replay);
        Assert.Equal((20, 20), (replay.Starts, replay.Seen));
        if (reason is not null)
        {
            Assert.Contains(reason, Assert.Single(_log), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task All_rows_are_verified_snapshot_or_not()
    {
        await WriteWithSnapshotAsync();
        Edit("UPDATE journal SET entries = entries || x'00' WHERE seq = 30");
        Assert.Contains("row 30 is not what", Assert.Throws<StorageException>(() => Open(out _)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_verify_recent_an_older_row_that_is_broken_stops_the_process_by_its_number()
    {
        await WriteWithSnapshotAsync();
        Edit("UPDATE journal SET entries = entries || x'00' WHERE seq = 30");
        // Not on the verifier's own thread: closing waits for it.
        var failed = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var journal = Open(out var replay, Sets.Small with { Verify = JournalVerify.Recent }, failed.SetResult);
        Assert.Equal(100, replay.Starts);
        Assert.Contains("row 30 is not what", await failed.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_verify_recent_a_newer_row_that_is_broken_is_refused()
    {
        await WriteWithSnapshotAsync();
        await WriteAsync(5);
        Edit("UPDATE journal SET entries = entries || x'00' WHERE seq = 103");
        var message = Assert.Throws<StorageException>(() => Open(out _, Sets.Small with { Verify = JournalVerify.Recent })).Message;
        Assert.Contains("row 103 is not what", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_verify_recent_and_no_snapshot_everything_is_verified_first()
    {
        await WriteAsync(20);
        Edit("UPDATE journal SET entries = entries || x'00' WHERE seq = 3");
        var message = Assert.Throws<StorageException>(() => Open(out _, Sets.Small with { Verify = JournalVerify.Recent })).Message;
        Assert.Contains("row 3 is not what", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_cannot_be_written_is_told_and_nothing_else_happens()
    {
        await WriteAsync(5);
        Directory.CreateDirectory(Snapshot + ".new");
        using var journal = Open(out _);
        Assert.Null(journal.WriteSnapshot(static () => new Counting(), Cancel));
        Assert.Contains("could not be written", Assert.Single(_log), StringComparison.Ordinal);
        Assert.True(await journal.AppendStartAsync(Start(9)));
    }

    [Fact]
    public async Task The_service_makes_one_when_it_is_due()
    {
        var time = new ManualTime();
        using var set = Sets.Open(_directory, Sets.Small with { SnapshotBytes = 500 }, time);
        for (var i = 0; i < 50; i++)
        {
            Assert.True(await set.Stream.AppendStartAsync(Start(i)));
        }

        using var service = new JournalSnapshots(
            set, new StorageOptions { Directory = _directory.FullPath, Terms = new LeaseTerms(600_000) }, time, NullLogger<JournalSnapshots>.Instance);
        await service.StartAsync(Cancel);
        for (var i = 0; i < 1000 && !File.Exists(Snapshot); i++)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            await Task.Delay(10, Cancel);
        }

        await service.StopAsync(Cancel);
        Assert.True(File.Exists(Snapshot));
        Assert.False(set.Journal.IsSnapshotDue);
    }

    private static ExchangeStart Start(int n) => new(Usage.Id(Usage.Noon, n), Usage.Shares("wal_1"), 10);

    private async Task WriteWithSnapshotAsync()
    {
        await WriteAsync(100);
        using var journal = Open(out _);
        _ = journal.WriteSnapshot(static () => new Counting(), Cancel);
    }

    private async Task WriteAsync(int rows)
    {
        using var journal = Open(out _);
        for (var i = 0; i < rows; i++)
        {
            Assert.True(await journal.AppendStartAsync(Start(i)));
        }
    }

    private Journal Open(out Counting replay, JournalOptions? options = null, Action<string>? fail = null) => Journal.Open(
        Path, options ?? Sets.Small, TimeProvider.System, fail ?? (static m => throw new InvalidOperationException(m)), static () => new Counting(), new Log(_log), out replay);

    private void Spoil(string how)
    {
        var bytes = File.ReadAllBytes(Snapshot);
        switch (how)
        {
            case "cut":
                File.WriteAllBytes(Snapshot, bytes[..^1]);
                break;
            case "flipped":
                bytes[60] ^= 1;
                File.WriteAllBytes(Snapshot, bytes);
                break;
            case "empty":
                File.WriteAllBytes(Snapshot, []);
                break;
            case "version":
                bytes[8]++;
                Sign(bytes[..^32]);
                break;
            case "image":
                Sign(bytes[..^40]);
                break;
            case "longer":
                Sign([.. bytes[..^32], 0]);
                break;
            case "ahead":
                bytes[12]++;
                Sign(bytes[..^32]);
                break;
            default:
                File.Delete(Snapshot);
                Directory.CreateDirectory(Snapshot);
                break;
        }
    }

    private void Sign(byte[] bytes) => File.WriteAllBytes(Snapshot, [.. bytes, .. System.Security.Cryptography.SHA256.HashData(bytes)]);

    private void Edit(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path};Pooling=False");
        connection.Open();
        SqliteConnections.Execute(connection, sql);
    }

    /// <summary>Counts starts: over all, and those it was shown itself.</summary>
    private sealed class Counting : IJournalReplay
    {
        public long Starts { get; private set; }

        public long Seen { get; private set; }

        public long Bound { get; init; } = long.MaxValue;

        public void Apply(in JournalEntry entry)
        {
            if (entry.Kind == EntryKind.Start)
            {
                Starts++;
                Seen++;
                Assert.InRange(Seen, 0, Bound);
            }
        }

        public void Save(ImageWriter image) => image.Int64(Starts);

        public bool Load(ref ImageReader image)
        {
            Starts = image.Int64();
            return true;
        }
    }

    private sealed class Log(List<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Add(formatter(state, exception));
    }
}
