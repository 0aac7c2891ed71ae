using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Server.Storage;
using Microsoft.Data.Sqlite;

namespace AiOrchestrator.Server.Tests.Storage;

public sealed class SqliteDocumentStoreTests : DocumentStoreConformance, IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly SqliteDocumentStore _store;

    public SqliteDocumentStoreTests() => _store = new SqliteDocumentStore(_directory.File("config.db"));

    protected override IDocumentStore Store => _store;

    public void Dispose()
    {
        _store.Dispose();
        _directory.Dispose();
    }
}

public sealed class SqliteUsageStoreTests : UsageStoreConformance, IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly SqliteUsageStore _store;

    public SqliteUsageStoreTests() => _store = new SqliteUsageStore(_directory.File("usage.db"));

    protected override IUsageStore Store => _store;

    [Fact]
    public async Task An_older_format_is_dropped_and_begins_at_position_zero()
    {
        var path = _directory.File("old.db");
        using (var connection = new SqliteConnection($"Data Source={path};Pooling=False"))
        {
            connection.Open();
            SqliteConnections.Execute(
                connection,
                "CREATE TABLE usage(id INTEGER); CREATE TABLE position(value INTEGER NOT NULL); INSERT INTO position VALUES(7); PRAGMA user_version = 1");
        }

        using var store = new SqliteUsageStore(path);
        Assert.Equal(0, await store.PositionAsync(TestContext.Current.CancellationToken));
        Assert.Empty(await store.QueryAsync(new UsageQuery("org_1"), TestContext.Current.CancellationToken));
    }

    public void Dispose()
    {
        _store.Dispose();
        _directory.Dispose();
    }
}

public sealed class JournalUsageStreamTests : UsageStreamConformance, IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly StorageSet _set;

    public JournalUsageStreamTests() => _set = Sets.Open(_directory);

    protected override IUsageStream Stream => _set.Stream;

    public void Dispose()
    {
        _set.Dispose();
        _directory.Dispose();
    }
}

public sealed class JournaledWalletAuthorityTests : WalletAuthorityConformance, IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly ManualTime _time = new();
    private readonly StorageSet _set;

    public JournaledWalletAuthorityTests() => _set = Sets.Open(_directory, time: _time);

    protected override IWalletAuthority Authority => _set.Wallets;

    protected override long NowUnixMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    public void Dispose()
    {
        _set.Dispose();
        _directory.Dispose();
    }
}
