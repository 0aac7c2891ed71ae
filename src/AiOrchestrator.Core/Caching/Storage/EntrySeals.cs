using AiOrchestrator.Core.Platform;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Caching.Storage;

/// <summary>
/// The seal in force. As long as there is none (the content key cannot be read), nothing is put into the store and nothing read from it: answers that were to be
/// encrypted are never written in any other way. Readiness says so.
/// </summary>
internal sealed partial class EntrySeals(
    IDocumentStore documents, ISecretStore secrets, IdSource ids, TimeProvider time, IOptions<CachingOptions> options, ILogger<EntrySeals> log) : IReadinessCheck
{
    private const string Purpose = "cache";

    /// <summary>As strong as what it protects.</summary>
    private const int MinContentKeyLength = 32;

    private volatile EntrySeal? _current;

    /// <summary>The seal; null while there is none.</summary>
    public EntrySeal? Current => _current;

    private string Reference => options.Value.ContentKey;

    /// <inheritdoc/>
    public ReadinessReport Check() => _current is not null
        ? new ReadinessReport(Purpose, Readiness.Ready, null)
        : new ReadinessReport(
            Purpose,
            Readiness.Degraded,
            $"answers are kept in memory only: the content key '{Reference}' cannot be read or has fewer than {MinContentKeyLength} characters; it is tried again every half minute");

    /// <summary>Reads what the seal is made of. Nothing where it has been read.</summary>
    /// <param name="cancellation">Gives up.</param>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        if (_current is not null)
        {
            return;
        }

        var secret = await SealSecrets.LoadAsync(documents, Purpose, ids, time, cancellation);
        if (Reference.Length == 0)
        {
            _current = EntrySeal.WithTag(secret, ids);
            return;
        }

        var contentKey = await ReadAsync(cancellation);
        if (contentKey is { Length: >= MinContentKeyLength })
        {
            _current = EntrySeal.WithEncryption(secret, contentKey, ids);
        }
        else
        {
            LogNoKey(Reference);
        }
    }

    private async Task<string?> ReadAsync(CancellationToken cancellation)
    {
        try
        {
            return await secrets.GetAsync(Reference, cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            // Safe: without a key nothing is written, and it is tried again.
            LogUnreadable(e, Reference);
            return null;
        }
    }

    [LoggerMessage(1, LogLevel.Error, "The content key {Reference} leads to no secret of 32 or more characters: answers are kept in memory only")]
    private partial void LogNoKey(string reference);

    [LoggerMessage(2, LogLevel.Error, "The content key {Reference} cannot be read")]
    private partial void LogUnreadable(Exception failure, string reference);
}
