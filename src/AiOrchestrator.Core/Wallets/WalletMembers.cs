using System.Globalization;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Money;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets;

/// <summary>What a request says about a wallet; null where it says nothing, unless a flag beside it says that it says null.</summary>
internal sealed record WalletMembers
{
    public const int MaxNameLength = 200;
    public const int MaxCostCentreLength = 64;
    public const int MaxNoteLength = 500;
    public const int MaxIdLength = 64;

    private const string Kinds = "organisation, department, team, project, user or key";
    private const string PeriodKinds = "lifetime, daily, weekly, monthly or quarterly";

    public string? Name { get; init; }

    public string? ParentId { get; init; }

    public bool SaysParent { get; init; }

    public string? Kind { get; init; }

    public bool SaysKind { get; init; }

    public string? CostCentre { get; init; }

    public bool SaysCostCentre { get; init; }

    public long? LimitNanoUsd { get; init; }

    public bool SaysLimit { get; init; }

    public int? OverdraftBasisPoints { get; init; }

    public IReadOnlyList<int>? ThresholdPercents { get; init; }

    public PeriodRule? Rule { get; init; }

    public bool? IsShadow { get; init; }

    /// <summary>For the statement.</summary>
    public string? Note { get; init; }

    /// <summary>Reads all of them and notes what is wrong.</summary>
    public static WalletMembers Read(MemberReader body, ITimeZones zones) => new()
    {
        Name = body.Text("name", MaxNameLength),
        ParentId = body.Text("parent_id", MaxIdLength),
        SaysParent = body.Has("parent_id"),
        Kind = OneOf(body, "kind", Kinds, WalletKinds.All),
        SaysKind = body.Has("kind"),
        CostCentre = body.Text("cost_centre", MaxCostCentreLength),
        SaysCostCentre = body.Has("cost_centre"),
        LimitNanoUsd = Amount(body, "limit_usd", 0),
        SaysLimit = body.Has("limit_usd"),
        OverdraftBasisPoints = Overdraft(body),
        ThresholdPercents = Thresholds(body),
        Rule = Period(body, zones),
        IsShadow = body.Flag("shadow"),
        Note = body.Text("note", MaxNoteLength),
    };

    /// <summary>An amount from a bound to a billion dollars; null when absent, null or wrong.</summary>
    /// <param name="body">Where it stands.</param>
    /// <param name="name">The member.</param>
    /// <param name="leastNanoUsd">The lowest that is right.</param>
    public static long? Amount(MemberReader body, string name, long leastNanoUsd)
    {
        if (body.Raw(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.String || !NanoUsd.TryParseUsd(value.GetString(), out var nanoUsd)
            || nanoUsd < leastNanoUsd || nanoUsd > NanoUsd.MaxAmount)
        {
            body.Problem(name, $"must be a decimal string of US dollars from \"{NanoUsd.FormatUsd(leastNanoUsd)}\" to \"{NanoUsd.FormatUsd(NanoUsd.MaxAmount)}\" with at most nine decimals, such as \"12.50\"");
            return null;
        }

        return nanoUsd;
    }

    /// <summary>What the caller names its request by, so that repeating it changes nothing; null when absent or wrong.</summary>
    public static string? Id(MemberReader body)
    {
        var id = body.Text("id", MaxIdLength);
        if (id is not null && !id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.'))
        {
            body.Problem("id", "must be letters, digits, '_', '-' and '.'");
        }

        return id;
    }

    /// <summary>The settings of a new wallet.</summary>
    public WalletSettings ToSettings() => new()
    {
        LimitNanoUsd = LimitNanoUsd,
        OverdraftBasisPoints = OverdraftBasisPoints ?? 0,
        ThresholdPercents = ThresholdPercents ?? WalletSettings.DefaultThresholdPercents,
        Rule = Rule ?? PeriodRule.Lifetime,
        IsShadow = IsShadow ?? false,
    };

    /// <summary>The commands that lead from settings to these, one for each setting that changes.</summary>
    public IEnumerable<WalletCommand> Commands(WalletSettings from)
    {
        // The period first: what follows counts for the period that is current then.
        if (Rule is { } rule && rule != from.Rule)
        {
            yield return new WalletCommand.ChangePeriod(rule);
        }

        if (SaysLimit && LimitNanoUsd != from.LimitNanoUsd)
        {
            yield return new WalletCommand.ChangeLimit(LimitNanoUsd);
        }

        if (OverdraftBasisPoints is { } overdraft && overdraft != from.OverdraftBasisPoints)
        {
            yield return new WalletCommand.ChangeOverdraft(overdraft);
        }

        if (ThresholdPercents is { } percents && !percents.SequenceEqual(from.ThresholdPercents))
        {
            yield return new WalletCommand.ChangeThresholds(percents);
        }

        if (IsShadow is { } shadow && shadow != from.IsShadow)
        {
            yield return new WalletCommand.ChangeShadow(shadow);
        }
    }

    private static string? OneOf(MemberReader body, string name, string words, IReadOnlyCollection<string> all)
    {
        var word = body.Text(name, MaxIdLength);
        if (word is not null && !all.Contains(word))
        {
            body.Problem(name, $"must be {words}");
            return null;
        }

        return word;
    }

    /// <summary>A number of percent, or null to have none; in basis points.</summary>
    private static int? Overdraft(MemberReader body)
    {
        const string Member = "overdraft_percent";
        if (body.Raw(Member) is not { } value)
        {
            return body.IsNull(Member) ? 0 : null;
        }

        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDecimal(out var percent) || percent is < 0 or > 100
            || decimal.Round(percent, 2) != percent)
        {
            body.Problem(Member, "must be a number from 0 to 100 with at most two decimals");
            return null;
        }

        return (int)(percent * 100);
    }

    private static int[]? Thresholds(MemberReader body)
    {
        const string Member = "thresholds";
        if (body.Raw(Member) is not { } value)
        {
            return body.IsNull(Member) ? [] : null;
        }

        var percents = new List<int>();
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= WalletSettings.MaxThresholds)
        {
            foreach (var item in value.EnumerateArray())
            {
                percents.Add(item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var percent) ? percent : 0);
            }
        }
        else
        {
            percents.Add(0);
        }

