using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight.Rerating;

/// <summary>
/// What calls were corrected to by re-ratings that have ended, for somebody who walks over calls newest first: each of them is read once, in step, and of none
/// more than a line is held.
/// </summary>
internal sealed class EarlierCorrections : IAsyncDisposable
{
    private readonly List<Walk> _walks = [];

    private EarlierCorrections()
    {
    }

    /// <summary>Begins to walk.</summary>
    /// <param name="blobs">Where they lie.</param>
    /// <param name="reratings">In the order in which they were carried out.</param>
    /// <param name="before">Only calls older than this one are asked about; null: all.</param>
    /// <param name="cancellation">Ends the walk.</param>
    public static EarlierCorrections Begin(
        ReratingBlobs blobs, IEnumerable<StoredRerating> reratings, ExchangeId? before, CancellationToken cancellation)
    {
        var earlier = new EarlierCorrections();
        foreach (var rerating in reratings)
        {
            var parts = rerating.Parts.SkipWhile(p => before is { } b && IdOf(p.Last) >= b);
            earlier._walks.Add(new Walk(blobs.CallsAsync(rerating, parts, cancellation).GetAsyncEnumerator(cancellation)));
        }

        return earlier;
    }

    /// <summary>What a call was corrected to last, nano-dollars; null where it never was. Each call is older than the one before.</summary>
    public async ValueTask<long?> FindAsync(ExchangeId id)
    {
        long? found = null;
        foreach (var walk in _walks)
        {
            found = await walk.FindAsync(id) ?? found;
        }

        return found;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var walk in _walks)
        {
            await walk.DisposeAsync();
        }
    }

    /// <summary>The id of a line or part.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static ExchangeId IdOf(string text) =>
        ExchangeId.TryParse(text, out var id) ? id : throw new InvalidDataException($"'{text}' is no call of a re-rating");

    private sealed class Walk(IAsyncEnumerator<CorrectedCall> calls) : IAsyncDisposable
    {
        private ExchangeId _at;
        private bool _begun;
        private bool _ended;

        public async ValueTask<long?> FindAsync(ExchangeId id)
        {
            while (!_ended && (!_begun || _at > id))
            {
                _begun = true;
                if (await calls.MoveNextAsync())
                {
                    _at = IdOf(calls.Current.Id);
                }
                else
                {
                    _ended = true;
                }
            }

            return !_ended && _at == id ? calls.Current.NowNanoUsd : null;
        }

        public ValueTask DisposeAsync() => calls.DisposeAsync();
    }
}
