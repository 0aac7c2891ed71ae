using AiOrchestrator.Core.Metering.Experiments;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight.Feedback;

/// <summary>Which feedback is wanted, in the order in which the calls were made. Null filters do not filter.</summary>
/// <param name="ExchangeId">About this call.</param>
/// <param name="Model">About calls this model served.</param>
/// <param name="ExperimentId">About calls of this experiment.</param>
/// <param name="AfterId">Only after this one: the next page.</param>
/// <param name="Limit">At most so many.</param>
internal sealed record FeedbackQuery(string? ExchangeId, string? Model, string? ExperimentId, string? AfterId, int Limit);

/// <summary>Feedback as documents, by the call it is about. What is about calls that are not known yet waits in a partition of its own.</summary>
internal sealed class FeedbackBook(IDocumentStore documents)
{
    private const string Waiting = "waiting-feedback";
    private const int PageSize = 500;
    private const int Attempts = 5;

    /// <summary>So much may wait of a key.</summary>
    public const int MostOfKey = 250;

    /// <summary>So much may wait of an organisation: what one list of the store holds.</summary>
    public const int MostOfOrganisation = 1000;

    /// <summary>Whoever lists gets a page after so many were looked at, however few fit.</summary>
    private const int MostLookedAt = 10_000;

    /// <summary>Clocks of instances differ: calls of an experiment may seem older than it is.</summary>
    private const long SkewMs = 3_600_000;

    /// <summary>Writes one down, among those of its organisation or those that wait; one that was given later stays.</summary>
    /// <returns>Whether it, or a later one, is written down.</returns>
    public async Task<bool> PutAsync(StoredFeedback feedback, CancellationToken cancellation)
    {
        var (partition, id) = feedback.IsPlaced ? (Partition(feedback.OrganisationId), feedback.Id) : (Waiting, feedback.WaitingId);
        var bytes = StoredDocuments.Bytes(feedback, FeedbackJson.Default.StoredFeedback);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var (before, etag) = await documents.FindAsync(partition, id, FeedbackJson.Default.StoredFeedback, cancellation);
            if (before is not null && before.GivenUnixMs > feedback.GivenUnixMs)
            {
                return true;
            }

            var write = before is null
                ? await documents.CreateAsync(partition, id, bytes, cancellation)
                : await documents.ReplaceAsync(partition, id, bytes, etag, cancellation);
            if (write.Outcome == DocumentOutcome.Done)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether there is no room for one to wait: of its key or its organisation so much does as may. Who speaks at the same moment may be one too many.</summary>
    public async Task<bool> IsFullAsync(StoredFeedback feedback, CancellationToken cancellation)
    {
        var prefix = $"{feedback.OrganisationId}.";
        var waiting = (await documents.ListAsync(Waiting, prefix, MostOfOrganisation, cancellation))
            .Select(static d => d.Id).TakeWhile(id => id.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        var ofKey = $"{prefix}{feedback.KeyId}.";

        // A later word about the same call takes the place of the earlier one.
        return !waiting.Contains(feedback.WaitingId)
            && (waiting.Count >= MostOfOrganisation || waiting.Count(id => id.StartsWith(ofKey, StringComparison.Ordinal)) >= MostOfKey);
    }

    /// <summary>A page of those that wait, after one of them, to be read by <see cref="ReadWaiting"/>.</summary>
    public Task<IReadOnlyList<Document>> WaitingAsync(string? afterId, int limit, CancellationToken cancellation) =>
        documents.ListAsync(Waiting, afterId, limit, cancellation);

    /// <summary>What waits.</summary>
    /// <exception cref="InvalidDataException">It cannot be read.</exception>
    public static StoredFeedback ReadWaiting(Document document) => StoredDocuments.Read(Waiting, document, FeedbackJson.Default.StoredFeedback);

    /// <summary>Waits no more for the call of one; for that of one that was given meanwhile it does.</summary>
    public Task ForgetWaitingAsync(Document document, CancellationToken cancellation) => documents.DeleteAsync(Waiting, document.Id, document.ETag, cancellation);

    /// <summary>An organisation's feedback, and where there may be more the id to go on after.</summary>
    public async Task<(IReadOnlyList<StoredFeedback> Found, string? Next)> ListAsync(string organisationId, FeedbackQuery query, CancellationToken cancellation)
    {
        var found = new List<StoredFeedback>();
        var partition = Partition(organisationId);
        var after = string.CompareOrdinal(query.AfterId, query.ExchangeId) > 0 ? query.AfterId : query.ExchangeId;
        for (var looked = 0; looked < MostLookedAt; looked += PageSize)
        {
            var page = await documents.ListAsync(partition, after, PageSize, cancellation);
            foreach (var document in page)
            {
                var feedback = StoredDocuments.Read(partition, document, FeedbackJson.Default.StoredFeedback);
                if (query.ExchangeId is { } exchange && feedback.ExchangeId != exchange)
                {
                    return (found, null);
                }

                if ((query.Model is null || feedback.Model == query.Model) && (query.ExperimentId is null || feedback.ExperimentId == query.ExperimentId))
                {
                    found.Add(feedback);
                    if (found.Count == query.Limit)
                    {
                        return (found, document.Id);
                    }
                }
            }

            if (page.Count < PageSize)
            {
                return (found, null);
            }

            after = page[^1].Id;
        }

        return (found, after);
    }

    /// <summary>What was thought of the answers of an experiment's variants, by variant and group of key values.</summary>
    /// <param name="organisationId">Whose.</param>
    /// <param name="experimentId">Which.</param>
    /// <param name="startedUnixMs">When it began: older calls are none of its.</param>
    /// <param name="cancellation">Nobody waits any more.</param>
    public async Task<Dictionary<(string Variant, int Cluster), Moments>> OfExperimentAsync(
        string organisationId, string experimentId, long startedUnixMs, CancellationToken cancellation)
    {
        var scores = new Dictionary<(string Variant, int Cluster), Moments>();
        var partition = Partition(organisationId);
        var after = ExchangeId.FirstAt(startedUnixMs - SkewMs).ToString();
        while (true)
        {
            var page = await documents.ListAsync(partition, after, PageSize, cancellation);
            foreach (var document in page)
            {
                var feedback = StoredDocuments.Read(partition, document, FeedbackJson.Default.StoredFeedback);
                if (feedback.ExperimentId == experimentId && feedback.Variant is { } variant)
                {
                    var of = (variant, feedback.ExperimentCluster);
                    scores[of] = scores.GetValueOrDefault(of).With(feedback.ScoreMilli);
                }
            }

            if (page.Count < PageSize)
            {
                return scores;
            }

            after = page[^1].Id;
        }
    }

    private static string Partition(string organisationId) => $"feedback:{organisationId}";
}
