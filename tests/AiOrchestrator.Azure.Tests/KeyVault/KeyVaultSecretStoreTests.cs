using AiOrchestrator.Azure.Secrets;
using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Platform;
using Azure;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Azure.Tests.KeyVault;

public sealed class KeyVaultSecretStoreTests : SecretStoreConformance, IAsyncLifetime
{
    private const int KeepSeconds = 300;

    private readonly TestCredential _credential = new();
    private readonly ClockByHand _time = new();
    private readonly Lines _log = new();
    private VaultEmulation _vault = null!;
    private KeyVaultSecretStore _store = null!;

    protected override ISecretStore Store => _store;

    protected override string Nowhere => "kv:nowhere";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _vault = await VaultEmulation.StartAsync();
        _store = new KeyVaultSecretStore(_vault.NewClient(_credential), TimeSpan.FromSeconds(KeepSeconds), _time, _log);
    }

    public ValueTask DisposeAsync() => _vault.DisposeAsync();

    [Theory]
    [InlineData("kv:a", true)]
    [InlineData("kv:OpenAI-api-key-2", true)]
    [InlineData("kv:", false)]
    [InlineData("kv:under_score", false)]
    [InlineData("kv:a/b", false)]
    [InlineData("kv:name/0123", false)]
    [InlineData("kv:na me", false)]
    [InlineData("KV:a", false)]
    public void A_reference_is_a_scheme_and_a_name(string reference, bool understood) => Assert.Equal(understood, _store.Understands(reference));

    [Fact]
    public void A_name_has_at_most_127_characters()
    {
        Assert.True(_store.Understands("kv:" + new string('n', 127)));
        Assert.False(_store.Understands("kv:" + new string('n', 128)));
    }

    [Fact]
    public async Task The_token_is_asked_for_as_the_vault_says()
    {
        _vault.Put("key", "sk-1");
        Assert.Equal("sk-1", await AskAsync("key"));
        Assert.Equal([VaultEmulation.Scope], _credential.Scopes);
        Assert.Equal([VaultEmulation.Tenant], _credential.Tenants);
        Assert.Equal((1, 1), (_vault.Challenges, _vault.Reads));
    }

    [Fact]
    public async Task The_newest_version_is_read()
    {
        _vault.Put("key", "sk-1");
        _vault.Put("key", "sk-2");
        Assert.Equal("sk-2", await AskAsync("key"));
    }

    [Fact]
    public async Task A_value_is_kept_for_its_time_and_then_a_rotated_one_is_found()
    {
        _vault.Put("key", "sk-1");
        Assert.Equal("sk-1", await AskAsync("key"));
        _vault.Put("key", "sk-2");
        _time.Advance(KeepSeconds - 1);
        Assert.Equal("sk-1", await AskAsync("key"));
        Assert.Equal(1, _vault.Reads);
        _time.Advance(1);
        Assert.Equal("sk-2", await AskAsync("key"));
        Assert.Equal(2, _vault.Reads);
    }

    [Fact]
    public async Task A_secret_that_is_missing_is_missed_for_a_moment_only()
    {
        Assert.Null(await AskAsync("key"));
        _vault.Put("key", "sk-1");
        _time.Advance(9);
        Assert.Null(await AskAsync("key"));
        Assert.Equal(1, _vault.Reads);
        _time.Advance(1);
        Assert.Equal("sk-1", await AskAsync("key"));
        Assert.Equal(Readiness.Ready, _store.Check().Readiness);
    }

    [Fact]
    public async Task A_secret_that_was_deleted_or_disabled_is_gone()
    {
        _vault.Put("deleted", "sk-1");
        _vault.Put("disabled", "sk-2");
        Assert.Equal("sk-1", await AskAsync("deleted"));
        Assert.Equal("sk-2", await AskAsync("disabled"));
        _vault.Delete("deleted");
        _vault.Disable("disabled");
        _time.Advance(KeepSeconds);
        Assert.Null(await AskAsync("deleted"));
        Assert.Null(await AskAsync("disabled"));
        Assert.Equal(Readiness.Ready, _store.Check().Readiness);
    }

    [Fact]
    public async Task All_who_ask_at_once_wait_for_one_reading()
    {
        _vault.Put("key", "sk-1");
        var gate = new TaskCompletionSource();
        _vault.Gate = gate.Task;
        var asked = Enumerable.Range(0, 50).Select(_ => AskAsync("key")).ToList();
        gate.SetResult();
        Assert.All(await Task.WhenAll(asked), static value => Assert.Equal("sk-1", value));
        Assert.Equal(1, _vault.Reads);
    }

    [Fact]
    public async Task Who_gives_up_waiting_leaves_the_others_their_answer()
    {
        _vault.Put("key", "sk-1");
        var gate = new TaskCompletionSource();
        _vault.Gate = gate.Task;
        using var impatient = new CancellationTokenSource();
        var first = _store.GetAsync("kv:key", impatient.Token).AsTask();
        var second = AskAsync("key");
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        gate.SetResult();
        Assert.Equal("sk-1", await second);
        Assert.Equal(1, _vault.Reads);
    }

    [Fact]
    public async Task A_vault_that_is_throttled_is_asked_again_when_it_says()
    {
        _vault.Put("key", "sk-1");
        _vault.Throttle = 2;
        Assert.Equal("sk-1", await AskAsync("key"));
        Assert.Equal(3, _vault.Reads);
    }

    [Theory]
    [InlineData(true, 0, "it does not answer")]
    [InlineData(false, 503, "503 Refused")]
    [InlineData(false, 403, "403 Refused")]
    [InlineData(false, 429, "429 Refused")]
    public async Task While_the_vault_fails_the_last_value_serves_and_readiness_says_so(bool down, int status, string reason)
    {
        _vault.Put("key", "sk-1");
        Assert.Equal("sk-1", await AskAsync("key"));
        _time.Advance(KeepSeconds);
        (_vault.Down, _vault.Status) = (down, status);
        Assert.Equal("sk-1", await AskAsync("key"));
        Assert.Equal("The secret key cannot be read from the key vault: " + reason, Assert.Single(_log.All));
        var report = _store.Check();
        Assert.Equal(("key_vault", Readiness.Degraded), (report.Name, report.Readiness));
        Assert.Contains("since 2027-01-15T08:05:00Z", report.Detail, StringComparison.Ordinal);
        Assert.Contains("key", report.Detail, StringComparison.Ordinal);

        // Nobody waits for the vault again until a moment has passed; "since" stays the first failure.
        var reads = _vault.Reads + _vault.Challenges;
        Assert.Equal("sk-1", await AskAsync("key"));
        Assert.Equal(reads, _vault.Reads + _vault.Challenges);
        _time.Advance(10);
        Assert.Equal("sk-1", await AskAsync("key"));
        Assert.Equal(report.Detail, _store.Check().Detail);

        (_vault.Down, _vault.Status) = (false, 0);
        _vault.Put("key", "sk-2");
        _time.Advance(10);
        Assert.Equal("sk-2", await AskAsync("key"));
        Assert.Equal(Readiness.Ready, _store.Check().Readiness);
    }

    [Fact]
    public async Task A_secret_that_was_never_read_fails_while_the_vault_does_and_is_read_at_once_when_it_is_back()
    {
        _vault.Put("key", "sk-1");
        _vault.Status = 500;
        await Assert.ThrowsAsync<RequestFailedException>(() => AskAsync("key"));
        Assert.Equal(Readiness.Degraded, _store.Check().Readiness);
        _vault.Status = 0;
        Assert.Equal("sk-1", await AskAsync("key"));
        Assert.Equal(Readiness.Ready, _store.Check().Readiness);
    }

    [Fact]
    public async Task A_secret_nobody_asks_for_any_more_is_no_reason_to_worry()
    {
        _vault.Status = 500;
        await Assert.ThrowsAsync<RequestFailedException>(() => AskAsync("key"));
        _time.Advance(KeepSeconds + 3600);
        Assert.Equal(Readiness.Ready, _store.Check().Readiness);
    }

    [Fact]
    public async Task What_is_logged_names_the_secret_and_never_tells_it()
    {
        _vault.Put("key", "sk-very-secret");
        Assert.Equal("sk-very-secret", await AskAsync("key"));
        _time.Advance(KeepSeconds);
        _vault.Status = 503;
        Assert.Equal("sk-very-secret", await AskAsync("key"));
        Assert.Equal("The secret key cannot be read from the key vault: 503 Refused", Assert.Single(_log.All));
        Assert.DoesNotContain("sk-very-secret", _store.Check().ToString(), StringComparison.Ordinal);
    }

    protected override Task<string> PlaceAsync(string secret)
    {
        _vault.Put("placed", secret);
        return Task.FromResult("kv:placed");
    }

    private Task<string?> AskAsync(string name) => _store.GetAsync("kv:" + name, Cancel).AsTask();

    /// <summary>Stands still until told; timers go by real time.</summary>
    private sealed class ClockByHand : TimeProvider
    {
        private long _unixSeconds = 1_800_000_000;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(Volatile.Read(ref _unixSeconds));

        public void Advance(int seconds) => Interlocked.Add(ref _unixSeconds, seconds);
    }

    private sealed class Lines : ILogger<KeyVaultSecretStore>
    {
        private readonly List<string> _lines = [];

        public IReadOnlyList<string> All
        {
            get
            {
                lock (_lines)
                {
                    return [.. _lines];
                }
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines)
            {
                _lines.Add(formatter(state, exception) + exception);
            }
        }
    }
}
