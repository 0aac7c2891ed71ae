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

    /// <summary>Whoever lists gets a page after so many were looked at, however few fit.</summary>
    private const int MostLookedAt = 10_000;

    /// <summary>Clocks of instances differ: calls of an experiment may seem older than it is.</summary>
    private const long SkewMs = 3_600_000;

    /// <summary>Writes one down, among those of its organisation or those that wait; one that was given later stays.</summary>
    /// <returns>Whether it, or a later one, is written down.</returns>
    public async Task<bool> PutAsync(StoredFeedback feedback, CancellationToken cancellation)
    {
        var partition = feedback.IsPlaced ? Partition(feedback.OrganisationId) : Waiting;
        var bytes = StoredDocuments.Bytes(feedback, FeedbackJson.Default.StoredFeedback);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var (before, etag) = await documents.FindAsync(partition, feedback.Id, FeedbackJson.Default.StoredFeedback, cancellation);
            if (before is not null && before.GivenUnixMs > feedback.GivenUnixMs)
            {
                return true;
            }

            var write = before is null
                ? await documents.CreateAsync(partition, feedback.Id, bytes, cancellation)
                : await documents.ReplaceAsync(partition, feedback.Id, bytes, etag, cancellation);
            if (write.Outcome == DocumentOutcome.Done)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A page of those that wait, with their tags, after one of them.</summary>
    public async Task<IReadOnlyList<(StoredFeedback Feedback, string ETag)>> WaitingAsync(string? afterId, int limit, CancellationToken cancellation) =>
        [.. (await documents.ListAsync(Waiting, afterId, limit, cancellation)).Select(
            static d => (StoredDocuments.Read(Waiting, d, FeedbackJson.Default.StoredFeedback), d.ETag))];

    /// <summary>Waits no more for the call of one; for that of one that was given meanwhile it does.</summary>
    public Task ForgetWaitingAsync(StoredFeedback feedback, string etag, CancellationToken cancellation) => documents.DeleteAsync(Waiting, feedback.Id, etag, cancellation);

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

    /// <summary>What was thought of the answers of an experiment's variants.</summary>
    /// <param name="organisationId">Whose.</param>
    /// <param name="experimentId">Which.</param>
    /// <param name="startedUnixMs">When it began: older calls are none of its.</param>
    /// <param name="cancellation">Nobody waits any more.</param>
    public async Task<Dictionary<string, Moments>> OfExperimentAsync(
        string organisationId, string experimentId, long startedUnixMs, CancellationToken cancellation)
    {
        var scores = new Dictionary<string, Moments>(StringComparer.Ordinal);
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
                    scores[variant] = scores.GetValueOrDefault(variant).With(feedback.ScoreMilli);
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
