using System.Collections.Frozen;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Pricing;

/// <summary>All organisations' words on prices in memory; what calls use of them it puts into the <see cref="PriceBooks"/>.</summary>
/// <remarks>Safe for concurrent use: readers see one immutable snapshot, writers take turns.</remarks>
public sealed class PriceDirectory : IReadinessCheck, IDisposable
{
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly IDocumentStore _documents;
    private readonly PriceBooks _books;
    private readonly TimeProvider _time;
    private volatile FrozenDictionary<string, OrganisationPrices> _organisations = FrozenDictionary<string, OrganisationPrices>.Empty;

    internal PriceDirectory(IDocumentStore documents, PriceBooks books, TimeProvider time) => (_documents, _books, _time) = (documents, books, time);

    /// <summary>Reads what all organisations have said. Belongs to the start, before calls are served.</summary>
    /// <exception cref="InvalidDataException">A stored document cannot be read.</exception>
    public Task LoadAsync(CancellationToken cancellation) => ChangeAsync(
        async () =>
        {
            var all = new List<OrganisationPrices>();
            await foreach (var (organisation, _) in _documents.AllAsync(
                IdentityPartitions.Organisations, IdentityJson.Default.StoredOrganisation, cancellation))
            {
                all.Add(await ReadAsync(organisation.Id, cancellation));
            }

            _organisations = all.ToFrozenDictionary(static o => o.OrganisationId, StringComparer.Ordinal);
            _books.Use(all.Select(static o => o.Book()));
            return true;
        },
        cancellation);

    /// <inheritdoc/>
    public ReadinessReport Check()
    {
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        var faulty = _organisations.Values.SelectMany(static o => o.Rows)
            .Where(r => r.Problem is not null && r.StatusAt(now) == PriceStatus.InForce).Select(static r => r.Stored.Id).ToList();
        return faulty.Count == 0
            ? new ReadinessReport("prices", Readiness.Ready, null)
            : new ReadinessReport(
                "prices",
                Readiness.Degraded,
                $"cannot be read any more, so that the models they are for are not called: {string.Join(", ", faulty.Take(10))}; GET /control/v1/prices says why");
    }

    /// <inheritdoc/>
    public void Dispose() => _changing.Dispose();

    /// <summary>What an organisation has said.</summary>
    internal OrganisationPrices Of(string organisationId) =>
        _organisations.TryGetValue(organisationId, out var prices) ? prices : OrganisationPrices.Empty(organisationId);

    /// <summary>Runs a change alone, so that what ends up in memory is what was written last.</summary>
    internal async Task<T> ChangeAsync<T>(Func<Task<T>> change, CancellationToken cancellation)
    {
        await _changing.WaitAsync(cancellation);
        try
        {
            return await change();
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Takes in what has just been written. Only from within <see cref="ChangeAsync"/>.</summary>
    internal void Put(OrganisationPrices prices)
    {
        _organisations = _organisations.Values.Where(o => o.OrganisationId != prices.OrganisationId).Append(prices)
            .ToFrozenDictionary(static o => o.OrganisationId, StringComparer.Ordinal);
        _books.Put(prices.Book());
    }

    private async Task<OrganisationPrices> ReadAsync(string organisationId, CancellationToken cancellation)
    {
        var rows = new List<PriceRow>();
        await foreach (var (price, etag) in _documents.AllAsync(
            PricingPartitions.Prices(organisationId), PricingJson.Default.StoredPrice, cancellation))
        {
            rows.Add(new PriceRow(price, etag));
        }

        var terms = PricingPartitions.Terms(organisationId);
        var (policy, policyTag) = await _documents.FindAsync(terms, PricingPartitions.Policy, PricingJson.Default.StoredPolicy, cancellation);
        var (plan, planTag) = await _documents.FindAsync(terms, PricingPartitions.Plan, PricingJson.Default.StoredPlan, cancellation);
        return new OrganisationPrices(organisationId, rows, policy, policyTag, plan, planTag);
    }
}
