using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Caching.Vectors;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;
using AiOrchestrator.Server.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AiOrchestrator.Server.Tests.Storage;

public sealed class StorageModuleTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_container_opens_and_closes_everything_once()
    {
        for (var run = 0; run < 2; run++)
        {
            await using var services = Build();
            Assert.Equal(run == 0, await services.GetRequiredService<IWalletAuthority>().OpenAsync("wal_1", 1000, Cancel));
            services.GetRequiredService<IUsageStream>().AppendSettlement(Usage.Settlement(Usage.Id(Usage.Noon, run)));
            Assert.Equal(run, await services.GetRequiredService<IUsageStore>().PositionAsync(Cancel));
            await services.GetRequiredService<IUsageStore>().StoreAsync([new UsageBatch(run + 1, [])], Cancel);
            Assert.Equal(run, (await services.GetRequiredService<IDocumentStore>().ListAsync("p", afterId: null, limit: 10, Cancel)).Count);
            _ = await services.GetRequiredService<IDocumentStore>().CreateAsync("p", "d" + run, "{}"u8.ToArray(), Cancel);
            Assert.True(services.GetRequiredService<ISecretStore>().Understands("env:X"));
            Assert.Equal(run == 1, await services.GetRequiredService<IBlobStore>().DeleteAsync("b", Cancel));
            await services.GetRequiredService<IBlobStore>().WriteAsync("b", Stream.Null, Cancel);
            Assert.Equal(run, (await services.GetRequiredService<IVectorIndex>().SearchAsync(new VectorPartition("org_1", "x"), new float[] { 1 }, 10, 0, Cancel)).Count);
            await services.GetRequiredService<IVectorIndex>().PutAsync(new VectorPartition("org_1", "x"), "v" + run, new float[] { 1 }, Cancel);
            Assert.Equal(Readiness.Ready, services.GetRequiredService<IReadinessCheck>().Check().Readiness);
        }
    }

    [Fact]
    public async Task Calls_in_suspense_for_too_long_are_decided_at_start()
    {
        await using (var before = Build())
        {
            _ = await before.GetRequiredService<IWalletAuthority>().OpenAsync("wal_1", 1000, Cancel);
            Assert.True(await before.GetRequiredService<IUsageStream>().AppendStartAsync(new ExchangeStart(Usage.Id(1), Usage.Shares("wal_1"), 300)));
        }

        await using var services = Build();
        var job = services.GetServices<IHostedService>().OfType<UnfinishedCalls>().Single();
        await job.StartAsync(Cancel);
        var feed = services.GetRequiredService<IUsageFeed>();
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        bound.CancelAfter(TimeSpan.FromSeconds(30));
        await foreach (var batch in feed.ReadAsync(0, bound.Token))
        {
            if (batch.Entries.Any(static e => e.Usage is not null))
            {
                break;
            }
        }

        await job.StopAsync(Cancel);
        var state = await services.GetRequiredService<IWalletAuthority>().ReadAsync("wal_1", Cancel);
        Assert.Equal((300, 0), (state!.SpentNanoUsd, state.SuspenseNanoUsd));
    }

    private ServiceProvider Build() => new ServiceCollection()
        .AddLogging()
        .AddSingleton(TimeProvider.System)
        .AddSingleton<ITimeZones>(Sets.Zones)
        .AddStorage(new StorageOptions { Directory = _directory.FullPath, Terms = new LeaseTerms(600_000) })
        .BuildServiceProvider();
}
