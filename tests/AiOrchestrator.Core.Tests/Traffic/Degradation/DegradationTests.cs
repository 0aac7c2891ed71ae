using System.Net;
using System.Reflection;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Tests.Gateway;
using AiOrchestrator.Core.Tests.Gateway.Caching;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Limits;
using AiOrchestrator.Core.Tests.Platform;
using AiOrchestrator.Core.Tests.Providers;
using AiOrchestrator.Core.Tests.Providers.Health;
using AiOrchestrator.Tests.House;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Traffic.Degradation;

/// <summary>
/// RT-17: the table of docs/operations/routing.md, row by row. A part is taken down and a caller is asked what it sees: here, or in the test that
/// <see cref="Rows"/> names. A row without a test fails, and so does a test without its row.
/// </summary>
public sealed class DegradationTests
{
    private const string File = "docs/operations/routing.md";
    private const string Heading = "What happens when a part is down";
    private const string NotThereYet = "not there yet";
    private const string Chat = "/v1/chat/completions";
    private const string Ask = """{"model":"m","max_tokens":4,"messages":[{"role":"user","content":"Hi"}]}""";
    private const string Echo = """{"model":"echo","max_tokens":4,"messages":[{"role":"user","content":"Hi"}]}""";

    /// <summary>Who shows what becomes of a part.</summary>
    private static readonly Dictionary<string, (Type Suite, string Test)[]> Rows = new(StringComparer.Ordinal)
    {
        ["a provider, or one of its models"] =
        [
            (typeof(FailoverTests), nameof(FailoverTests.Where_the_first_fails_the_next_answers_and_the_caller_is_told_what_happened)),
            (typeof(FailoverTests), nameof(FailoverTests.Where_all_fail_the_last_failure_is_told_with_every_try)),
        ],
        ["a provider's credential"] = [(typeof(DegradationTests), nameof(A_credential_that_is_refused_is_passed_over_and_told))],
        ["the classifier's model"] = [(typeof(DegradationTests), nameof(Without_the_classifiers_model_calls_are_classified_by_the_one_that_ships))],
        ["the authority over limits"] =
        [
            (typeof(SilentRatesTests), nameof(SilentRatesTests.Calls_wait_two_seconds_for_it_all_of_them_and_are_refused)),
            (typeof(ConfigurationRefreshTests), nameof(ConfigurationRefreshTests.Calls_are_refused_while_the_store_of_shared_limits_is_silent)),
        ],
        ["the wallet authority"] = [(typeof(DegradationTests), nameof(Without_the_wallet_authority_calls_go_on_on_what_is_leased_and_are_refused_beyond_it))],
        ["the journal, a full disk"] = [(typeof(DegradationTests), nameof(Without_a_journal_nothing_is_sent))],
        ["the document store"] = [(typeof(DegradationTests), nameof(Without_the_document_store_calls_go_on_by_what_was_read_last))],
        ["the secret store"] = [(typeof(DegradationTests), nameof(Without_the_secret_store_rows_go_on_with_the_secrets_they_had))],
        ["the cache"] = [(typeof(CacheOverRestartsTests), nameof(CacheOverRestartsTests.Without_the_store_calls_go_on_and_what_is_in_memory_is_given))],
        ["the usage store, analytics"] = [(typeof(DegradationTests), nameof(Without_the_usage_store_calls_go_on_and_queries_fail))],
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_row_of_the_table_has_its_test_and_every_test_its_row()
    {
        var table = MarkdownText.Table(File, Heading);

        Assert.Equal(
            table.Where(static r => r[1] != NotThereYet).Select(static r => r[0]).Order(StringComparer.Ordinal),
            Rows.Keys.Order(StringComparer.Ordinal));
        Assert.All(Rows.Values.SelectMany(static tests => tests), static row =>
            Assert.NotNull(row.Suite.GetMethod(row.Test)?.GetCustomAttribute<FactAttribute>()));
    }

    [Fact]
    public void What_is_not_there_yet_has_no_area_yet()
    {
        var areas = typeof(ApiFailure).Assembly.GetTypes().Select(static t => t.Namespace ?? "").ToHashSet(StringComparer.Ordinal);
        var missing = MarkdownText.Table(File, Heading).Where(static r => r[1] == NotThereYet).Select(static r => r[0]);

        Assert.Equal(["memory", "the guard model", "search"], missing);
        Assert.DoesNotContain(areas, static a => a.Split('.') is [_, "Core", "Memory" or "Guardrails" or "Search", ..]);
    }

    [Fact]
    public async Task A_credential_that_is_refused_is_passed_over_and_told()
    {
        await using var scene = await HealthScene.StartAsync();
        scene.A.Answer = FakeProvider.Only(401);

        var answer = await scene.Host.Caller.PostAsync(Chat, Ask);
        await scene.TurnAsync();

        Assert.Equal((HttpStatusCode.OK, "b"), (answer.Status, answer.Message.Headers.GetValues("x-ao-provider").Single()));
        Assert.Equal(HttpStatusCode.OK, (await scene.Host.Caller.PostAsync(Chat, Ask)).Status);
        Assert.Equal(1, scene.A.Calls);
        Assert.Contains("provider_down", (await Http.GetAsync(scene.Host.Admin, "/control/v1/alerts")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_classifiers_model_calls_are_classified_by_the_one_that_ships()
    {
        await using var scene = await HealthScene.StartAsync();
        scene.A.Answer = FakeProvider.Only(503);
        scene.B.Answer = FakeProvider.Only(503);
        await PutAsync(scene.Host, "/control/v1/classifier", """{"enabled":true,"model":"m","min_confidence":1,"timeout_ms":10000}""");
        await PutAsync(scene.Host, "/control/v1/categories/coding", """{"entries":[{"model":"echo"}]}""");
        Assert.Equal(HttpStatusCode.Created, (await scene.Host.Admin.PostAsync("/control/v1/preferences", """{"level":"company","custom_rules_only":true}""")).Status);
        const string Code = """{"model":"auto","max_tokens":4,"messages":[{"role":"user","content":"Write a C# method that parses a date and throws FormatException"}]}""";

        var first = await scene.Host.Caller.PostAsync(Chat, Code);
        var asked = scene.A.Calls + scene.B.Calls;
        var second = await scene.Host.Caller.PostAsync(Chat, Code.Replace("date", "time", StringComparison.Ordinal));

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (first.Status, second.Status));
        Assert.Equal("category:coding", (await scene.Host.Stream.OfAsync(first.Message)).RouteReason);
        Assert.True(asked > 0, "the model was never asked");
        Assert.Equal(asked, scene.A.Calls + scene.B.Calls);
    }

    [Fact]
    public async Task Without_the_wallet_authority_calls_go_on_on_what_is_leased_and_are_refused_beyond_it()
    {
        await using var host = await CoreHost.StartAsync();

        // What this one holds is leased, and what it does not use stays so.
        Assert.Equal(HttpStatusCode.OK, (await host.Caller.PostAsync(Chat, Echo.Replace("\"max_tokens\":4", "\"max_tokens\":2000", StringComparison.Ordinal))).Status);
        host.Wallets.Silent = true;

        var small = await host.Caller.PostAsync(Chat, Echo);
        var large = await host.Caller.PostAsync(Chat, Echo.Replace("\"max_tokens\":4", "\"n\":100", StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.OK, small.Status);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "budget_unavailable"), (large.Status, large.Code));
        host.Wallets.Silent = false;
        Assert.Equal(HttpStatusCode.OK, (await host.Caller.PostAsync(Chat, Echo)).Status);
    }

    [Fact]
    public async Task Without_a_journal_nothing_is_sent()
    {
        var full = new FullStream();
        await using var scene = await HealthScene.StartAsync(compose: services => services.AddInProcessRates().AddSingleton<IUsageStream>(full));

        var refused = await scene.Host.Caller.PostAsync(Chat, Ask);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "journal_unavailable"), (refused.Status, refused.Code));
        Assert.Equal("0.00", (await Http.GetAsync(scene.Host.Caller, "/v1/wallet/balance")).Json.Text("spent_usd"));
    }

