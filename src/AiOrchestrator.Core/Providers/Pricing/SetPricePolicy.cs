using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Pricing;

/// <summary>Says what becomes of calls to models without a price; holds for the next call.</summary>
internal sealed class SetPricePolicy(TermsStore terms, PriceDirectory directory)
{
    /// <summary>The organisation's words as they are then, or why not.</summary>
    public async Task<Result<OrganisationPrices>> ExecuteAsync(
        string organisationId, MemberReader body, Func<string, bool> allows, CancellationToken cancellation)
    {
        var policy = Read(body);
        return body.Finish() is { } invalid
            ? invalid
            : await directory.ChangeAsync<Result<OrganisationPrices>>(
                async () =>
                {
                    var write = await terms.WriteAsync(
                        organisationId, PricingPartitions.Policy, StoredDocuments.Bytes(policy, PricingJson.Default.StoredPolicy), allows, cancellation);
                    if (write.Failed)
                    {
                        return write.Failure;
                    }

                    var prices = directory.Of(organisationId) with { Policy = policy, PolicyTag = write.Value };
                    directory.Put(prices);
                    return prices;
                },
                cancellation);
    }

    private static StoredPolicy Read(MemberReader body)
    {
        var word = body.Text("unknown_model", 40, required: true);
        UnknownModelPolicy? policy = word switch
        {
            "refuse" => UnknownModelPolicy.Refuse,
            "last_resort" => UnknownModelPolicy.LastResort,
            _ => null,
        };
        if (word is not null && policy is null)
        {
            body.Problem("unknown_model", "must be refuse or last_resort");
        }

        var wanted = policy == UnknownModelPolicy.LastResort || body.Raw("last_resort") is not null;
        return new StoredPolicy(policy ?? default, wanted ? PriceBody.ReadPrices(body, "last_resort", "chat") : null);
    }
}

/// <summary>The documents of which each organisation has one.</summary>
internal sealed class TermsStore(IDocumentStore documents)
{
    /// <summary>Writes one, whether it is there or not; its new tag, or why not.</summary>
    public async Task<Result<string>> WriteAsync(
        string organisationId, string id, ReadOnlyMemory<byte> json, Func<string, bool> allows, CancellationToken cancellation)
    {
        var partition = PricingPartitions.Terms(organisationId);
        var present = await documents.GetAsync(partition, id, cancellation);
        if (!allows(present?.ETag ?? ""))
        {
            return new PreconditionFailed();
        }

        var write = present is null
            ? await documents.CreateAsync(partition, id, json, cancellation)
            : await documents.ReplaceAsync(partition, id, json, present.ETag, cancellation);
        return write.ETag is { } etag ? etag : new ConcurrentChange();
    }
}
