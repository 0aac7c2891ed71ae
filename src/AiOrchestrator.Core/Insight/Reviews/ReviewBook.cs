using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight.Reviews;

/// <summary>
/// Reviews as documents, by the ids of their calls, oldest first; and, in a partition beside, the ids of those that wait for something. One is
/// noted there before it is made and for as long as it is not closed: a note may be one too many, never one too few.
/// </summary>
internal sealed class ReviewBook(IDocumentStore documents)
{
    private const int PageSize = 200;
    private const int PruneSize = 20;

    /// <summary>Makes a review, unless the call has one.</summary>
    /// <returns>Whether it is new.</returns>
    public async Task<bool> CreateAsync(Review review, CancellationToken cancellation)
    {
        if (await FindAsync(review.OrganisationId, review.Id, cancellation) is { Review: not null })
        {
            return false;
        }

        if (review.State != ReviewState.Closed)
        {
            var notes = review.State == ReviewState.Queued ? QueuedPartition(review.OrganisationId) : OpenPartition(review.OrganisationId);
            _ = await documents.CreateAsync(
                notes, review.Id, StoredDocuments.Bytes(new OpenReview(review.Id), ReviewsJson.Default.OpenReview), cancellation);
        }

        var write = await documents.CreateAsync(
            Partition(review.OrganisationId), review.Id, StoredDocuments.Bytes(review, ReviewsJson.Default.Review), cancellation);
        return write.Outcome == DocumentOutcome.Done;
    }

    /// <summary>A review and its tag; nulls when there is none.</summary>
    public async Task<(Review? Review, string? ETag)> FindAsync(string organisationId, string id, CancellationToken cancellation) =>
        await documents.FindAsync(Partition(organisationId), id, ReviewsJson.Default.Review, cancellation);

    /// <summary>Replaces a review that still has the tag; the new tag, or null when somebody was faster.</summary>
    public async Task<string?> TryReplaceAsync(Review next, string etag, CancellationToken cancellation)
    {
        var write = await documents.ReplaceAsync(
            Partition(next.OrganisationId), next.Id, StoredDocuments.Bytes(next, ReviewsJson.Default.Review), etag, cancellation);
        if (write.Outcome == DocumentOutcome.Done && next.State == ReviewState.Closed)
        {
            await ForgetOpenAsync(next.OrganisationId, next.Id, cancellation);
        }

        return write.ETag;
    }

    /// <summary>The ids of reviews that wait for something, oldest first, after one of them.</summary>
    public async Task<IReadOnlyList<string>> OpenAsync(string organisationId, string? afterId, int limit, CancellationToken cancellation) =>
        [.. (await documents.ListAsync(OpenPartition(organisationId), afterId, limit, cancellation)).Select(static d => d.Id)];

    /// <summary>Takes the note away that a review waits for something: it is closed, or never came to be.</summary>
    public Task ForgetOpenAsync(string organisationId, string id, CancellationToken cancellation) =>
        documents.DeleteAsync(OpenPartition(organisationId), id, ifMatch: null, cancellation);

    /// <summary>The ids of reviews that are to be charged with others, oldest first.</summary>
    public async Task<IReadOnlyList<string>> QueuedAsync(string organisationId, int limit, CancellationToken cancellation) =>
        [.. (await documents.ListAsync(QueuedPartition(organisationId), afterId: null, limit, cancellation)).Select(static d => d.Id)];

    /// <summary>Takes the note away that a review is to be charged with others.</summary>
    public Task ForgetQueuedAsync(string organisationId, string id, CancellationToken cancellation) =>
        documents.DeleteAsync(QueuedPartition(organisationId), id, ifMatch: null, cancellation);

    /// <summary>What is being charged together, and its tag; nulls when there is nothing.</summary>
    public async Task<(ReviewBatch? Batch, string? ETag)> BatchAsync(string organisationId, CancellationToken cancellation) =>
        await documents.FindAsync(BatchPartition, organisationId, ReviewsJson.Default.ReviewBatch, cancellation);

    /// <summary>Notes what is to be charged together, unless something is.</summary>
    public async Task BeginBatchAsync(ReviewBatch batch, CancellationToken cancellation) => _ = await documents.CreateAsync(
        BatchPartition, batch.OrganisationId, StoredDocuments.Bytes(batch, ReviewsJson.Default.ReviewBatch), cancellation);

    /// <summary>Replaces it where it still has the tag; the new tag, or null when somebody was faster.</summary>
    public async Task<string?> TryReplaceBatchAsync(ReviewBatch next, string etag, CancellationToken cancellation) => (await documents.ReplaceAsync(
        BatchPartition, next.OrganisationId, StoredDocuments.Bytes(next, ReviewsJson.Default.ReviewBatch), etag, cancellation)).ETag;

    /// <summary>Takes it away where it still has the tag.</summary>
    public Task EndBatchAsync(string organisationId, string etag, CancellationToken cancellation) =>
        documents.DeleteAsync(BatchPartition, organisationId, etag, cancellation);

    /// <summary>Reviews in order of their calls, after one of them, those that fit, at most so many.</summary>
    public async Task<IReadOnlyList<Review>> ListAsync(
        string organisationId, string? afterId, int limit, Func<Review, bool> fits, CancellationToken cancellation)
    {
        var found = new List<Review>();
        while (true)
        {
            var page = await documents.ListAsync(Partition(organisationId), afterId, PageSize, cancellation);
            foreach (var document in page)
            {
                var review = StoredDocuments.Read(Partition(organisationId), document, ReviewsJson.Default.Review);
                if (fits(review))
                {
                    found.Add(review);
                    if (found.Count == limit)
                    {
                        return found;
                    }
                }
            }

            if (page.Count < PageSize)
            {
                return found;
            }

            afterId = page[^1].Id;
        }
    }

    /// <summary>Forgets closed reviews of calls before a time, some at once: whoever asks every minute keeps up.</summary>
    public async Task PruneAsync(string organisationId, long beforeUnixMs, CancellationToken cancellation)
    {
        var end = ExchangeId.FirstAt(beforeUnixMs).ToString();
        foreach (var document in await documents.ListAsync(Partition(organisationId), afterId: null, PruneSize, cancellation))
        {
            if (string.CompareOrdinal(document.Id, end) < 0
                && StoredDocuments.Read(Partition(organisationId), document, ReviewsJson.Default.Review).State == ReviewState.Closed)
            {
                _ = await documents.DeleteAsync(Partition(organisationId), document.Id, document.ETag, cancellation);
            }
        }
    }

    private const string BatchPartition = "review-batches";

    private static string QueuedPartition(string organisationId) => $"queued-reviews:{organisationId}";

    private static string Partition(string organisationId) => $"reviews:{organisationId}";

    private static string OpenPartition(string organisationId) => $"open-reviews:{organisationId}";
}
