using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Server.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

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

public sealed class JournalUsageStreamTests : UsageFeedConformance, IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly StorageSet _set;

    public JournalUsageStreamTests() => _set = Sets.Open(_directory);

    protected override IUsageStream Stream => _set.Stream;

    protected override IUsageFeed Feed => _set.Stream;

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

public sealed class FileSecretStoreTests : SecretStoreConformance, IDisposable
{
    private readonly TempDirectory _directory = new();

    protected override ISecretStore Store { get; } = new SecretStore(NullLogger<SecretStore>.Instance);

    protected override string Nowhere => "file:" + _directory.File("missing");

    [Fact]
    public async Task The_newline_at_the_end_of_a_file_is_not_part_of_the_secret() =>
        Assert.Equal("sk-1", await Store.GetAsync(await PlaceAsync("sk-1\r\n"), TestContext.Current.CancellationToken));

    [Fact]
    public async Task A_file_that_is_no_secret_by_its_size_leads_nowhere()
    {
        Assert.NotNull(await Store.GetAsync(await PlaceAsync(new string('x', 65536)), TestContext.Current.CancellationToken));
        Assert.Null(await Store.GetAsync(await PlaceAsync(new string('x', 65537)), TestContext.Current.CancellationToken));
    }

    public void Dispose() => _directory.Dispose();

    protected override async Task<string> PlaceAsync(string secret)
    {
        await File.WriteAllTextAsync(_directory.File("secret"), secret, TestContext.Current.CancellationToken);
        return "file:" + _directory.File("secret");
    }
}

public sealed class EnvironmentSecretStoreTests : SecretStoreConformance
{
    protected override ISecretStore Store { get; } = new SecretStore(NullLogger<SecretStore>.Instance);

    protected override string Nowhere => "env:AO_TEST_SECRET_NOT_SET";

    protected override Task<string> PlaceAsync(string secret)
    {
        Environment.SetEnvironmentVariable("AO_TEST_SECRET", secret);
        return Task.FromResult("env:AO_TEST_SECRET");
    }
}
