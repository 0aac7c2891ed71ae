using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Caching.Vectors;
using AiOrchestrator.Server.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Server.Tests.Storage;

public sealed class SqliteVectorIndexTests : VectorIndexConformance, IDisposable
{
    private static readonly VectorPartition Here = new("org_1", "x");

    private readonly TempDirectory _directory = new();
    private readonly Lines _log = new();
    private SqliteVectorIndex _index;

    public SqliteVectorIndexTests() => _index = Open();

    protected override IVectorIndex Index => _index;

    private string FilePath => _directory.File("vectors.db");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _index.Dispose();
        _directory.Dispose();
    }

    protected override Task<IVectorIndex> ReopenAsync()
    {
        _index.Dispose();
        _index = Open();
        return Task.FromResult<IVectorIndex>(_index);
    }

    [Fact]
    public async Task The_oldest_go_over_the_bound_and_do_not_come_back_with_a_restart()
    {
        _index.Dispose();
        _index = Open(maxVectors: 3);
        for (var i = 0; i < 5; i++)
        {
            await _index.PutAsync(Here, $"v{i}", Axis(i), Cancel);
        }

        // The oldest that is left, put again, is the newest.
        await _index.PutAsync(Here, "v2", Axis(2), Cancel);
        await _index.PutAsync(Here, "v5", Axis(5), Cancel);
        Assert.Equal(["v2", "v4", "v5"], await IdsAsync());
        _index.Dispose();
        _index = Open(maxVectors: 100);
        Assert.Equal(["v2", "v4", "v5"], await IdsAsync());
        _index.Dispose();
        _index = Open(maxVectors: 2);
        Assert.Equal(["v2", "v5"], await IdsAsync());
        Assert.Empty(_log.Texts);
    }

    [Theory]
    [InlineData("numbers = zeroblob(256)")]
    [InlineData("numbers = substr(numbers, 1, 252)")]
    [InlineData("numbers = substr(numbers, 1, 255)")]
    [InlineData("numbers = 'text'")]
    [InlineData("entry = 'other'")]
    [InlineData("entry = ''")]
    [InlineData("name = 'other'")]
    [InlineData("namespace = 'org_2'")]
    [InlineData("namespace = x'00'")]
    [InlineData("checksum = checksum + 1")]
    [InlineData("checksum = 'x'")]
    public async Task A_row_that_is_not_as_it_was_written_is_deleted_and_found_nowhere(string damage)
    {
        await _index.PutAsync(Here, "good", Axis(1), Cancel);
        await _index.PutAsync(Here, "bad", Axis(2), Cancel);
        _index.Dispose();
        Sql($"UPDATE vector SET {damage} WHERE entry = 'bad'");
        for (var run = 0; run < 2; run++)
        {
            _index.Dispose();
            _index = Open();
            Assert.Equal(1, _index.Count);
            Assert.Equal(["good"], await IdsAsync());
            Assert.StartsWith("1 rows of ", Assert.Single(_log.Texts), StringComparison.Ordinal);
        }

        // Room and name are free again.
        await _index.PutAsync(Here, "bad", Axis(2), Cancel);
        await ReopenAsync();
        Assert.Equal(["bad", "good"], await IdsAsync());
    }

    /// <summary>Wherever it is hit, the file opens, and what is still found is what was put.</summary>
    [Fact]
    public async Task No_damaged_byte_of_the_file_is_told_as_a_vector()
    {
        const int vectors = 40;
        for (var i = 0; i < vectors; i++)
        {
            await _index.PutAsync(Here, $"v{i}", Axis(i), Cancel);
        }

        _index.Dispose();
        Sql("PRAGMA wal_checkpoint(TRUNCATE)");
        var whole = await File.ReadAllBytesAsync(FilePath, Cancel);
        var random = new Random(5);
        var lost = 0;
        for (var round = 0; round < 120; round++)
        {
            var bytes = whole.ToArray();

            // The file's own head one time of four, else anywhere.
            var at = random.Next(round % 4 == 0 ? 100 : bytes.Length);
            bytes[at] ^= (byte)(1 << random.Next(8));
            File.Delete(FilePath + "-wal");
            File.Delete(FilePath + "-shm");
            await File.WriteAllBytesAsync(FilePath, bytes, Cancel);
            using var index = Open();
            for (var i = 0; i < vectors; i++)
            {
                var found = await index.SearchAsync(Here, Axis(i), 100, 0.01f, Cancel);
                Assert.True(found is [] or [{ Similarity: 1 }] && found.All(h => h.Id == $"v{i}"), $"byte {at}: {string.Join(", ", found)}");
                lost += found.Count == 0 ? 1 : 0;
            }

            await index.PutAsync(Here, "new", Axis(vectors), Cancel);
            Assert.Equal("new", Assert.Single(await index.SearchAsync(Here, Axis(vectors), 1, 0.9f, Cancel)).Id);
        }

        // Some hit vectors, or nothing was proved.
        Assert.InRange(lost, 10, 120 * vectors);
    }

    [Fact]
    public async Task A_file_of_a_newer_program_is_put_aside_and_begun_anew()
    {
        await _index.PutAsync(Here, "a", Axis(1), Cancel);
        _index.Dispose();
        Sql("PRAGMA user_version = 99");
        _index = Open();
        Assert.Equal(0, _index.Count);
        Assert.True(File.Exists(LosableDatabase.AsideOf(FilePath)));
        Assert.Contains("put aside", Assert.Single(_log.Texts), StringComparison.Ordinal);
        await _index.PutAsync(Here, "b", Axis(2), Cancel);
        await ReopenAsync();
        Assert.Equal(["b"], await IdsAsync());
    }

    [Fact]
    public async Task Where_no_file_can_be_made_vectors_are_in_memory()
    {
        using var index = new SqliteVectorIndex(_directory.File("no/such/folder/vectors.db"), 10, _log);
        Assert.Contains("nothing is kept there", Assert.Single(_log.Texts), StringComparison.Ordinal);
        await index.PutAsync(Here, "a", Axis(1), Cancel);
        await index.PutAsync(Here, "b", Axis(2), Cancel);
        await index.DeleteAsync(Here, "b", Cancel);
        Assert.Equal("a", Assert.Single(await index.SearchAsync(Here, Axis(1), 10, -1, Cancel)).Id);
        await index.DropAsync("org_1", Cancel);
        Assert.Equal(0, index.Count);
    }

    [Fact]
    public async Task What_could_not_be_written_is_not_found()
    {
        await _index.PutAsync(Here, "a", Axis(1), Cancel);
        Sql("CREATE TRIGGER full BEFORE INSERT ON vector BEGIN SELECT RAISE(FAIL, 'full'); END");
        _ = await Assert.ThrowsAsync<SqliteException>(() => _index.PutAsync(Here, "b", Axis(2), Cancel));
        Assert.Equal(["a"], await IdsAsync());
        Sql("DROP TRIGGER full");
        await _index.PutAsync(Here, "b", Axis(2), Cancel);
        await ReopenAsync();
        Assert.Equal(["a", "b"], await IdsAsync());
    }

    [Fact]
    public async Task What_finds_the_file_damaged_is_done_again_on_a_new_one()
    {
        var loads = 0;
        using var database = new LosableDatabase(_directory.File("some.db"), new SqliteFormat("CREATE TABLE t(x INTEGER)"), "PRAGMA synchronous = NORMAL", _ => loads++, _log);
        var runs = new List<SqliteConnection?>();
        await database.InTurnAsync(
            connection =>
            {
                runs.Add(connection);
                if (runs.Count == 1)
                {
                    throw new SqliteException("malformed", 11);
                }

                SqliteConnections.Execute(connection!, "INSERT INTO t VALUES(1)");
            },
            Cancel);
        Assert.Equal(2, loads);
        Assert.Equal(2, runs.Distinct().Count());
        Assert.True(File.Exists(LosableDatabase.AsideOf(_directory.File("some.db"))));
        _ = await Assert.ThrowsAsync<SqliteException>(() => database.InTurnAsync(static _ => throw new SqliteException("full", 13), Cancel));
        Assert.Equal(2, loads);
    }

    /// <summary>Each at a right angle to all others.</summary>
    private static float[] Axis(int i)
    {
        var vector = new float[64];
        vector[i] = 1;
        return vector;
    }

    private SqliteVectorIndex Open(int maxVectors = 1_000) => new(FilePath, maxVectors, _log);

    private async Task<IEnumerable<string>> IdsAsync() => (await _index.SearchAsync(Here, Axis(0), 100, -1, Cancel)).Select(static h => h.Id).Order(StringComparer.Ordinal);

    private void Sql(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={FilePath};Pooling=False");
        connection.Open();
        SqliteConnections.Execute(connection, sql);
    }

    /// <summary>What was logged.</summary>
    private sealed class Lines : ILogger
    {
        public List<string> Texts { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Texts.Add(formatter(state, exception));
    }
}
