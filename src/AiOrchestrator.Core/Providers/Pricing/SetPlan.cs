using System.Text.Json;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Pricing;

/// <summary>Replaces an organisation's plan as a whole; holds for the next call.</summary>
internal sealed class SetPlan(TermsStore terms, PriceDirectory directory, PriceNames names)
{
    private const int MaxEntries = 5_000;
    private const int MaxQuotas = 100;
    private const long MostCounted = 1_000_000_000_000_000;

    /// <summary>The organisation's words as they are then, or why not.</summary>
    public async Task<Result<OrganisationPrices>> ExecuteAsync(
        string organisationId, MemberReader body, Func<string, bool> allows, CancellationToken cancellation)
    {
        var plan = Read(body, directory.Of(organisationId).Plan);
        return body.Finish() is { } invalid
            ? invalid
            : await directory.ChangeAsync<Result<OrganisationPrices>>(
                async () =>
                {
                    var write = await terms.WriteAsync(
                        organisationId, PricingPartitions.Plan, StoredDocuments.Bytes(plan, PricingJson.Default.StoredPlan), allows, cancellation);
                    if (write.Failed)
                    {
                        return write.Failure;
                    }

                    var prices = directory.Of(organisationId) with { Plan = plan, PlanTag = write.Value };
                    directory.Put(prices);
                    return prices;
                },
                cancellation);
    }

    private StoredPlan Read(MemberReader body, StoredPlan? before)
    {
        var other = body.Text("default_multiplier", 40);
        if (other is not null && !Multiplier.TryParse(other, out _))
        {
            body.Problem("default_multiplier", Wanted);
        }

        return new StoredPlan(body.Text("name", 200), body.Flag("enabled") ?? true, ReadMultipliers(body), other, ReadQuotas(body, before))
        {
            Table = ReadTable(body),
        };
    }

    private static PlanTable ReadTable(MemberReader body)
    {
        var word = body.Text("table", 40);
        if (word is not (null or "none" or "copilot"))
        {
            body.Problem("table", "must be none or copilot");
        }

        return word == "copilot" ? PlanTable.Copilot : PlanTable.None;
    }

    private static string Wanted => $"must be a decimal string from \"0\" to \"{Multiplier.Max}\" with at most {Multiplier.MaxDecimals} decimals, such as \"0.33\"";

    private static Dictionary<string, string> ReadMultipliers(MemberReader body)
    {
        var multipliers = new Dictionary<string, string>(StringComparer.Ordinal);
        if (body.Raw("multipliers") is not { } table)
        {
            return multipliers;
        }

        if (table.ValueKind != JsonValueKind.Object || table.GetPropertyCount() > MaxEntries)
        {
            body.Problem("multipliers", $"must be an object of at most {MaxEntries} models or patterns and their multipliers");
            return multipliers;
        }

        foreach (var entry in table.EnumerateObject())
        {
            var shown = $"multipliers.{(entry.Name.Length > 100 ? entry.Name[..100] : entry.Name)}";
            if (entry.Name.Length is 0 or > 200 || entry.Name.AsSpan().ContainsAnyExceptInRange('!', '~'))
            {
                body.Problem(shown, "must be named by 1 to 200 visible ASCII characters without spaces; * stands for any of them");
            }
            else if (entry.Value.ValueKind != JsonValueKind.String || !Multiplier.TryParse(entry.Value.GetString(), out var value))
            {
                body.Problem(shown, Wanted);
            }
            else if (!multipliers.TryAdd(entry.Name, value.Text))
            {
                body.Problem(shown, "appears twice");
            }
        }

        return multipliers;
    }

    /// <summary>A row that was deleted since does not keep the rest of its plan from being changed.</summary>
    private List<FreeQuota> ReadQuotas(MemberReader body, StoredPlan? before)
    {
        var quotas = new List<FreeQuota>();
        foreach (var item in body.Objects("free_quotas", MaxQuotas))
        {
            var word = item.Text("window", 20, required: true);
            if (word is not (null or "day" or "month"))
            {
                item.Problem("window", "must be day or month");
            }

            var quota = new FreeQuota(
                item.Text("provider", 40, required: true) ?? "",
                item.Text("model", 200),
                word == "month" ? QuotaWindow.Month : QuotaWindow.Day,
                item.Whole("requests", 1, MostCounted),
                item.Whole("tokens", 1, MostCounted));
            if (before?.FreeQuotas.Any(q => q.Provider == quota.Provider) != true)
            {
                names.Check(item, quota.Provider);
            }

            if (quota.Requests is null && quota.Tokens is null)
            {
                item.Problem("requests", "or 'tokens' must be given: a quota is on at least one of them");
            }

            if (quotas.Exists(q => (q.Provider, q.Model, q.Window) == (quota.Provider, quota.Model, quota.Window)))
            {
                item.Problem("provider", "has a quota for the same model and window already");
            }

            quotas.Add(quota);
        }

        return quotas;
    }
}
