using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Wallets;

namespace AiOrchestrator.Core.Tests.Wallets;

public sealed class BootstrapTests
{
    private const string GivenAdmin = "given-admin-key-of-a-test";
    private const string GivenKey = "given-first-key-of-a-test";

    [Fact]
    public async Task The_first_start_makes_and_shows_what_was_not_given()
    {
        var store = new Store();

        var start = await store.StartAsync(new BootstrapSettings(null, null, 10_000_000_000));

        var shown = Assert.Single(start.Shown);
        Assert.StartsWith("sk-ao-", shown.GeneratedApiKey, StringComparison.Ordinal);
        Assert.Equal("admin", start.Opens(shown.GeneratedAdminKey!));
        Assert.Equal(start.Result.KeyId, start.Opens(shown.GeneratedApiKey!));
        Assert.Equal(10_000_000_000, (await store.Wallets.ReadAsync(start.Result.WalletId, CancellationToken.None))!.LimitNanoUsd);
        Assert.DoesNotContain(shown.GeneratedApiKey!, store.Documents.AllText(), StringComparison.Ordinal);
        Assert.DoesNotContain(shown.GeneratedAdminKey!, store.Documents.AllText(), StringComparison.Ordinal);
        Assert.DoesNotContain(shown.GeneratedApiKey!, shown.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Later_starts_change_and_show_nothing()
    {
        var store = new Store();
        var first = await store.StartAsync(new BootstrapSettings(null, null, 10_000_000_000));
        var before = store.Documents.AllText();

        var second = await store.StartAsync(new BootstrapSettings(null, null, 99_000_000_000));

        Assert.Empty(second.Shown);
        Assert.False(second.Result.FirstKeyCreated);
        Assert.Equal(before, store.Documents.AllText());
        Assert.Equal("admin", second.Opens(first.Shown[0].GeneratedAdminKey!));
        Assert.Equal(10_000_000_000, (await store.Wallets.ReadAsync(first.Result.WalletId, CancellationToken.None))!.LimitNanoUsd);
    }

    [Fact]
    public async Task Given_keys_are_used_and_not_shown()
    {
        var store = new Store();

        var start = await store.StartAsync(new BootstrapSettings(GivenAdmin, GivenKey, 0));

        Assert.Empty(start.Shown);
        Assert.Equal("admin", start.Opens(GivenAdmin));
        Assert.Equal(start.Result.KeyId, start.Opens(GivenKey));
        Assert.DoesNotContain(GivenKey, store.Documents.AllText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_given_admin_key_wins_at_every_start_and_leaves_no_trace()
    {
        var store = new Store();
        var first = await store.StartAsync(new BootstrapSettings(null, GivenKey, 0));
        var generated = first.Shown[0].GeneratedAdminKey!;

        var second = await store.StartAsync(new BootstrapSettings(GivenAdmin, GivenKey, 0));
        var third = await store.StartAsync(new BootstrapSettings(null, null, 0));

        Assert.Equal("admin", second.Opens(GivenAdmin));
        Assert.Null(second.Opens(generated));
        Assert.Equal("admin", third.Opens(generated));
        Assert.Null(third.Opens(GivenAdmin));
    }

    [Fact]
    public async Task A_bootstrap_key_that_comes_too_late_is_warned_about()
    {
        var store = new Store();
        await store.StartAsync(new BootstrapSettings(GivenAdmin, GivenKey, 0));

        Assert.Null((await store.StartAsync(new BootstrapSettings(GivenAdmin, GivenKey, 0))).Result.Warning);
        var late = await store.StartAsync(new BootstrapSettings(GivenAdmin, "another-key-of-a-test-0", 0));

        Assert.StartsWith("AO_BOOTSTRAP_KEY has no effect", late.Result.Warning, StringComparison.Ordinal);
        Assert.Null(late.Opens("another-key-of-a-test-0"));
    }

    [Fact]
    public async Task A_start_cut_off_anywhere_is_finished_by_the_next()
    {
        var settings = new BootstrapSettings(null, null, 10_000_000_000);
        for (var survives = 0; ; survives++)
        {
            var store = new Store();
            var cut = await store.IsCutOffAsync(settings, survives);

            var second = await store.StartAsync(settings);

            // What was shown last opens; there is one of everything.
            Assert.Equal(second.Result.KeyId, second.Opens(store.Shown.Last(static s => s.GeneratedApiKey is not null).GeneratedApiKey!));
            Assert.Equal("admin", second.Opens(store.Shown.Last(static s => s.GeneratedAdminKey is not null).GeneratedAdminKey!));
            Assert.Equal(1, store.Wallets.Count);
            Assert.Single(second.Keys.List(second.Result.OrganisationId, null, 10));
            if (!cut)
            {
                Assert.True(survives >= 5, "every write was cut off once");
                return;
            }
        }
    }

    [Theory]
    [InlineData("short", null, 0, "AO_ADMIN_KEY")]
    [InlineData(null, "has a space in the middle", 0, "AO_BOOTSTRAP_KEY")]
    [InlineData(null, "", 0, "AO_BOOTSTRAP_KEY")]
    [InlineData(GivenAdmin, GivenAdmin, 0, "AO_ADMIN_KEY")]
    [InlineData(null, null, -1, "AO_BOOTSTRAP_LIMIT_USD")]
    public void Bad_settings_are_one_line_naming_the_variable(string? admin, string? key, long limit, string variable)
    {
        var error = Assert.Single(new BootstrapSettings(admin, key, limit).Validate());

        Assert.Contains(variable, error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error);
        Assert.True(string.IsNullOrEmpty(admin ?? key) || !error.Contains((admin ?? key)!, StringComparison.Ordinal));
    }

    private sealed class Store
    {
        private readonly ManualTime _time = new();

        public Store() => Wallets = new MemoryWalletAuthority(_time);

        public MemoryDocumentStore Documents { get; } = new();

        public MemoryWalletAuthority Wallets { get; }

        public List<BootstrapResult> Shown { get; } = [];

        public async Task<Start> StartAsync(BootstrapSettings settings)
        {
            var keys = new KeyDirectory(Documents, _time);
            var bootstrap = new Bootstrap(Documents, Wallets, keys, new WalletDirectory(Documents), new IdSource(_time), _time);
            var from = Shown.Count;
            var result = await bootstrap.RunAsync(settings, Shown.Add, CancellationToken.None);
            return new Start(keys, result, Shown[from..]);
        }

        /// <summary>A start that fails at the write after <paramref name="survives"/> others; false when there were no more.</summary>
        public async Task<bool> IsCutOffAsync(BootstrapSettings settings, int survives)
        {
            Documents.BeforeWrite = () =>
            {
                if (survives-- == 0)
                {
                    throw new IOException("cut off");
                }
            };
            var failure = await Record.ExceptionAsync(() => StartAsync(settings));
            Documents.BeforeWrite = null;
            Assert.True(failure is null or IOException, failure?.ToString());
            return failure is not null;
        }
    }

    private sealed record Start(KeyDirectory Keys, BootstrapResult Result, List<BootstrapResult> Shown)
    {
        public string? Opens(string secret) => Keys.Find(secret) is { Outcome: KeyOutcome.Live, Caller: { } caller } ? caller.Key?.Id ?? "admin" : null;
    }
}
