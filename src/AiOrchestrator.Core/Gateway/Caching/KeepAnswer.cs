using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Caching.Policies;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Gateway.Caching;

/// <summary>Keeps the answer of an exchange that has ended well, and tells those who wait for it (CA-02, CA-05).</summary>
internal sealed class KeepAnswer(CacheBook book, FindSimilar similar, IOptions<CachingOptions> options, TimeProvider time)
{
    /// <summary>Begins to look at the answer of a try; null where nothing is to be kept.</summary>
    public AnswerCapture? Begin(Exchange exchange) =>
        exchange.Cache is { Request: not null, Entry: null } ? new AnswerCapture(exchange, options.Value.MaxEntryBytes) : null;

    /// <summary>Keeps it, where it is whole and clean. Once it is settled, and before its caller has all of it: who asks again then is given it.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="charge">What it is charged.</param>
    public void Run(Exchange exchange, in Charge charge)
    {
        if (exchange.Cache is not { Request: { } request, Entry: null } cache || exchange.Capture is not { } capture || exchange.IsSuperseded || exchange.AnswerFacts.HasError
            || exchange.Failure is not (null or ClientGone) || capture.Take(exchange, cache.Policy.Tools) is not { } captured)
        {
            return;
        }

        var terms = cache.Terms(exchange.Route!);
        var isSemantic = cache.Policy.Mode == CacheMode.Semantic && cache.Vector is not null;
        var entry = new CacheEntry
        {
            Namespace = cache.Namespace,
            Key = request.Key(terms),
            Model = exchange.Route!.Model.Id,
            Provider = exchange.Route.Provider.Id,
            ExchangeId = exchange.IdText,
            CreatedUnixMs = exchange.Arrived.ToUnixTimeMilliseconds(),
            ExpiresUnixMs = time.GetUtcNow().ToUnixTimeMilliseconds() + (cache.Policy.TtlSeconds * 1000),
            FlushNumber = cache.FlushNumber,
            CostNanoUsd = charge.CostNanoUsd,
            PromptTokens = charge.Usage.PromptTokens,
            CompletionTokens = charge.Usage.CompletionTokens,
            Format = captured.Format,
            UsageFormat = captured.Usage,
            Question = isSemantic ? System.Text.Encoding.UTF8.GetString(request.QuestionUtf8!) : null,
            Partition = isSemantic ? similar.PartitionOf(cache, terms).Name : null,
            Body = captured.Body,
        };
        book.Put(entry);
        if (isSemantic)
        {
            similar.Keep(entry, cache.Vector!);
        }

        // Others wait for the model they asked for.
        cache.Flight?.Land(cache.Flight.Key == entry.Key ? entry : null);
    }
}
