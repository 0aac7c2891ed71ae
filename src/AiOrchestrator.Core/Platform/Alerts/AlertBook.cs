using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using AiOrchestrator.Core.Platform.Jobs;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Platform.Alerts;

/// <summary>
/// Alerts of all organisations, as documents: in one partition they lie newest first, in another is noted where each lies. They are kept for 90
/// days.
/// </summary>
public sealed partial class AlertBook(IDocumentStore documents, TimeProvider time, ILogger<AlertBook> log)
{
    /// <summary>The partition of organisations that have alerts.</summary>
    internal const string Organisations = "alerts";

    private const int PageSize = 200;

    /// <summary>Whoever counts beside others tries so often; then the count is one too low.</summary>
    private const int CountAttempts = 5;

    private static readonly TimeSpan Keep = TimeSpan.FromDays(90);

    private readonly ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);

    /// <summary>The job that forgets old alerts.</summary>
    public static Job AsJob(AlertBook book) => new("prune-alerts", TimeSpan.FromDays(1), (_, cancellation) => book.PruneAsync(cancellation));

    /// <summary>A part of an alert's id made of a text of any characters and length: always the same for the same text.</summary>
    /// <param name="text">What the alert is about.</param>
    public static string IdOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 10));

    /// <summary>Raises an alert, durably; one that has its id already stays as it is.</summary>
    /// <param name="alert">The alert.</param>
    /// <param name="cancellation">Gives up: it may be raised or not.</param>
    /// <returns>Whether it is new.</returns>
    /// <exception cref="ArgumentException">Its id is none, or its kind not listed.</exception>
    public async ValueTask<bool> RaiseAsync(Alert alert, CancellationToken cancellation = default)
    {
        CheckId(alert.Id);
        if (!AlertKinds.All.Contains(alert.Kind))
        {
            throw new ArgumentException($"'{alert.Kind}' is no kind of alert", nameof(alert));
        }

        if (!_known.ContainsKey(alert.OrganisationId))
        {
            // Before the first alert: whoever prunes must find it.
            _ = await documents.CreateAsync(
                Organisations,
                alert.OrganisationId,
                StoredDocuments.Bytes(new AlertedOrganisation(alert.OrganisationId), AlertsJson.Default.AlertedOrganisation),
                cancellation);
            _known[alert.OrganisationId] = true;
        }

        // First where it lies, then the alert: whoever is cut off between raises it again at the same place.
        var place = new AlertPlace(KeyOf(alert));
        var noted = await documents.CreateAsync(
            Places(alert.OrganisationId), alert.Id, StoredDocuments.Bytes(place, AlertsJson.Default.AlertPlace), cancellation);
        if (noted.Outcome == DocumentOutcome.AlreadyExists)
        {
            place = await PlaceAsync(alert.OrganisationId, alert.Id, cancellation) ?? place;
        }

        var write = await documents.CreateAsync(
            Partition(alert.OrganisationId), place.Key, StoredDocuments.Bytes(alert, AlertsJson.Default.Alert), cancellation);
        if (write.Outcome != DocumentOutcome.Done)
        {
            return false;
        }

        LogRaised(alert.Kind, alert.Id, alert.OrganisationId, alert.Severity, alert.Subject);
        return true;
    }

    /// <summary>Raises an alert, or counts one more of it where it was raised before. Not idempotent: the count is for people.</summary>
    /// <param name="alert">The alert.</param>
    /// <param name="cancellation">Gives up.</param>
    public async ValueTask CountAsync(Alert alert, CancellationToken cancellation = default)
    {
        var isNew = await RaiseAsync(alert, cancellation);
        for (var attempt = 0; !isNew && attempt < CountAttempts; attempt++)
        {
            var (stored, key, etag) = await FindAsync(alert.OrganisationId, alert.Id, cancellation);
            if (stored is null || await TryReplaceAsync(stored with { Count = stored.Count + 1 }, key!, etag!, cancellation))
            {
                return;
            }
        }
    }

    /// <summary>Notes that somebody took note of an alert. Who was first stays.</summary>
    /// <param name="organisationId">Whose it is.</param>
    /// <param name="id">The alert.</param>
    /// <param name="principalId">Who takes note.</param>
    /// <param name="note">What they say; or null.</param>
    /// <param name="cancellation">Gives up.</param>
    internal async Task<Result<Alert>> AcknowledgeAsync(
        string organisationId, string id, string principalId, string? note, CancellationToken cancellation)
    {
        var (stored, key, etag) = await FindAsync(organisationId, id, cancellation);
        if (stored is null)
        {
            return new AlertNotFound();
        }

        if (stored.AcknowledgedUnixMs is not null)
        {
            return stored;
        }

        var next = stored with { AcknowledgedUnixMs = NowUnixMs, AcknowledgedBy = principalId, Note = note };
        return await TryReplaceAsync(next, key!, etag!, cancellation) ? next : new ConcurrentChange();
    }

    /// <summary>An organisation's alerts, newest first.</summary>
    /// <param name="organisationId">Whose.</param>
    /// <param name="afterKey">The last key of an earlier page; null: from the newest.</param>
    /// <param name="kind">Only these; null: all.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The alerts, and the key of the last where there may be more.</returns>
    internal async Task<(IReadOnlyList<Alert> Alerts, string? Next)> ListAsync(
        string organisationId, string? afterKey, string? kind, int limit, CancellationToken cancellation)
    {
        var found = new List<Alert>();
        while (true)
        {
            var page = await documents.ListAsync(Partition(organisationId), afterKey, PageSize, cancellation);
            foreach (var document in page)
            {
                var alert = StoredDocuments.Read(Partition(organisationId), document, AlertsJson.Default.Alert);
                if (kind is null || alert.Kind == kind)
                {
                    found.Add(alert);
                    if (found.Count == limit)
                    {
                        return (found, document.Id);
                    }
                }
            }

            if (page.Count < PageSize)
            {
                return (found, null);
            }

            afterKey = page[^1].Id;
        }
    }

    /// <summary>Forgets what is older than 90 days.</summary>
    internal async Task PruneAsync(CancellationToken cancellation)
    {
        var oldest = StoredDocuments.NewestFirst(NowUnixMs - (long)Keep.TotalMilliseconds);
        await foreach (var (organisation, _) in documents.AllAsync(Organisations, AlertsJson.Default.AlertedOrganisation, cancellation))
        {
            var partition = Partition(organisation.OrganisationId);
            while (await documents.ListAsync(partition, oldest, PageSize, cancellation) is { Count: > 0 } page)
            {
                foreach (var document in page)
                {
                    // The alert last: as long as it is there, the note beside it is found and deleted.
                    var alert = StoredDocuments.Read(partition, document, AlertsJson.Default.Alert);
                    _ = await documents.DeleteAsync(Places(organisation.OrganisationId), alert.Id, ifMatch: null, cancellation);
                    _ = await documents.DeleteAsync(partition, document.Id, ifMatch: null, cancellation);
                }
            }
        }
    }

    private static string Partition(string organisationId) => $"alerts:{organisationId}";

    private static string Places(string organisationId) => $"alert-places:{organisationId}";

    /// <summary>Newest first in the order of bytes.</summary>
    private static string KeyOf(Alert alert) => $"{StoredDocuments.NewestFirst(alert.CreatedUnixMs)}-{alert.Id}";

    private static void CheckId(string id)
    {
        if (id.Length is 0 or > 200 || !id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or ':'))
        {
            throw new ArgumentException($"'{id}' is no alert's id", nameof(id));
        }
    }

    private async Task<AlertPlace?> PlaceAsync(string organisationId, string id, CancellationToken cancellation) =>
        (await documents.FindAsync(Places(organisationId), id, AlertsJson.Default.AlertPlace, cancellation)).Value;

    private async Task<(Alert? Alert, string? Key, string? ETag)> FindAsync(string organisationId, string id, CancellationToken cancellation)
    {
        if (await PlaceAsync(organisationId, id, cancellation) is not { } place)
        {
            return default;
        }

        var (alert, etag) = await documents.FindAsync(Partition(organisationId), place.Key, AlertsJson.Default.Alert, cancellation);
        return (alert, place.Key, etag);
    }

    private async Task<bool> TryReplaceAsync(Alert alert, string key, string etag, CancellationToken cancellation) =>
        (await documents.ReplaceAsync(Partition(alert.OrganisationId), key, StoredDocuments.Bytes(alert, AlertsJson.Default.Alert), etag, cancellation))
            .Outcome == DocumentOutcome.Done;

    private long NowUnixMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    [LoggerMessage(1, LogLevel.Warning, "Alert {Kind} {AlertId} of {OrganisationId} ({Severity}): {Subject}")]
    private partial void LogRaised(string kind, string alertId, string organisationId, AlertSeverity severity, string subject);
}