    [Fact]
    public async Task Without_the_document_store_calls_go_on_by_what_was_read_last()
    {
        SilentDocuments? documents = null;
        await using var host = await CoreHost.StartAsync(compose: services =>
        {
            var inner = (IDocumentStore)services.Last(static s => s.ServiceType == typeof(IDocumentStore) && !s.IsKeyedService).ImplementationInstance!;
            services.AddInProcessRates().AddConfigurationRefresh(refreshMs: 60_000).AddSingleton<IDocumentStore>(documents = new SilentDocuments(inner));
        });
        var refresh = host.Services.GetRequiredService<ConfigurationRefresh>();
        await refresh.TurnAsync(Cancel);
        documents!.IsSilent = true;
        var ready = await Http.GetAsync(host.Anonymous, "/ready");
        for (var i = 0; i < 20 && ready.Json.Text("status") == "ready"; i++)
        {
            // The turn with which the host began may end as late as it likes, and has heard the store then.
            host.Time.Advance(TimeSpan.FromMinutes(1));
            await refresh.TurnAsync(Cancel);
            ready = await Http.GetAsync(host.Anonymous, "/ready");
        }

        Assert.Equal(HttpStatusCode.OK, (await host.Caller.PostAsync(Chat, Echo)).Status);
        Assert.Equal((HttpStatusCode.OK, "degraded"), (ready.Status, ready.Json.Text("status")));
    }

