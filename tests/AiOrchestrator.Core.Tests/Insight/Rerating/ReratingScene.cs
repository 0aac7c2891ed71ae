using System.Globalization;
using System.Text.Json;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Insight.Rerating;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Ledger.Money;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Tests.Insight.Rerating;

/// <summary>A host with wallets of daily periods, and calls that were made with them. It begins on 2027-01-15 at 08:00 UTC.</summary>
internal sealed class ReratingScene(CoreHost host) : IAsyncDisposable
{
    public const string Root = "/control/v1/reratings";
    public const long Hour = 3_600_000;

    private int _calls;
    private int _linesStored;

    public CoreHost Host => host;

    public long NowUnixMs => host.Time.GetUtcNow().ToUnixTimeMilliseconds();

    public List<UsageEvent> Calls { get; } = [];

    public RerateWork Work => host.Services.GetRequiredService<RerateWork>();

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Where calls are over as soon as they are made, windows may end now.</summary>
    public static async Task<ReratingScene> StartAsync(int settleMinutes = 0)
    {
        var host = await CoreHost.StartAsync();
        host.Services.GetRequiredService<IOptions<InsightOptions>>().Value.ReratingSettleMinutes = settleMinutes;
        return new ReratingScene(host);
    }

    public static string At(long unixMs) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public async Task<string> WalletAsync(string? parent = null, string period = "daily", string limit = "10") => (await host.Admin.PostAsync(
        "/control/v1/wallets",
        $$"""{"name":"w","limit_usd":"{{limit}}","period":{"kind":"{{period}}"},"parent_id":{{(parent is null ? "null" : $"\"{parent}\"")}}}""")).Json.Text("id");

    /// <summary>A call that was made and settled now, as its wallets and the usage store know it.</summary>
    public async Task<UsageEvent> CallAsync(
        long costNanoUsd, string[] path, long prompt = 1000, long completion = 100, string model = "gpt-4o", string provider = "openai", Action<UsageEvent>? change = null)
    {
        var usage = TestUsage.Event(++_calls, host.Installation.OrganisationId, host.Installation.KeyId, NowUnixMs);
        (usage.Model, usage.Provider, usage.PromptTokens, usage.CompletionTokens) = (model, provider, prompt, completion);
        (usage.CostNanoUsd, usage.WalletId, usage.WalletPath) = (costNanoUsd, path.Length > 0 ? path[0] : null, string.Join('/', path));
        change?.Invoke(usage);
        var shares = new List<WalletShare>();
        foreach (var id in path)
        {
            var period = (await host.Wallets.ReadAsync(id, Cancel))!.PeriodNumber;
            host.Wallets.With(id, w => w.BookSettled(period, usage.CostNanoUsd));
            shares.Add(new WalletShare(id, period));
        }

        Calls.Add(usage);
        await StoreLinesAsync();
        await host.Usage.StoreAsync([new UsageBatch(_calls, [new StreamEntry(1_000_000 + _calls, usage, Line: null) { Wallets = shares }])], Cancel);
        return usage;
    }

    /// <summary>What wallets wrote since is on their statements.</summary>
    public async Task StoreLinesAsync()
    {
        var lines = host.Wallets.Lines;
        for (; _linesStored < lines.Count; _linesStored++)
        {
            await host.Usage.StoreAsync([new UsageBatch(0, [new StreamEntry(_linesStored + 1, Usage: null, lines[_linesStored])])], Cancel);
        }
    }

    public Task<Answer> AskAsync(string prices, string more = "", long? from = null, long? until = null, string model = "gpt-4o") => host.Admin.PostAsync(
        Root,
        $$"""{"model":"{{model}}","from":"{{At(from ?? NowUnixMs - (1000 * Hour))}}","to":"{{At(until ?? NowUnixMs)}}","prices":{{prices}},"note":"the price was wrong"{{more}}}""");

    /// <summary>Asks for a re-rating of everything before now, and has it carried out.</summary>
    public async Task<JsonElement> RerateAsync(string prices, string more = "", long? from = null, long? until = null)
    {
        var asked = await AskAsync(prices, more, from, until);
        Assert.Equal(System.Net.HttpStatusCode.Created, asked.Status);
        Assert.True(await Work.RunDueAsync(static () => true, Cancel));
        await StoreLinesAsync();
        return await GetAsync(asked.Json.Text("id"));
    }

    public async Task<JsonElement> GetAsync(string id) => (await Http.GetAsync(host.Admin, $"{Root}/{id}")).Json;

    /// <summary>The lines of re-ratings on a wallet's statement: period, amount as a charge, the period corrected, reference.</summary>
    public IEnumerable<(string Period, long Amount, string? Corrects, string? Reference)> Corrections(string walletId) => host.Wallets.Lines
        .Where(l => l.WalletId == walletId && l.Kind == "rerated")
        .Select(static l => (l.Period, l.Credit == "spent" ? l.AmountNanoUsd : -l.AmountNanoUsd, l.Corrects, l.Reference));

    public async Task<long> SpentAsync(string walletId) => (await host.Wallets.ReadAsync(walletId, Cancel))!.SpentNanoUsd;

    /// <summary>The store of documents takes so many writes more and then none; null: as many as there are.</summary>
    public void BreakAfterWrites(int? writes)
    {
        var left = writes ?? int.MaxValue;
        host.Documents.BeforeWrite = writes is null ? null : () =>
        {
            if (Interlocked.Decrement(ref left) < 0)
            {
                throw new IOException("the store does not answer");
            }
        };
    }

    public static long Nano(string usd) => NanoUsd.TryParseUsd(usd, out var nanoUsd) ? nanoUsd : throw new FormatException(usd);

    public ValueTask DisposeAsync() => host.DisposeAsync();
}
