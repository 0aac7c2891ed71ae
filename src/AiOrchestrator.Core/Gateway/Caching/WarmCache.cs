using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Gateway.Batches;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.OpenAi;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Gateway.Caching;

/// <summary>What became of one call of a warm-up.</summary>
/// <param name="CustomId">What the caller calls it.</param>
/// <param name="Status">The status it was answered with.</param>
/// <param name="Cache"><c>hit</c>, <c>miss</c> or <c>bypass</c>; null where it failed before.</param>
/// <param name="Kept">Whether its answer is given to whoever asks the same now.</param>
/// <param name="CostUsd">What it was charged.</param>
/// <param name="Error">The code of its failure; null where it did not fail.</param>
public sealed record WarmedCall(string CustomId, int Status, string? Cache, bool Kept, string? CostUsd, string? Error);

/// <summary>The answer of <c>POST /v1/cache/warm</c>.</summary>
/// <param name="Calls">Calls that were run.</param>
/// <param name="Hits">Of them, answered from the cache already.</param>
/// <param name="Kept">Of them, whose answers are given again now.</param>
/// <param name="Failed">Of them, that failed.</param>
/// <param name="Data">One by one, in the order in which they were given.</param>
public sealed record WarmUpView(int Calls, int Hits, int Kept, int Failed, IReadOnlyList<WarmedCall> Data);

/// <summary>
/// Warms the cache by replay: runs calls that were made before, each on the whole way of a call of the caller's own, held, charged and recorded; what is answered is
/// kept as the policy says.
/// </summary>
internal sealed class WarmCache(AskAsCaller ask, CacheBook book, IOptions<GatewayOptions> options)
{
    /// <summary>Most calls of a warm-up.</summary>
    public const int MaxCalls = 1000;

    private const int AtOnce = 4;

    /// <summary>Reads the calls, one a line as in a batch's file, and runs them. Nothing is run before all have been read.</summary>
    public async Task<Result<WarmUpView>> ExecuteAsync(Caller caller, Stream source, CancellationToken cancellation)
    {
        var calls = await ReadAsync(source, cancellation);
        if (calls.Failed)
        {
            return calls.Failure;
        }

        var warmed = new WarmedCall[calls.Value.Count];
        await Parallel.ForAsync(0, warmed.Length, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (index, stop) =>
            warmed[index] = await RunAsync(caller, calls.Value[index], stop));
        return new WarmUpView(
            warmed.Length, warmed.Count(static w => w.Cache == "hit"), warmed.Count(static w => w.Kept), warmed.Count(static w => w.Error is not null), warmed);
    }

    private async Task<Result<List<(BatchLine Line, byte[] Body)>>> ReadAsync(Stream source, CancellationToken cancellation)
    {
        using var lines = new JsonLines(source, CheckInput.MaxLineBytesOf(options.Value));
        var calls = new List<(BatchLine Line, byte[] Body)>();
        while (await lines.NextAsync(cancellation) is { } line)
        {
            if (BatchLine.Read(line.Span, out var read) is { } failure)
            {
                return new InvalidBatchLine(lines.Number, failure);
            }

            if (calls.Count == MaxCalls)
            {
                return new InvalidBatchLine(lines.Number, new InvalidParameter("body", $"a warm-up has at most {MaxCalls} calls."));
            }

            calls.Add((read, line.Slice(read.Body.Start, read.Body.Length).ToArray()));
        }

        return lines.IsTooLong ? new InvalidBatchLine(lines.Number, new BodyTooLarge(options.Value.MaxBodyBytes))
            : calls.Count == 0 ? new InvalidParameter("body", "the body holds no calls: each line of it is a JSON object with 'custom_id', 'method', 'url' and 'body'.")
            : calls;
    }

    private async ValueTask<WarmedCall> RunAsync(Caller caller, (BatchLine Line, byte[] Body) call, CancellationToken stop)
    {
        var answer = await ask.SendAsync(caller, BatchLine.CallOf(call.Line.Endpoint)!.Value, call.Body, feature: null, stop);
        var (cache, key, name) = ((string?)answer.Headers["x-cache"], (string?)answer.Headers["x-cache-key"], (string?)answer.Headers["x-cache-namespace"]);
        var isKept = key is not null && name is not null && book.FindInMemory(CacheNamespaces.Of(caller.OrganisationId, name), key) is not null;
        return new WarmedCall(call.Line.CustomId, answer.Status, cache, isKept, answer.Headers["x-ao-cost-usd"], answer.Failure?.Code);
    }
}
