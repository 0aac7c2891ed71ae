using System.Text.Json;
using AiOrchestrator.Core.Platform;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>Writes down the batch a provider has taken, before its reserve is charged and its caller is told: who has a name for it can find it.</summary>
internal sealed class KeepBatch(BatchBook book, ILogger<KeepBatch> log)
{
    /// <summary>The answer as the caller sees it.</summary>
    public async Task<Result<byte[]>> RunAsync(Exchange exchange, ReadOnlyMemory<byte> answer)
    {
        var (provider, order) = (exchange.Route!.Provider.Id, exchange.Order!);
        using var document = JsonDocument.Parse(answer);
        if (AskProvider.IdIn(document.RootElement) is not { } id)
        {
            return new UpstreamInvalid(provider, "an answer that does not name the batch");
        }

        var job = new BatchJob(BatchJob.IdOf(exchange.Id), exchange.Caller.OrganisationId, exchange.Caller.Key!.Id, provider, id, order.File.Id, order.Input)
        {
            ReservedNanoUsd = exchange.HoldNanoUsd,
            Wallets = [.. exchange.Wallets.Select(static w => new BatchWallet(w.WalletId, w.Period))],
            CostCentre = exchange.Path!.CostCentre,
            CreatedUnixMs = exchange.Arrived.ToUnixTimeMilliseconds(),
            Answer = document.RootElement.Clone(),
        };
        return await WriteDown.TryAsync(
            // Whoever asked may have gone: the batch is there all the same.
            () => book.CreateAsync(job, CancellationToken.None),
            failure => log.LogWarning(failure, "{BatchId} could not be written down at once", job.Id),
            failure => log.LogCritical(failure, "{BatchId} is lost to its caller: it is {UpstreamId} at {Provider}", job.Id, job.UpstreamId, job.Provider))
            ? JsonSerializer.SerializeToUtf8Bytes(job.View(), BatchesJson.Default.JsonElement)
            : new BatchNotKept();
    }
}
