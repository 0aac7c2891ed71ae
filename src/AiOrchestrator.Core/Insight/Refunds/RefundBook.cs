using AiOrchestrator.Core.Insight.Rerating;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight.Refunds;

/// <summary>
/// Refunds as documents, by the ids of their calls, for ever: calls and reports of then come to the same in a year. Those that are not done are noted in a
/// partition beside, before they are made: a note may be one too many, never one too few.
/// </summary>
internal sealed class RefundBook(IDocumentStore documents)
{
    private const string OpenPartition = "open-refunds";

    /// <summary>Makes a refund; one the call has stays as it is.</summary>
    public async Task CreateAsync(Refund refund, CancellationToken cancellation)
    {
        _ = await documents.CreateAsync(
            OpenPartition, refund.Id, StoredDocuments.Bytes(new OpenRefund(refund.OrganisationId), RefundsJson.Default.OpenRefund), cancellation);
        _ = await documents.CreateAsync(
            Partition(refund.OrganisationId), refund.Id, StoredDocuments.Bytes(refund, RefundsJson.Default.Refund), cancellation);
    }

    /// <summary>A refund and its tag; nulls where there is none.</summary>
    public async Task<(Refund? Refund, string? ETag)> FindAsync(string organisationId, string id, CancellationToken cancellation) =>
        await documents.FindAsync(Partition(organisationId), id, RefundsJson.Default.Refund, cancellation);

    /// <summary>Replaces a refund that still has the tag; whoever is late reads it again.</summary>
    public async Task TryReplaceAsync(Refund next, string etag, CancellationToken cancellation)
    {
        var write = await documents.ReplaceAsync(
            Partition(next.OrganisationId), next.Id, StoredDocuments.Bytes(next, RefundsJson.Default.Refund), etag, cancellation);
        if (write.Outcome == DocumentOutcome.Done && next.State == RefundState.Done)
        {
            await ForgetOpenAsync(next.Id, cancellation);
        }
    }

    /// <summary>Refunds that are not done, oldest first, after one of them.</summary>
    public async Task<IReadOnlyList<(string Id, string OrganisationId)>> OpenAsync(string? afterId, int limit, CancellationToken cancellation) =>
        [.. (await documents.ListAsync(OpenPartition, afterId, limit, cancellation)).Select(
            static d => (d.Id, StoredDocuments.Read(OpenPartition, d, RefundsJson.Default.OpenRefund).OrganisationId))];

    /// <summary>Takes the note away that a refund is not done.</summary>
    public Task ForgetOpenAsync(string id, CancellationToken cancellation) => documents.DeleteAsync(OpenPartition, id, ifMatch: null, cancellation);

    /// <summary>Adds what was given back for the calls of a report.</summary>
    public async Task AddAsync(ChargebackAdjustments adjustments, CancellationToken cancellation)
    {
        await foreach (var (refund, _) in documents.AllAsync(Partition(adjustments.Query.OrganisationId), RefundsJson.Default.Refund, cancellation))
        {
            if (refund.Group is { } group)
            {
                adjustments.Add(group, CorrectedCall.Nano(group.AmountUsd));
            }
        }
    }

    private static string Partition(string organisationId) => $"refunds:{organisationId}";
}
