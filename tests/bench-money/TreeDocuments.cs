using System.Globalization;
using System.Text;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Bench.Money;

/// <summary>The documents of one organisation with a tree of wallets four deep: one root, ten departments, a hundred teams, and keys below them.</summary>
internal sealed class TreeDocuments(int leaves) : IDocumentStore
{
    private const int Departments = 10;
    private const int Teams = 100;

    /// <summary>The wallets of keys.</summary>
    public string[] LeafIds { get; } = [.. Enumerable.Range(0, leaves).Select(static i => Id('k', i))];

    /// <summary>All wallets.</summary>
    public IEnumerable<string> WalletIds =>
        LeafIds.Concat(Enumerable.Range(0, Teams).Select(static i => Id('t', i))).Concat(Enumerable.Range(0, Departments).Select(static i => Id('d', i))).Append(Id('o', 0));

    public Task<IReadOnlyList<Document>> ListAsync(string partition, string? afterId, int limit, CancellationToken cancellation)
    {
        if (partition == "organisations")
        {
            return Task.FromResult<IReadOnlyList<Document>>(afterId is null ? [Json("org_1", """{"id":"org_1","name":"bench","created_unix_ms":0}""")] : []);
        }

        // In order of id: departments, keys, the root, teams.
        var all = _wallets ??= [.. Wallets().OrderBy(static d => d.Id, StringComparer.Ordinal)];
        var from = afterId is null ? 0 : Array.FindIndex(all, d => string.CompareOrdinal(d.Id, afterId) > 0);
        return Task.FromResult<IReadOnlyList<Document>>(from < 0 ? [] : [.. all.Skip(from).Take(limit)]);
    }

    public Task<Document?> GetAsync(string partition, string id, CancellationToken cancellation) => throw new NotSupportedException("The bench only lists.");

    public Task<DocumentWrite> CreateAsync(string partition, string id, ReadOnlyMemory<byte> json, CancellationToken cancellation) =>
        throw new NotSupportedException("The bench only lists.");

    public Task<DocumentWrite> ReplaceAsync(string partition, string id, ReadOnlyMemory<byte> json, string? ifMatch, CancellationToken cancellation) =>
        throw new NotSupportedException("The bench only lists.");

    public Task<DocumentOutcome> DeleteAsync(string partition, string id, string? ifMatch, CancellationToken cancellation) =>
        throw new NotSupportedException("The bench only lists.");

    public Task<DocumentChanges> ChangesAsync(string? sinceMark, CancellationToken cancellation) => throw new NotSupportedException("The bench only lists.");

    private Document[]? _wallets;

    private IEnumerable<Document> Wallets()
    {
        yield return Wallet('o', 0, null);
        for (var i = 0; i < Departments; i++)
        {
            yield return Wallet('d', i, Id('o', 0));
        }

        for (var i = 0; i < Teams; i++)
        {
            yield return Wallet('t', i, Id('d', i % Departments));
        }

        for (var i = 0; i < leaves; i++)
        {
            yield return Wallet('k', i, Id('t', i % Teams));
        }
    }

    private static Document Wallet(char level, int number, string? parentId) => Json(
        Id(level, number),
        $$"""{"id":"{{Id(level, number)}}","name":"bench","created_unix_ms":0,"parent_id":{{(parentId is null ? "null" : $"\"{parentId}\"")}}}""");

    private static Document Json(string id, string json) => new(id, "1", Encoding.UTF8.GetBytes(json));

    private static string Id(char level, int number) => string.Create(CultureInfo.InvariantCulture, $"wal_{level}{number:d8}");
}