        if (!WalletSettings.AreThresholds(percents))
        {
            body.Problem(Member, string.Create(
                CultureInfo.InvariantCulture, $"must be an array of at most {WalletSettings.MaxThresholds} whole numbers from 1 to 99, ascending"));
            return null;
        }

        return [.. percents];
    }

    /// <summary>The rule of periods; null when absent or wrong. A wallet without one has a lifetime.</summary>
    private static PeriodRule? Period(MemberReader body, ITimeZones zones)
    {
        if (body.IsNull("period"))
        {
            return PeriodRule.Lifetime;
        }

        if (body.Object("period") is not { } period)
        {
            return null;
        }

        var word = OneOf(period, "kind", PeriodKinds, WalletKinds.AllPeriods);
        if (!period.Has("kind"))
        {
            period.Problem("kind", $"is required: {PeriodKinds}");
        }

        var kind = word is null ? PeriodKind.Quarterly : WalletKinds.Period(word);
        var day = period.Whole("day", 1, PeriodRule.MaxDay(kind)) ?? 1;
        var zone = period.Text("time_zone", MaxIdLength);
        if (zone is not null && !zones.Knows(zone))
        {
            period.Problem("time_zone", "must be a name of the IANA time zone database, such as \"Europe/Berlin\"");
            zone = null;
        }

        return word is null ? null
            : kind == PeriodKind.Lifetime ? PeriodRule.Lifetime
            : new PeriodRule(kind, (int)day, zone ?? PeriodRule.DefaultZone);
    }
}

/// <summary>The words for what a wallet stands for and how often its period begins anew.</summary>
internal static class WalletKinds
{
    public const string Team = "team";
    public const string Department = "department";

    public static IReadOnlyCollection<string> All { get; } = ["organisation", Department, Team, "project", "user", "key"];

    public static IReadOnlyCollection<string> AllPeriods { get; } = [.. Enum.GetValues<PeriodKind>().Select(Word)];

    public static string Word(PeriodKind kind) => kind switch
    {
        PeriodKind.Lifetime => "lifetime",
        PeriodKind.Daily => "daily",
        PeriodKind.Weekly => "weekly",
        PeriodKind.Monthly => "monthly",
        _ => "quarterly",
    };

    /// <summary>The kind a word of <see cref="AllPeriods"/> means.</summary>
    public static PeriodKind Period(string word) => Enum.GetValues<PeriodKind>().First(k => Word(k) == word);
}
