using System.Net;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Limits;

/// <summary>A store of shared limits that neither answers nor fails.</summary>
public sealed class SilentRatesTests
{
    [Fact]
    public async Task Calls_wait_two_seconds_for_it_all_of_them_and_are_refused()
    {
        var rates = new SilentStore(new MemoryDocumentStore());
        await using var host = await CoreHost.StartAsync(compose: services => services
            .AddDocumentRates().AddKeyedSingleton<IDocumentStore>(LimitsModule.RatesStore, rates));
        await host.Admin.PostAsync("/control/v1/limits", """{"scope":"organisation","requests_per_minute":10}""");
        const string Call = """{"model":"echo","messages":[{"role":"user","content":"hi"}],"max_tokens":5}""";
        rates.IsSilent = true;
        var refused = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => host.Caller.PostAsync("/v1/chat/completions", Call)))
            .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.All(refused, static r => Assert.Equal((HttpStatusCode.ServiceUnavailable, "limits_unavailable"), (r.Status, r.Code)));
    }

    private sealed class SilentStore(IDocumentStore inner) : IDocumentStore
    {
        private readonly TaskCompletionSource _never = new();

        public bool IsSilent { get; set; }

        public async Task<Document?> GetAsync(string partition, string id, CancellationToken cancellation)
        {
            await AnswerAsync();
            return await inner.GetAsync(partition, id, cancellation);
        }

        public async Task<IReadOnlyList<Document>> ListAsync(string partition, string? afterId, int limit, CancellationToken cancellation)
        {
            await AnswerAsync();
            return await inner.ListAsync(partition, afterId, limit, cancellation);
        }

        public async Task<DocumentWrite> CreateAsync(string partition, string id, ReadOnlyMemory<byte> json, CancellationToken cancellation)
        {
            await AnswerAsync();
            return await inner.CreateAsync(partition, id, json, cancellation);
        }

        public async Task<DocumentWrite> ReplaceAsync(string partition, string id, ReadOnlyMemory<byte> json, string? ifMatch, CancellationToken cancellation)
        {
            await AnswerAsync();
            return await inner.ReplaceAsync(partition, id, json, ifMatch, cancellation);
        }

        public Task<DocumentOutcome> DeleteAsync(string partition, string id, string? ifMatch, CancellationToken cancellation) =>
            inner.DeleteAsync(partition, id, ifMatch, cancellation);

        public Task<DocumentChanges> ChangesAsync(string? sinceMark, CancellationToken cancellation) => inner.ChangesAsync(sinceMark, cancellation);

        private Task AnswerAsync() => IsSilent ? _never.Task : Task.CompletedTask;
    }
}
