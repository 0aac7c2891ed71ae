using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Caching.Policies;
using AiOrchestrator.Core.Caching.Requests;
using AiOrchestrator.Core.Gateway.Stages;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Gateway.Caching;

/// <summary>Keeps the answer of an exchange that has ended well, and tells those who wait for it (CA-02, CA-05).</summary>
internal sealed class KeepAnswer(CacheBook book, FindSimilar similar, IOptions<CachingOptions> options, TimeProvider time, ILogger<KeepAnswer> log)
{
    /// <summary>Begins to look at the answer of a try; null where nothing is to be kept.</summary>
    public AnswerCapture? Begin(Exchange exchange) =>
        exchange.Cache is { Request: not null, Entry: null } ? new AnswerCapture(exchange, options.Value.MaxEntryBytes) : null;

    /// <summary>Keeps it, where it is whole and clean. Once it is settled, and before its caller has all of it: who asks again then is given it.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="charge">What it is charged.</param>
    public void Run(Exchange exchange, in Charge charge)
    {
        if (exchange.Cache is not { Request: { } request, Entry: null } cache || exchange.Capture is not { } capture || exchange.IsSuperseded
            || exchange.Failure is not (null or ClientGone))
        {
            return;
        }

        CacheEntry? kept = null;
        try
        {
            kept = exchange.AnswerFacts.HasError || AskCache.Completes(exchange) != cache.Completes || capture.Take(exchange, cache.Policy.Tools) is not { } captured
                ? null
                : Keep(exchange, cache, request, captured, charge);
        }
        catch (Exception failure)
        {
            // Whatever it is: the answer has been paid for, and its caller is to have it.
            log.LogError(failure, "The answer of {Exchange} could not be kept", exchange.IdText);
        }

        // Others wait for the model they asked for; where there is nothing for them, they are not to wait until the caller has read it all.
        cache.Flight?.Land(cache.Flight.Key == kept?.Key ? kept : null);
    }

    private CacheEntry Keep(Exchange exchange, CacheCall cache, CanonicalRequest request, in CapturedAnswer captured, in Charge charge)
    {
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

        return entry;
    }
}
