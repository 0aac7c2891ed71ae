using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Metering.Pricing;

/// <summary>Where a multiplier stands, in the order in which they are asked.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MultiplierOrigin>))]
public enum MultiplierOrigin
{
    /// <summary>The organisation's table.</summary>
    [JsonStringEnumMemberName("own")] Own,

    /// <summary>The table that ships with the product, where the plan chose it.</summary>
    [JsonStringEnumMemberName("shipped")] Shipped,

    /// <summary>The organisation's word on all other models.</summary>
    [JsonStringEnumMemberName("default")] Default,

    /// <summary>Nobody says anything: once the list price.</summary>
    [JsonStringEnumMemberName("none")] None,
}

/// <summary>Which table that ships with the product a plan asks.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PlanTable>))]
public enum PlanTable
{
    /// <summary>None: only what the organisation says itself.</summary>
    [JsonStringEnumMemberName("none")] None,

    /// <summary>GitHub Copilot's classes (<see cref="ShippedMultipliers"/>).</summary>
    [JsonStringEnumMemberName("copilot")] Copilot,
}

/// <summary>One entry of a table of multipliers.</summary>
/// <param name="Model">A model's name, or a pattern in which <c>*</c> stands for any characters.</param>
/// <param name="Multiplier">The factor.</param>
public sealed record MultiplierEntry(string Model, Multiplier Multiplier);

/// <summary>The length of the time a free quota counts, in UTC.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<QuotaWindow>))]
public enum QuotaWindow
{
    /// <summary>From 00:00 to the next.</summary>
    [JsonStringEnumMemberName("day")] Day,

    /// <summary>From the first day of a month to that of the next.</summary>
    [JsonStringEnumMemberName("month")] Month,
}

/// <summary>What a provider gives for nothing. It is counted and warned of; it changes nothing about what is charged.</summary>
/// <param name="Provider">The id of the provider's row.</param>
/// <param name="Model">One model of it; null: all of them together.</param>
/// <param name="Window">The time it counts.</param>
/// <param name="Requests">Calls in it; null: not counted.</param>
/// <param name="Tokens">Prompt and completion tokens in it; null: not counted.</param>
public sealed record FreeQuota(string Provider, string? Model, QuotaWindow Window, long? Requests, long? Tokens);

/// <summary>An organisation's plan: what it charges of the list price, by model (PV-25). Immutable.</summary>
/// <param name="Name">For people; null where it has none.</param>
/// <param name="Enabled">False: everything is charged as it is listed.</param>
/// <param name="Multipliers">The organisation's own table.</param>
/// <param name="DefaultMultiplier">For models that stand in no table; null: once the list price.</param>
/// <param name="FreeQuotas">What providers give for nothing.</param>
public sealed record PricePlan(
    string? Name, bool Enabled, IReadOnlyList<MultiplierEntry> Multipliers, Multiplier? DefaultMultiplier, IReadOnlyList<FreeQuota> FreeQuotas)
{
    /// <summary>What holds where nobody has said anything: no plan.</summary>
    public static PricePlan None { get; } = new(null, false, [], null, []);

    /// <summary>The shipped table. Never one that nobody chose: models that are free in it cost money elsewhere.</summary>
    public PlanTable Table { get; init; }

    /// <summary>A model's multiplier; null without a plan.</summary>
    internal Multiplier? Of(PriceSubject subject) => Enabled ? Decide(subject).Multiplier : null;

    /// <summary>What a model's multiplier is in an enabled plan, and who says so.</summary>
    internal (Multiplier Multiplier, MultiplierOrigin Origin, string? Entry) Decide(PriceSubject subject)
    {
        if (First(Multipliers, subject.IsCalled) is { } own)
        {
            return (own.Multiplier, MultiplierOrigin.Own, own.Model);
        }

        if (Table == PlanTable.Copilot && Shipped(subject.IsCalledUpstream) is { } shipped)
        {
            return (shipped.Multiplier, MultiplierOrigin.Shipped, shipped.Model);
        }

        return DefaultMultiplier is { } other ? (other, MultiplierOrigin.Default, null) : (Multiplier.One, MultiplierOrigin.None, null);
    }

    /// <summary>The entry of the shipped table for a model.</summary>
    internal static MultiplierEntry? Shipped(Func<string, bool> isMeant) => First(ShippedMultipliers.Table.Entries, isMeant);

    /// <summary>The entry that names the model, else the longest pattern that means it.</summary>
    private static MultiplierEntry? First(IReadOnlyList<MultiplierEntry> entries, Func<string, bool> isMeant)
    {
        MultiplierEntry? best = null;
        foreach (var entry in entries.Where(e => isMeant(e.Model)))
        {
            if (!Wildcard.IsPattern(entry.Model))
            {
                return entry;
            }

            if (best is null || entry.Model.Length > best.Model.Length)
            {
                best = entry;
            }
        }

        return best;
    }
}
