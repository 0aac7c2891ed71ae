using System.Net;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiOrchestrator.Core.Tests.Platform;

public sealed class ConfigurationRefreshTests
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    private readonly MemoryDocumentStore _documents = new();
    private readonly ManualTime _time = new();
    private int _reads;
    private Exception? _failure;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_revoked_on_one_instance_is_dead_on_the_others_after_the_next_turn()
    {
        await using var one = await CoreHost.StartAsync(compose: Shared);
        await using var other = await CoreHost.StartAsync(on: one, compose: Shared);
        await TurnAsync(other);
        var key = (await one.Admin.PostAsync("/control/v1/keys", $$"""{"name":"new","wallet_id":"{{one.Installation.WalletId}}"}""")).Json;
        var caller = other.ClientFor(key.Text("key"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await caller.GetAsync("/v1/models", ifMatch: null)).Status);
        await TurnAsync(other);
        Assert.Equal(HttpStatusCode.OK, (await caller.GetAsync("/v1/models", ifMatch: null)).Status);

        Assert.True((await one.Admin.SendAsync(HttpMethod.Delete, $"/control/v1/keys/{key.Text("id")}", null)).Message.IsSuccessStatusCode);
        await TurnAsync(other);
        Assert.Equal(HttpStatusCode.Unauthorized, (await caller.GetAsync("/v1/models", ifMatch: null)).Status);
    }

    [Fact]
    public async Task Wallets_limits_and_providers_reach_the_others_too()
    {
        await using var one = await CoreHost.StartAsync(compose: Shared);
        await using var other = await CoreHost.StartAsync(on: one, compose: Shared);
        await TurnAsync(other);
        var wallet = (await one.Admin.PostAsync("/control/v1/wallets", """{"name":"team","limit_usd":"5"}""")).Json.Text("id");
        var limit = (await one.Admin.PostAsync("/control/v1/limits", """{"scope":"organisation","requests_per_minute":10}""")).Json.Text("id");
        var provider = await one.Admin.PostAsync("/control/v1/providers", """{"id":"openai","base_url":"http://localhost:2/v1","models":"catalogue"}""");
        Assert.Equal(HttpStatusCode.Created, provider.Status);

        await TurnAsync(other);

        Assert.Equal(HttpStatusCode.OK, (await other.Admin.GetAsync($"/control/v1/wallets/{wallet}", ifMatch: null)).Status);
        Assert.Equal(HttpStatusCode.OK, (await other.Admin.GetAsync($"/control/v1/limits/{limit}", ifMatch: null)).Status);
        Assert.Equal(HttpStatusCode.OK, (await other.Admin.GetAsync("/control/v1/providers/openai", ifMatch: null)).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await one.Admin.SendAsync(HttpMethod.Delete, $"/control/v1/limits/{limit}", null)).Status);
        await TurnAsync(other);
        Assert.Equal(HttpStatusCode.NotFound, (await other.Admin.GetAsync($"/control/v1/limits/{limit}", ifMatch: null)).Status);
    }

    [Fact]
    public async Task A_change_made_here_while_all_is_read_anew_is_not_lost()
    {
        var gated = new SilentStore(_documents);
        using var keys = new KeyDirectory(gated, _time);
        await _documents.CreateAsync(IdentityPartitions.Organisations, "org_1", """{"id":"org_1","name":"o","created_unix_ms":0}"""u8.ToArray(), Cancel);
        var gate = new TaskCompletionSource();
        gated.Gate = gate.Task;

        var load = keys.LoadAsync(Cancel);
        var create = keys.ChangeAsync(
            async () =>
            {
                var key = new StoredKey("key_1", "k", "wal_1", new string('a', 64), 0, null, null);
                var json = StoredDocuments.Bytes(key, IdentityJson.Default.StoredKey);
                return keys.Put("org_1", key, (await _documents.CreateAsync(IdentityPartitions.Keys("org_1"), key.Id, json, Cancel)).ETag!);
            },
            Cancel);
        gate.SetResult();
        await load;
        await create;

        Assert.NotNull(keys.Get("org_1", "key_1"));
    }

    [Fact]
    public async Task It_runs_by_itself_and_shows_in_readiness()
    {
        await using var host = await CoreHost.StartAsync(compose: Shared);
        Assert.Contains(host.Services.GetRequiredService<ConfigurationRefresh>(), host.Services.GetServices<IHostedService>());
        var time = new SteppedTime();
        var turned = new TaskCompletionSource();
        using var refresh = new ConfigurationRefresh(
            _documents, [Part(static _ => true, () => turned.TrySetResult())], Every, time, NullLogger<ConfigurationRefresh>.Instance);
        await refresh.StartAsync(Cancel);
        await turned.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        await refresh.StopAsync(Cancel);
        Assert.Equal(Readiness.Ready, refresh.Check().Readiness);
    }

    [Fact]
    public async Task What_did_not_change_is_not_read()
    {
        using var refresh = New(Part(static p => p == "mine"));
        await refresh.TurnAsync(Cancel);
        Assert.Equal(1, _reads);
        await WriteAsync("another's");
        await refresh.TurnAsync(Cancel);
        await refresh.TurnAsync(Cancel);
        Assert.Equal(1, _reads);
        await WriteAsync("mine");
        await refresh.TurnAsync(Cancel);
        await refresh.TurnAsync(Cancel);
        Assert.Equal(2, _reads);
    }

    [Fact]
    public async Task What_rests_on_more_than_documents_is_read_every_so_often()
    {
        using var refresh = New(Part(static p => p == "mine") with { Every = TimeSpan.FromMinutes(5) });
        await refresh.TurnAsync(Cancel);
        _time.Advance(TimeSpan.FromMinutes(5) - Every);
        await refresh.TurnAsync(Cancel);
        Assert.Equal(1, _reads);
        _time.Advance(Every);
        await refresh.TurnAsync(Cancel);
        await refresh.TurnAsync(Cancel);
        Assert.Equal(2, _reads);
    }

    [Fact]
    public async Task What_cannot_be_read_stays_as_it_was_and_is_tried_again()
    {
        using var refresh = New(Part(static p => p == "mine"));
        await refresh.TurnAsync(Cancel);
        await WriteAsync("mine");
        _failure = new InvalidDataException("a key cannot be read");
        await refresh.TurnAsync(Cancel);
        Assert.Equal((Readiness.Degraded, "not read anew, still as they were: things; the log says why"), (refresh.Check().Readiness, refresh.Check().Detail));
        await refresh.TurnAsync(Cancel);

        _failure = null;
        await refresh.TurnAsync(Cancel);
        Assert.Equal((Readiness.Ready, 2), (refresh.Check().Readiness, _reads));
    }

    [Fact]
    public async Task A_store_that_is_silent_is_told_and_nothing_is_missed_meanwhile()
    {
        var silent = new SilentStore(_documents);
        using var refresh = new ConfigurationRefresh(silent, [Part(static p => p == "mine")], Every, _time, NullLogger<ConfigurationRefresh>.Instance);
        await refresh.TurnAsync(Cancel);
        silent.Silent = true;
        await WriteAsync("mine");
        for (var i = 0; i < 4; i++)
        {
            _time.Advance(Every);
            await refresh.TurnAsync(Cancel);
        }

        Assert.Equal(Readiness.Degraded, refresh.Check().Readiness);
        Assert.Contains("has not answered for 8 s", refresh.Check().Detail, StringComparison.Ordinal);
        silent.Silent = false;
        await refresh.TurnAsync(Cancel);
        Assert.Equal((Readiness.Ready, 2), (refresh.Check().Readiness, _reads));
    }

    [Fact]
    public async Task A_mark_that_is_too_old_is_not_trusted()
    {
        using var refresh = New(Part(static p => p == "mine"));
        await refresh.TurnAsync(Cancel);
        _time.Advance(TimeSpan.FromHours(13));
        await refresh.TurnAsync(Cancel);
        Assert.Equal(2, _reads);
    }

    [Fact]
    public async Task Calls_are_refused_while_the_store_of_shared_limits_is_silent()
    {
        var rates = new MemoryDocumentStore();
        await using var host = await CoreHost.StartAsync(compose: services => services
            .AddDocumentRates().AddKeyedSingleton<IDocumentStore>(LimitsModule.RatesStore, rates));
        await host.Admin.PostAsync("/control/v1/limits", """{"scope":"organisation","requests_per_minute":10}""");
        const string Call = """{"model":"echo","messages":[{"role":"user","content":"hi"}],"max_tokens":5}""";
        Assert.Equal(HttpStatusCode.OK, (await host.Caller.PostAsync("/v1/chat/completions", Call)).Status);

        rates.BeforeWrite = static () => throw new IOException("the store does not answer");
        host.Time.Advance(TimeSpan.FromSeconds(2));
        var refused = await host.Caller.PostAsync("/v1/chat/completions", Call);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "limits_unavailable"), (refused.Status, refused.Code));

        rates.BeforeWrite = null;
        Assert.Equal(HttpStatusCode.OK, (await host.Caller.PostAsync("/v1/chat/completions", Call)).Status);
    }

    private static void Shared(IServiceCollection services) => services.AddInProcessRates().AddConfigurationRefresh(refreshMs: 60_000);

    private static Task TurnAsync(CoreHost host) => host.Services.GetRequiredService<ConfigurationRefresh>().TurnAsync(Cancel);

    private ConfigurationRefresh New(ConfigurationPart part) => new(_documents, [part], Every, _time, NullLogger<ConfigurationRefresh>.Instance);

    private ConfigurationPart Part(Func<string, bool> covers, Action? read = null) => new("things", covers, _ =>
    {
        if (_failure is not null)
        {
            throw _failure;
        }

        _reads++;
        read?.Invoke();
        return Task.CompletedTask;
    });

    private async Task WriteAsync(string partition)
    {
        await _documents.DeleteAsync(partition, "a", null, Cancel);
        await _documents.CreateAsync(partition, "a", "{}"u8.ToArray(), Cancel);
    }

    private sealed class SilentStore(IDocumentStore inner) : IDocumentStore
    {
        public bool Silent { get; set; }

        public Task Gate { get; set; } = Task.CompletedTask;

        public Task<Document?> GetAsync(string partition, string id, CancellationToken cancellation) => inner.GetAsync(partition, id, cancellation);

        public async Task<IReadOnlyList<Document>> ListAsync(string partition, string? afterId, int limit, CancellationToken cancellation)
        {
            var listed = await inner.ListAsync(partition, afterId, limit, cancellation);
            await (partition == IdentityPartitions.Organisations ? Task.CompletedTask : Gate);
            return listed;
        }

        public Task<DocumentWrite> CreateAsync(string partition, string id, ReadOnlyMemory<byte> json, CancellationToken cancellation) =>
            inner.CreateAsync(partition, id, json, cancellation);

        public Task<DocumentWrite> ReplaceAsync(string partition, string id, ReadOnlyMemory<byte> json, string? ifMatch, CancellationToken cancellation) =>
            inner.ReplaceAsync(partition, id, json, ifMatch, cancellation);

        public Task<DocumentOutcome> DeleteAsync(string partition, string id, string? ifMatch, CancellationToken cancellation) =>
            inner.DeleteAsync(partition, id, ifMatch, cancellation);

        public Task<DocumentChanges> ChangesAsync(string? sinceMark, CancellationToken cancellation) =>
            Silent ? Task.FromException<DocumentChanges>(new IOException("the store does not answer")) : inner.ChangesAsync(sinceMark, cancellation);
    }
}
