using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Caching.Storage;
using AiOrchestrator.Server.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Server.Tests.Storage;

public sealed class SqliteCacheStoreTests : CacheStoreConformance, IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly ManualTime _time = new();
    private readonly Lines _lines = new();
    private SqliteCacheStore _store;

    public SqliteCacheStoreTests() => _store = New();

    protected override ICacheStore Store => _store;

    protected override long NowUnixMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private string File => _directory.File("cache.db");

    protected override void Advance(TimeSpan by) => _time.Advance(by);

    public void Dispose()
    {
        _store.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task What_was_put_is_there_after_a_restart()
    {
        await _store.PutAsync(Entry("org_1", "a"), Cancel);
        await _store.NoteHitsAsync([new CacheHits("org_1", "a", 2)], Cancel);
        Reopen();
        Assert.NotNull(await _store.GetAsync("org_1", "a", Cancel));
        await foreach (var head in _store.ListAsync("org_1", Cancel))
        {
            Assert.Equal(2, head.Hits);
        }

        Assert.Empty(_lines);
    }

    [Fact]
    public async Task What_is_not_there_is_known_at_once()
    {
        await _store.PutAsync(Entry("org_1", "a"), Cancel);
        Assert.True(_store.GetAsync("org_1", "b", Cancel).AsTask().IsCompleted);
        Assert.True(_store.GetAsync("org_2", "a", Cancel).AsTask().IsCompleted);
        await _store.DeleteAsync("org_1", "a", Cancel);
        Assert.True(_store.GetAsync("org_1", "a", Cancel).AsTask().IsCompleted);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_put_aside_with_a_line_in_the_log()
    {
        await _store.PutAsync(Entry("org_1", "a"), Cancel);
        _store.Dispose();
        await System.IO.File.WriteAllTextAsync(File, new string('x', 20_000), Cancel);
        System.IO.File.Delete(File + "-wal");
        _store = New();
        await ItWorksAsync();
        Assert.StartsWith("xxx", await System.IO.File.ReadAllTextAsync(LosableDatabase.AsideOf(File), Cancel), StringComparison.Ordinal);
        Assert.Contains("put aside", Assert.Single(_lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_a_newer_program_is_put_aside()
    {
        _store.Dispose();
        using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            connection.Open();
            SqliteConnections.Execute(connection, "PRAGMA user_version = 99");
        }

        _store = New();
        await ItWorksAsync();
        Assert.Contains("put aside", Assert.Single(_lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_turns_out_to_be_damaged_while_it_is_used_is_put_aside()
    {
        for (var i = 0; i < 200; i++)
        {
            await _store.PutAsync(Entry("org_1", $"k{i}") with { Sealed = new byte[4000] }, Cancel);
        }

        _store.Dispose();
        var bytes = await System.IO.File.ReadAllBytesAsync(File, Cancel);
        _store = New();

        // All pages but the first, whose checks are made when it is opened, are as if the disk had lost them; they are read when they are asked for.
        await using (var file = new FileStream(File, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Position = 8192;
            await file.WriteAsync(Enumerable.Repeat((byte)0xA5, bytes.Length - 8192).ToArray(), Cancel);
        }

        for (var i = 0; i < 200 && _lines.Count == 0; i++)
        {
            Assert.True(await _store.GetAsync("org_1", $"k{i}", Cancel) is null or { Namespace: "org_1" });
        }

        Assert.Contains("put aside", Assert.Single(_lines), StringComparison.Ordinal);
        await ItWorksAsync();
    }

    [Fact]
    public async Task Where_no_file_can_be_there_is_nothing_and_nothing_is_thrown()
    {
        using var store = new SqliteCacheStore(Path.Combine(_directory.FullPath, "no", "such", "cache.db"), _time, _lines);
        await store.PutAsync(Entry("org_1", "a"), Cancel);
        Assert.Null(await store.GetAsync("org_1", "a", Cancel));
        await store.NoteHitsAsync([new CacheHits("org_1", "a", 1)], Cancel);
        await store.DeleteAsync("org_1", "a", Cancel);
        await foreach (var head in store.ListAsync(null, Cancel))
        {
            Assert.Fail(head.Key);
        }

        Assert.Contains("neither be used nor begun anew", Assert.Single(_lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_of_what_was_deleted_stays_in_the_file()
    {
        await _store.PutAsync(Entry("org_1", "a") with { Sealed = "a secret that was kept"u8.ToArray() }, Cancel);
        await _store.DeleteAsync("org_1", "a", Cancel);
        _store.Dispose();
        Assert.Equal(-1, (await System.IO.File.ReadAllBytesAsync(File, Cancel)).AsSpan().IndexOf("a secret that was kept"u8));
        _store = New();
    }

    private async Task ItWorksAsync()
    {
        Assert.Null(await _store.GetAsync("org_1", "a", Cancel));
        await _store.PutAsync(Entry("org_1", "a"), Cancel);
        Reopen();
        Assert.NotNull(await _store.GetAsync("org_1", "a", Cancel));
    }

    private void Reopen()
    {
        _store.Dispose();
        _store = New();
    }

    private SqliteCacheStore New() => new(File, _time, _lines);

    private sealed class Lines : List<string>, ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Add(formatter(state, exception));
    }
}
