using System.Text.Json.Serialization.Metadata;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Approvals;

namespace AiOrchestrator.Core.Wallets.Approvals;

/// <summary>That a proposal is open, so that whoever looks for work need not read all of history.</summary>
/// <param name="Id">The proposal.</param>
/// <param name="CreatedUnixMs">When it was noted.</param>
internal sealed record OpenProposal(string Id, long CreatedUnixMs);

/// <summary>
/// Proposals of one kind as documents, kept for ever; and, in a partition beside, the ids of those that are open. A proposal is noted as
/// open before it is created and again before wallets are asked anything, and the note is taken away only after it was read finished: a note may
/// be one too many, never one too few.
/// </summary>
/// <typeparam name="T">The kind.</typeparam>
internal sealed class ProposalStore<T>(IDocumentStore documents, JsonTypeInfo<T> type, string name, TimeProvider time)
    where T : Proposal
{
    private const int PageSize = 200;

    /// <summary>What its proposals are called.</summary>
    public string Name => name;

    /// <summary>Creates a proposal, or finds the one that has its id.</summary>
    /// <returns>The stored one, and whether it was created now.</returns>
    public async Task<(T Stored, bool IsNew)> CreateAsync(string organisationId, T proposal, CancellationToken cancellation)
    {
        await NoteOpenAsync(organisationId, proposal.Id, cancellation);
        var write = await documents.CreateAsync(Partition(organisationId), proposal.Id, StoredDocuments.Bytes(proposal, type), cancellation);
        if (write.Outcome == DocumentOutcome.Done)
        {
            return (proposal, true);
        }

        var (stored, _) = await FindAsync(organisationId, proposal.Id, cancellation);
        return (stored ?? throw new InvalidOperationException($"'{proposal.Id}' exists and cannot be found"), false);
    }

    /// <summary>A proposal and its tag; nulls when there is none.</summary>
    public Task<(T? Value, string? ETag)> FindAsync(string organisationId, string id, CancellationToken cancellation) =>
        documents.FindAsync(Partition(organisationId), id, type, cancellation);

    /// <summary>Replaces a proposal that still has the tag; false when somebody was faster.</summary>
    public async Task<bool> TryReplaceAsync(string organisationId, T next, string etag, CancellationToken cancellation) =>
        (await documents.ReplaceAsync(Partition(organisationId), next.Id, StoredDocuments.Bytes(next, type), etag, cancellation)).Outcome switch
        {
            DocumentOutcome.Done => true,
            DocumentOutcome.Changed => false,
            var outcome => throw new InvalidOperationException($"'{next.Id}' was read and now is {outcome}: proposals are never deleted"),
        };

    /// <summary>Proposals in order of id, after <paramref name="afterId"/> (null: from the first), those that fit, at most <paramref name="limit"/>.</summary>
    public async Task<IReadOnlyList<T>> ListAsync(
        string organisationId, string? afterId, int limit, Func<T, bool> fits, CancellationToken cancellation)
    {
        var found = new List<T>();
        await foreach (var proposal in AllAsync(organisationId, afterId, cancellation))
        {
            if (fits(proposal))
            {
                found.Add(proposal);
                if (found.Count == limit)
                {
                    break;
                }
            }
        }

        return found;
    }

    /// <summary>Notes that a proposal is open. Noting it again changes nothing.</summary>
    public Task NoteOpenAsync(string organisationId, string id, CancellationToken cancellation) => documents.CreateAsync(
        OpenPartition(organisationId),
        id,
        StoredDocuments.Bytes(new OpenProposal(id, time.GetUtcNow().ToUnixTimeMilliseconds()), ProposalsJson.Default.OpenProposal),
        cancellation);

    /// <summary>What is noted as open.</summary>
    public IAsyncEnumerable<(OpenProposal Value, string ETag)> OpenAsync(string organisationId, CancellationToken cancellation) =>
        documents.AllAsync(OpenPartition(organisationId), ProposalsJson.Default.OpenProposal, cancellation);

    /// <summary>The note that a proposal is open, or null.</summary>
    public async Task<OpenProposal?> FindOpenAsync(string organisationId, string id, CancellationToken cancellation) =>
        (await documents.FindAsync(OpenPartition(organisationId), id, ProposalsJson.Default.OpenProposal, cancellation)).Value;

    /// <summary>Takes the note away: the proposal is finished, or never came to be.</summary>
    public Task ForgetOpenAsync(string organisationId, string id, CancellationToken cancellation) =>
        documents.DeleteAsync(OpenPartition(organisationId), id, ifMatch: null, cancellation);

    private async IAsyncEnumerable<T> AllAsync(
        string organisationId, string? afterId, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            var page = await documents.ListAsync(Partition(organisationId), afterId, PageSize, cancellation);
            foreach (var document in page)
            {
                yield return StoredDocuments.Read(Partition(organisationId), document, type);
            }

            if (page.Count < PageSize)
            {
                yield break;
            }

            afterId = page[^1].Id;
        }
    }

    private string Partition(string organisationId) => $"{name}:{organisationId}";

    private string OpenPartition(string organisationId) => $"open-{name}:{organisationId}";
}
