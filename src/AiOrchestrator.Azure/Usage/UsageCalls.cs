using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Insight.Statistics;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Azure;

/// <summary>What is stored of an entry that is the end of a call.</summary>
internal static class UsageCalls
{
    /// <summary>The item of an event.</summary>
    /// <exception cref="InvalidDataException">It has no exchange id.</exception>
    public static EventItem Event(in StreamEntry entry, UsageEvent usage)
    {
        var id = UsageKeys.ExchangeOf(usage.Id);
        return new EventItem
        {
            Id = id.ToString(),
            Partition = UsageKeys.Events(usage.OrganisationId, id),
            Number = entry.Number,
            Shares = Shares(usage, entry.Wallets),
            Event = usage,
        };
    }

    /// <summary>The item of a line.</summary>
    public static LineItem Line(long number, WalletLine line) => new()
    {
        Id = UsageKeys.Number(number),
        Partition = UsageKeys.Lines(line.WalletId),
        At = line.AtUnixMs,
        Kind = line.Kind,
        Period = line.Period,
        Line = line,
    };

    /// <summary>What it adds to a group of calls, which has one call.</summary>
    public static RollupItem Rollup(EventItem item)
    {
        var usage = item.Event;
        var hour = HourOf(item);
        var path = string.Join('/', item.Shares.Select(static s => s.Wallet));
        var (centre, key, model, provider) = (usage.CostCentre ?? "", usage.KeyId ?? "", usage.Model ?? "", usage.Provider ?? "");
        var (prompt, completion, cost) = (SplitSum.Of(usage.PromptTokens), SplitSum.Of(usage.CompletionTokens), SplitSum.Of(usage.CostNanoUsd));
        return new RollupItem
        {
            Id = usage.LegacyUse is { } legacy
                ? UsageKeys.Rollup(hour, path, centre, key, model, provider, legacy)
                : UsageKeys.Rollup(hour, path, centre, key, model, provider),
            Partition = item.Partition,
            Hour = hour,
            Path = path,
            CostCentre = centre,
            Key = key,
            Model = model,
            Provider = provider,
            LegacyUse = usage.LegacyUse ?? "",
            Calls = 1,
            Prompt = prompt.Rest,
            PromptBillions = prompt.Billions,
            Completion = completion.Rest,
            CompletionBillions = completion.Billions,
            CostNano = cost.Rest,
            CostUsd = cost.Billions,
        };
    }

    /// <summary>What it adds to the hours of its model and of its variant, which have one call.</summary>
    public static IEnumerable<ModelItem> Models(EventItem item)
    {
        var hour = HourOf(item);
        return ModelCounts.Rows(item.Event).Select(row => new ModelItem
        {
            Id = UsageKeys.Model(hour, row.Provider, row.Model),
            Partition = item.Partition,
            Hour = hour,
            Provider = row.Provider,
            Model = row.Model,
            Counts = new Dictionary<string, long>(row.Counts, StringComparer.Ordinal),
        });
    }

    /// <summary>Two parts of a model's hour together.</summary>
    public static ModelItem Add(ModelItem left, ModelItem right)
    {
        var counts = new Dictionary<string, long>(left.Counts, StringComparer.Ordinal);
        foreach (var (name, count) in right.Counts)
        {
            counts[name] = counts.GetValueOrDefault(name) + count;
        }

        return left with { Counts = counts };
    }

    private static long HourOf(EventItem item)
    {
        var (first, last) = UsageKeys.Hours(item.Day);
        return Math.Clamp(ChargebackQuery.HourOf(item.Event.CreatedUnixMs), first, last);
    }

    /// <summary>Two parts of a group together.</summary>
    public static RollupItem Add(RollupItem left, RollupItem right) => left with
    {
        Calls = left.Calls + right.Calls,
        Prompt = left.Prompt + right.Prompt,
        PromptBillions = left.PromptBillions + right.PromptBillions,
        Completion = left.Completion + right.Completion,
        CompletionBillions = left.CompletionBillions + right.CompletionBillions,
        CostNano = left.CostNano + right.CostNano,
        CostUsd = left.CostUsd + right.CostUsd,
    };

    /// <summary>The entries a call has on its wallets' statements; none when it held and cost nothing.</summary>
    public static IEnumerable<CallItem> Entries(EventItem item)
    {
        if (!StatementEntry.IsCall(item.Event))
        {
            return [];
        }

        var at = StatementEntry.SettledUnixMs(item.Event);
        var call = Shown(item.Event);
        return item.Shares.Select(share => new CallItem
        {
            Id = $"{UsageKeys.Number(item.Number)}|{item.Id}",
            Partition = UsageKeys.Calls(share.Wallet, UsageKeys.MonthOf(at)),
            Months = UsageKeys.Months(share.Wallet),
            Month = UsageKeys.Month(item.Number, at),
            At = at,
            Period = share.Period,
            Lease = share.Lease,
            Call = call,
        });
    }

    /// <summary>What statements show of a call. It is stored once for each wallet: the rest is found by its id.</summary>
    private static UsageEvent Shown(UsageEvent usage) => new()
    {
        Id = usage.Id,
        CreatedUnixMs = usage.CreatedUnixMs,
        OrganisationId = usage.OrganisationId,
        KeyId = usage.KeyId,
        Provider = usage.Provider,
        Model = usage.Model,
        Status = usage.Status,
        WalletId = usage.WalletId,
        WalletPath = usage.WalletPath,
        CostCentre = usage.CostCentre,
        PromptTokens = usage.PromptTokens,
        CompletionTokens = usage.CompletionTokens,
        HoldNanoUsd = usage.HoldNanoUsd,
        CostNanoUsd = usage.CostNanoUsd,
        DurationUs = usage.DurationUs,
    };

    /// <summary>The shares of a start.</summary>
    public static IReadOnlyList<ShareItem> Shares(IReadOnlyList<WalletShare> wallets) =>
        [.. wallets.Select(static w => new ShareItem(w.WalletId, w.Period, UsageKeys.Lease(w.LeaseId)))];

    /// <summary>The event's own word about its path counts; the stream's entry knows periods and leases.</summary>
    private static IReadOnlyList<ShareItem> Shares(UsageEvent usage, IReadOnlyList<WalletShare>? wallets)
    {
        if (usage.WalletPath is null)
        {
            return wallets is not null ? Shares(wallets) : usage.WalletId is { Length: > 0 } only ? [new ShareItem(only, 0, null)] : [];
        }

        return
        [
            .. usage.WalletPath.Split('/', StringSplitOptions.RemoveEmptyEntries).Select((id, level) => level < wallets?.Count
                ? new ShareItem(id, wallets[level].Period, UsageKeys.Lease(wallets[level].LeaseId))
                : new ShareItem(id, 0, null)),
        ];
    }
}
