using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Money;
using AiOrchestrator.Server.Configuration;
using AiOrchestrator.Server.Tests.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Server.Tests.Rerating;

/// <summary>Re-ratings on the Server's own storage: more calls than fit into a part, and a restart that replays the journal.</summary>
public sealed class ReratingOnSqliteTests : IAsyncDisposable
{
    private const string AdminKey = "the-admin-key-of-these-tests";
    private const int Calls = 12_000;

    private readonly TempDirectory _directory = new();
    private WebApplication? _app;
    private HttpClient? _client;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Twelve_thousand_calls_are_corrected_twice_and_a_restart_finds_every_figure_again()
    {
        await StartAsync();
        var root = await WalletAsync(null);
        var leaves = new[] { await WalletAsync(root), await WalletAsync(root), await WalletAsync(root) };
        var begun = DateTimeOffset.UtcNow.AddHours(-2).ToUnixTimeMilliseconds();
        await StoreCallsAsync(root, leaves, begun);

        // 3 nano-dollars for a prompt token: the calls were free by mistake.
        var first = await RerateAsync("""{"input":"0.003","output":"0"}""", begun, begun + Calls);
        Assert.Equal((Calls, Calls, "done"), (Number(first, "calls"), Number(first, "calls_corrected"), Text(first, "state")));
        Assert.Equal(3L * Calls * (Calls + 1) / 2, Nano(Text(first, "adjustment_usd")));

        // The older half again, at 1: a third of it is left.
        var second = await RerateAsync("""{"input":"0.001","output":"0"}""", begun, begun + (Calls / 2));
        Assert.Equal(-2L * (Calls / 2) * ((Calls / 2) + 1) / 2, Nano(Text(second, "adjustment_usd")));

        var now = Enumerable.Range(1, Calls).Select(static i => i <= Calls / 2 ? 1L * i : 3L * i).ToArray();
        await ExpectAsync(root, leaves, now);
        await _app!.StopAsync(Cancel);
        await _app.DisposeAsync();
        await StartAsync();
        await ExpectAsync(root, leaves, now);

        // What was corrected before the restart is what the next begins with.
        var third = await RerateAsync("""{"input":"0.001","output":"0"}""", begun, begun + Calls);
        Assert.Equal((Calls / 2, now.Sum()), (Number(third, "calls_corrected"), Nano(Text(third, "before_usd"))));
        await ExpectAsync(root, leaves, [.. Enumerable.Range(1, Calls).Select(static i => (long)i)]);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_app is not null)
        {
            await _app.StopAsync(CancellationToken.None);
            await _app.DisposeAsync();
        }

        _directory.Dispose();
    }

    private async Task StartAsync()
    {
        var options = new ServerOptions
        {
            Urls = "http://127.0.0.1:0",
            DataDirectory = _directory.File("data"),
            Bootstrap = new BootstrapSettings(AdminKey, "sk-ao-the-first-key-of-these-tests", 1_000_000_000),
        };
        _app = ServerHost.Build(options, EnvironmentProviders.Read(new Dictionary<string, string>()));
        await ServerHost.PrepareAsync(_app, options, static _ => { }, Cancel);
        await _app.StartAsync(Cancel);
        _client?.Dispose();
        _client = new HttpClient { BaseAddress = new Uri(_app.Urls.First()) };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
    }

    /// <summary>Call number i has i prompt tokens and arrived i milliseconds after the beginning, less one.</summary>
    private async Task StoreCallsAsync(string root, string[] leaves, long begunUnixMs)
    {
        var organisation = (await _app!.Services.GetRequiredService<IDocumentStore>().ListAsync("organisations", null, 1, Cancel))[0].Id;
        var store = _app.Services.GetRequiredService<IUsageStore>();
        foreach (var chunk in Enumerable.Range(1, Calls).Chunk(2_000))
        {
            await store.StoreAsync([new UsageBatch(0, [.. chunk.Select(i => Call(organisation, root, leaves[i % 3], begunUnixMs, i))])], Cancel);
        }
    }

    private static StreamEntry Call(string organisation, string root, string leaf, long begunUnixMs, int number) => new(
        1_000_000_000_000 + number,
        new UsageEvent
        {
            Id = ExchangeId.FirstAt(begunUnixMs + number - 1).ToString(),
            CreatedUnixMs = begunUnixMs + number - 1,
            OrganisationId = organisation,
            KeyId = "key_1",
            Provider = "openai",
            Model = "gpt-4o",
            UsageSource = "reported",
            WalletId = leaf,
            WalletPath = $"{leaf}/{root}",
            PromptTokens = number,
            HoldNanoUsd = 1,
        },
        Line: null)
    {
        Wallets = [new WalletShare(leaf, 1), new WalletShare(root, 1)],
    };

    private async Task ExpectAsync(string root, string[] leaves, long[] now)
    {
        Assert.Equal(now.Sum(), await SpentAsync(root));
        for (var leaf = 0; leaf < leaves.Length; leaf++)
        {
            Assert.Equal(now.Where((_, i) => (i + 1) % 3 == leaf).Sum(), await SpentAsync(leaves[leaf]));
        }

        var report = await GetAsync("chargeback?group_by=model");
        Assert.Equal(now.Sum(), Nano(Text(report.GetProperty("data")[0], "total_usd")));
    }

    private async Task<long> SpentAsync(string walletId) => Nano(Text(await GetAsync($"wallets/{walletId}"), "spent_usd"));

    private async Task<string> WalletAsync(string? parent) => Text(
        await PostAsync("wallets", $$"""{"name":"w","limit_usd":"1","parent_id":{{(parent is null ? "null" : $"\"{parent}\"")}}}"""), "id");

    private async Task<JsonElement> RerateAsync(string prices, long fromUnixMs, long untilUnixMs)
    {
        var id = Text(
            await PostAsync("reratings", $$"""{"model":"gpt-4o","from":"{{At(fromUnixMs)}}","to":"{{At(untilUnixMs)}}","prices":{{prices}},"note":"n"}"""), "id");
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        bound.CancelAfter(TimeSpan.FromMinutes(2));
        while (true)
        {
            var rerating = await GetAsync($"reratings/{id}");
            if (Text(rerating, "state") is "done" or "failed")
            {
                return rerating;
            }

            // It is done in the background, and nobody tells: asked again as soon as the answer is read.
            bound.Token.ThrowIfCancellationRequested();
        }
    }

    private async Task<JsonElement> GetAsync(string path) => Json(await _client!.GetStringAsync(new Uri($"/control/v1/{path}", UriKind.Relative), Cancel));

    private async Task<JsonElement> PostAsync(string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await _client!.PostAsync(new Uri($"/control/v1/{path}", UriKind.Relative), content, Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(answer.IsSuccessStatusCode, text);
        return Json(text);
    }

    private static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString()!;

    private static int Number(JsonElement element, string member) => element.GetProperty(member).GetInt32();

    private static long Nano(string usd) => NanoUsd.TryParseUsd(usd, out var nanoUsd) ? nanoUsd : throw new FormatException(usd);

    private static string At(long unixMs) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
