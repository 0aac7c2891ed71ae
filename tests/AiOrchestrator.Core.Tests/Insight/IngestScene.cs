using System.Globalization;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiOrchestrator.Core.Tests.Insight;

/// <summary>Ingest before stores in memory that a test lets fail, on a clock that moves as fast as the code waits.</summary>
internal sealed class IngestScene
{
    public IngestScene()
    {
        Blobs = new MemoryBlobStore(Time);
        Evidence = new MemoryCallEvidence(Store);
        Ingest = new UsageIngest(
            Store, Evidence, Blobs, Reviews.None(Time), Reviews.LastResort(Documents, Time), Time, NullLogger<UsageIngest>.Instance);
        Replay = new ReplayDeadLetters(Blobs, Ingest, NullLogger<ReplayDeadLetters>.Instance);
    }

    public SteppedTime Time { get; } = new();

    public MemoryUsageStore Store { get; } = new();

    /// <summary>Where alerts lie.</summary>
    public MemoryDocumentStore Documents { get; } = new();

    public MemoryCallEvidence Evidence { get; }

    public MemoryBlobStore Blobs { get; }

    public UsageIngest Ingest { get; }

    public ReplayDeadLetters Replay { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static ExchangeStart StartOf(int n) =>
        new(Usage.Id(Usage.Noon + n, n), Path, 1000) { OrganisationId = "org_1", KeyId = "key_1" };

    public static ExchangeSettlement EndOf(int n, long cost)
    {
        var usage = Usage.Event(Usage.Id(Usage.Noon + n, n));
        (usage.HoldNanoUsd, usage.CostNanoUsd, usage.WalletId, usage.WalletPath) = (1000, cost, "wal_leaf", "wal_leaf/wal_root");
        return new ExchangeSettlement(Usage.Id(Usage.Noon + n, n), Path, 1000, cost, usage);
    }

    /// <summary>Number and body of an event of the one partition there is.</summary>
    public static IncomingEvent Event(long number, byte[] body) => new("3", number, Usage.Noon + number, body);

    public static IncomingEvent Event(long number, string body) => Event(number, Encoding.UTF8.GetBytes(body));

    public async Task<T> RunAsync<T>(Task<T> work)
    {
        for (var i = 0; !work.IsCompleted; i++)
        {
            Assert.True(i < 20_000, "20 s passed");
            Time.Advance(200);
            await Task.Delay(1, Cancel);
        }

        return await work;
    }

    public Task<IngestResult> IngestAsync(params IncomingEvent[] events) => RunAsync(Ingest.IngestAsync(events, Cancel));

    public async Task<List<string>> LettersAsync(string prefix = "dead-letters/")
    {
        var names = new List<string>();
        await foreach (var blob in Blobs.ListAsync(prefix, Cancel))
        {
            names.Add(blob.Name);
        }

        return names;
    }

    public async Task<JsonElement> LetterAsync(string name)
    {
        var content = await Blobs.OpenAsync(name, Cancel);
        Assert.NotNull(content);
        return (await JsonDocument.ParseAsync(content, cancellationToken: Cancel)).RootElement;
    }

    /// <summary>Every figure anybody can ask for, as text.</summary>
    public async Task<string> FiguresAsync()
    {
        var text = new StringBuilder();
        foreach (var usage in await Store.QueryAsync(new UsageQuery("org_1"), Cancel))
        {
            text.Append(CultureInfo.InvariantCulture, $"{usage.Id} {usage.CostNanoUsd}\n");
        }

        foreach (var wallet in new[] { "wal_leaf", "wal_root" })
        {
            foreach (var entry in await Store.StatementAsync(new StatementQuery(wallet) { Limit = 1000 }, Cancel))
            {
                text.Append(CultureInfo.InvariantCulture, $"{wallet} {entry.Number} {entry.Call?.CostNanoUsd} {entry.Line?.AmountNanoUsd} {entry.Line?.Reference}\n");
            }

            var known = await Evidence.ReadAsync(wallet, wallet == "wal_leaf" ? 7u : 8u, Cancel);
            text.Append(CultureInfo.InvariantCulture, $"{wallet} settled {known.SettledNanoUsd}\n");
        }

        await foreach (var row in Store.ChargebackAsync(new ChargebackQuery("org_1") { GroupBy = [ChargebackGroup.Wallet] }, Cancel))
        {
            text.Append(CultureInfo.InvariantCulture, $"{row.Keys[0]} {row.Calls} {row.CostNanoUsd}\n");
        }

        return text.ToString();
    }

    private static readonly WalletShare[] Path = [new("wal_leaf", 1) { LeaseId = 7 }, new("wal_root", 1) { LeaseId = 8 }];
}