    [Fact]
    public async Task Without_the_secret_store_rows_go_on_with_the_secrets_they_had()
    {
        await using var scene = await HealthScene.StartAsync();
        scene.Host.Secrets.Broken = true;
        await scene.Host.Services.GetRequiredService<ProviderDirectory>().LoadAsync(scene.Host.Installation.OrganisationId, Cancel);

        Assert.Equal(HttpStatusCode.OK, (await scene.Host.Caller.PostAsync(Chat, Ask)).Status);
        Assert.Equal(1, scene.A.Calls);
        var ready = await Http.GetAsync(scene.Host.Anonymous, "/ready");
        Assert.Equal((HttpStatusCode.OK, "degraded"), (ready.Status, ready.Json.Text("status")));
    }

    [Fact]
    public async Task Without_the_usage_store_calls_go_on_and_queries_fail()
    {
        await using var host = await CoreHost.StartAsync();
        host.Usage.Broken = true;

        Assert.Equal(HttpStatusCode.OK, (await host.Caller.PostAsync(Chat, Echo)).Status);
        Assert.Equal(HttpStatusCode.InternalServerError, (await Http.GetAsync(host.Admin, "/control/v1/chargeback")).Status);
    }

    private static async Task PutAsync(CoreHost host, string path, string json)
    {
        var put = await host.Admin.SendAsync(HttpMethod.Put, path, json);
        Assert.True(put.Status == HttpStatusCode.OK, put.Text);
    }

    /// <summary>A journal that cannot write.</summary>
    private sealed class FullStream : IUsageStream
    {
        public ValueTask<bool> AppendStartAsync(in ExchangeStart start) => new(false);

        public void AppendSettlement(in ExchangeSettlement settlement)
        {
        }

        public ValueTask FlushAsync(CancellationToken cancellation) => ValueTask.CompletedTask;
    }

    /// <summary>A store that answers nobody from some time on.</summary>
    private sealed class SilentDocuments(IDocumentStore inner) : IDocumentStore
    {
        public bool IsSilent { get; set; }

        public Task<Document?> GetAsync(string partition, string id, CancellationToken cancellation) => There.GetAsync(partition, id, cancellation);

        public Task<IReadOnlyList<Document>> ListAsync(string partition, string? afterId, int limit, CancellationToken cancellation) =>
            There.ListAsync(partition, afterId, limit, cancellation);

        public Task<DocumentWrite> CreateAsync(string partition, string id, ReadOnlyMemory<byte> json, CancellationToken cancellation) =>
            There.CreateAsync(partition, id, json, cancellation);

        public Task<DocumentWrite> ReplaceAsync(string partition, string id, ReadOnlyMemory<byte> json, string? ifMatch, CancellationToken cancellation) =>
            There.ReplaceAsync(partition, id, json, ifMatch, cancellation);

        public Task<DocumentOutcome> DeleteAsync(string partition, string id, string? ifMatch, CancellationToken cancellation) =>
            There.DeleteAsync(partition, id, ifMatch, cancellation);

        public Task<DocumentChanges> ChangesAsync(string? sinceMark, CancellationToken cancellation) => There.ChangesAsync(sinceMark, cancellation);

        private IDocumentStore There => IsSilent ? throw new IOException("the store does not answer") : inner;
    }
}
