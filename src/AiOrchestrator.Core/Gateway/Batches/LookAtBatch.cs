using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>
/// Asks how far a batch is, and once it has ended settles it: what came of it is read and written down, of two who read it at once by one; its usage goes to the
/// books, its files become the caller's, and the wallets get back what it did not come to. Each step is known by names that were written down with the
/// outcome, so that whoever dies or looks at the same time changes nothing twice.
/// </summary>
internal sealed class LookAtBatch(
    BatchBook book,
    FileBook files,
    AskProvider provider,
    ReadResults results,
    IUsageStream stream,
    CallRefund refund,
    InstanceIdentity instance,
    IdSource ids,
    TimeProvider time,
    ILogger<LookAtBatch> log)
{
    private const string Reason = "the results of the batch came to less than was reserved for it";

    /// <summary>The batch as it stands.</summary>
    /// <param name="job">As it was found.</param>
    /// <param name="etag">Its tag.</param>
    /// <param name="cancellation">Nobody waits any more.</param>
    public async Task<Result<BatchJob>> ExecuteAsync(BatchJob job, string etag, CancellationToken cancellation)
    {
        if (job is { IsClosed: false, Outcome: null })
        {
            var asked = await provider.ReadAsync(job.Ask(HttpMethod.Get), cancellation);
            if (asked.Failed)
            {
                return asked.Failure;
            }

            using var answer = asked.Value;
            return await TakeAsync(job, etag, answer.RootElement, cancellation);
        }

        return await SettleAsync(job, etag, cancellation);
    }

    /// <summary>Takes in what the provider says of a batch; nothing of an end whose results cannot be read.</summary>
    public async Task<Result<BatchJob>> TakeAsync(BatchJob job, string etag, JsonElement answer, CancellationToken cancellation)
    {
        var next = job with { Answer = answer.Clone() };
        if (BatchJob.HasEnded(answer))
        {
            var read = await results.ExecuteAsync(
                job,
                answer,
                totals => new BatchOutcome(ids.NewExchangeId().ToString(), time.GetUtcNow().ToUnixTimeMilliseconds()) { Totals = totals },
                () => StoredFile.NewId(ids),
                cancellation);
            if (read.Failed)
            {
                return read.Failure;
            }

            next = next with { Outcome = read.Value };
        }

        if (await book.TryReplaceAsync(next, etag, cancellation) is { } tag)
        {
            return await SettleAsync(next, tag, cancellation);
        }

        // Somebody else was faster: what they wrote down is what counts.
        var (theirs, theirTag) = await book.FindAsync(job.OrganisationId, job.KeyId, job.Id, cancellation);
        return theirs is null ? new BatchNotFound() : await SettleAsync(theirs, theirTag!, cancellation);
    }

    private async Task<Result<BatchJob>> SettleAsync(BatchJob job, string etag, CancellationToken cancellation)
    {
        if (job.IsClosed || job.Outcome is not { } outcome)
        {
            return job;
        }

        try
        {
            await KeepAsync(job, outcome.Output, "output", cancellation);
            await KeepAsync(job, outcome.Errors, "error", cancellation);
            if (!job.IsTold)
            {
                stream.AppendSettlement(BatchUsage.Of(job, outcome, instance.Id));
                await stream.FlushAsync(cancellation);
                job = job with { IsTold = true };
                if (await book.TryReplaceAsync(job, etag, cancellation) is not { } tag)
                {
                    return job;
                }

                etag = tag;
            }

            if (await refund(job.OrganisationId, job.Exchange, Reason, Math.Min(outcome.Totals.CostNanoUsd, job.ReservedNanoUsd), cancellation))
            {
                job = job with { IsSettled = true };
                _ = await book.TryReplaceAsync(job, etag, cancellation);
            }
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // Safe: what came of it is written down, and whoever looks next goes on from there.
            log.LogError(failure, "{BatchId} could not be settled yet", job.Id);
        }

        return job;
    }

    /// <summary>A file that came of a batch becomes its caller's.</summary>
    private async Task KeepAsync(BatchJob job, BatchFile? file, string kind, CancellationToken cancellation)
    {
        if (file is not null && !job.IsTold)
        {
            var said = new OutputFile(file.Bytes, job.Outcome!.ReadUnixMs / 1000, $"{job.Id}_{kind}.jsonl", "processed");
            await files.CreateAsync(
                new StoredFile(file.Id, job.OrganisationId, job.KeyId, job.Provider, file.UpstreamId, StoredFile.OutputPurpose)
                    .Seen(JsonSerializer.SerializeToElement(said, BatchesJson.Default.OutputFile), bytes: null),
                cancellation);
        }
    }
}
