using System.Globalization;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Facts;
using AiOrchestrator.Ledger.Money;
using NodaTime;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>One name of a call among names and patterns.</summary>
internal sealed class NameLeaf(string path, IReadOnlyList<string> names, string subject, Func<CallFacts, string?> name) : ConditionLeaf(path, ConditionCost.Names)
{
    private readonly ModelPatterns _patterns = new(names);

    protected override string Unknown => $"{subject} is not known";

    protected override Truth Look(ref Matching call) =>
        name(call.Facts) is { Length: > 0 } given ? Is(_patterns.Allows(given)) : Truth.Unknown;

    protected override string Words(ref Matching call) => $"{subject} is '{name(call.Facts)}', not {RuleWords.Listed(_patterns.Written)}";
}

/// <summary>One word of a call among words, whatever their case.</summary>
internal sealed class WordLeaf(string path, IReadOnlyList<string> words, string subject, Func<CallFacts, string?> word) : ConditionLeaf(path, ConditionCost.Names)
{
    private readonly string[] _words = [.. words];

    protected override string Unknown => $"{subject} is not known";

    protected override Truth Look(ref Matching call)
    {
        if (word(call.Facts) is not { Length: > 0 } given)
        {
            return Truth.Unknown;
        }

        foreach (var one in _words)
        {
            if (one.Equals(given, StringComparison.OrdinalIgnoreCase))
            {
                return Truth.Yes;
            }
        }

        return Truth.No;
    }

    protected override string Words(ref Matching call) => $"{subject} is '{word(call.Facts)}', not {RuleWords.Listed(_words)}";
}

/// <summary>Several names of a call, one of which must be among names.</summary>
internal sealed class NamesLeaf(
    string path, IReadOnlyList<string> names, StringComparison comparison, string subject, Func<CallFacts, IReadOnlyList<string>> given) : ConditionLeaf(path, ConditionCost.Names)
{
    private readonly string[] _names = [.. names];

    protected override Truth Look(ref Matching call)
    {
        var all = given(call.Facts);
        for (var i = 0; i < all.Count; i++)
        {
            foreach (var name in _names)
            {
                if (name.Equals(all[i], comparison))
                {
                    return Truth.Yes;
                }
            }
        }

        return Truth.No;
    }

    protected override string Words(ref Matching call)
    {
        var all = given(call.Facts);
        return $"{subject} {(all.Count == 0 ? "are none" : $"are {RuleWords.Listed(all)}")}, not {RuleWords.Listed(_names)}";
    }
}

/// <summary>Traits of a call that are bits, one of which must be among bits.</summary>
internal sealed class BitsLeaf(string path, int mask, string[] words, string subject, Func<CallFacts, int> bits) : ConditionLeaf(path, ConditionCost.Bits)
{
    protected override Truth Look(ref Matching call) => Is((bits(call.Facts) & mask) != 0);

    protected override string Words(ref Matching call) => $"{subject}: {RuleWords.Named(bits(call.Facts), words)}; not {RuleWords.Named(mask, words)}";
}

/// <summary>Whether an event stream is asked for.</summary>
internal sealed class StreamedLeaf(string path, bool streamed) : ConditionLeaf(path, ConditionCost.Bits)
{
    protected override Truth Look(ref Matching call) => Is(call.Facts.IsStreamed == streamed);

    protected override string Words(ref Matching call) => streamed ? "no stream is asked for" : "a stream is asked for";
}

/// <summary>The prompt's tokens within bounds.</summary>
internal sealed class TokensLeaf(string path, CountRange range) : ConditionLeaf(path, ConditionCost.Bits)
{
    private readonly long _min = range.Min ?? 0;
    private readonly long _max = range.Max ?? long.MaxValue;

    protected override Truth Look(ref Matching call) => Is(call.Facts.PromptTokens >= _min && call.Facts.PromptTokens <= _max);

    protected override string Words(ref Matching call) => string.Create(
        CultureInfo.InvariantCulture, $"the prompt is about {call.Facts.PromptTokens} tokens, {(call.Facts.PromptTokens < _min ? $"fewer than {_min}" : $"more than {_max}")}");
}

/// <summary>What a call would cost, within bounds.</summary>
internal sealed class CostLeaf(string path, UsdRange range) : ConditionLeaf(path, ConditionCost.Money)
{
    private readonly long _minNanoUsd = NanoUsdOf(range.Min) ?? 0;
    private readonly long _maxNanoUsd = NanoUsdOf(range.Max) ?? long.MaxValue;

    protected override string Unknown => "what the call would cost is not known: it names no model, or one without a price";

    protected override Truth Look(ref Matching call) =>
        call.Facts.EstimatedCostNanoUsd is { } costNanoUsd ? Is(costNanoUsd >= _minNanoUsd && costNanoUsd <= _maxNanoUsd) : Truth.Unknown;

    protected override string Words(ref Matching call)
    {
        var costNanoUsd = call.Facts.EstimatedCostNanoUsd ?? 0;
        var (than, bound) = costNanoUsd < _minNanoUsd ? ("less", _minNanoUsd) : ("more", _maxNanoUsd);
        return $"the call would cost {NanoUsd.FormatUsd(costNanoUsd)} USD, {than} than {NanoUsd.FormatUsd(bound)}";
    }

    private static long? NanoUsdOf(string? usd) => NanoUsd.TryParseUsd(usd, out var nanoUsd) ? nanoUsd : null;
}

/// <summary>What is left of the tightest budget, beyond bounds.</summary>
internal sealed class BudgetLeaf(string path, BudgetRange range) : ConditionLeaf(path, ConditionCost.Money)
{
    protected override string Unknown => "no budget on the call's path has a limit, or what is left of it is not known here";

    protected override Truth Look(ref Matching call) =>
        call.Facts.BudgetLeft is { } left ? Is(left < (range.Below ?? double.PositiveInfinity) && left > (range.Above ?? double.NegativeInfinity)) : Truth.Unknown;

    protected override string Words(ref Matching call)
    {
        var left = call.Facts.BudgetLeft ?? 0;
        var asked = left >= range.Below ? $"not below {range.Below}" : $"not above {range.Above}";
        return string.Create(CultureInfo.InvariantCulture, $"{left:0.###} of the budget is left, {asked}");
    }
}

/// <summary>Hours of days, on the clocks of a zone.</summary>
internal sealed class TimeLeaf(string path, TimeWindow window) : ConditionLeaf(path, ConditionCost.Clock)
{
    private const int MinuteMs = 60_000;
    private const int Days = 7;

    /// <summary>1970 began on a Thursday.</summary>
    private const int FirstDay = 4;

    private readonly int _days = window.Days is { } days ? days.Aggregate(0, static (mask, day) => mask | (1 << WeekTime.Day(day))) : WeekTime.AllDays;
    private readonly int _from = window.From is { } from ? WeekTime.Minute(from) ?? 0 : 0;
    private readonly int _to = window.To is { } to ? WeekTime.Minute(to) ?? WeekTime.DayMinutes : WeekTime.DayMinutes;
    private readonly DateTimeZone _zone = window.Zone is { } zone ? DateTimeZoneProviders.Tzdb.GetZoneOrNull(zone) ?? DateTimeZone.Utc : DateTimeZone.Utc;

    /// <summary>A window past midnight belongs to the day on which it begins.</summary>
    protected override Truth Look(ref Matching call)
    {
        var (day, minute) = Local(call.Facts.UnixMs);
        return Is(_from < _to
            ? minute >= _from && minute < _to && IsOn(day)
            : (minute >= _from && IsOn(day)) || (minute < _to && IsOn(day + Days - 1)));
    }

    protected override string Words(ref Matching call)
    {
        var (day, minute) = Local(call.Facts.UnixMs);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"it is {WeekTime.DayNames[day]} {minute / 60:00}:{minute % 60:00} in {_zone.Id}, not {RuleWords.Named(_days, [.. WeekTime.DayNames])} {_from / 60:00}:{_from % 60:00} to {_to / 60:00}:{_to % 60:00}");
    }

    private bool IsOn(int day) => (_days >> (day % Days) & 1) != 0;

    private (int Day, int Minute) Local(long unixMs)
    {
        var minutes = Math.DivRem(unixMs + _zone.GetUtcOffset(Instant.FromUnixTimeMilliseconds(unixMs)).Milliseconds, MinuteMs).Quotient;
        var (days, minute) = Math.DivRem(minutes, WeekTime.DayMinutes);
        return ((int)((days + FirstDay) % Days), (int)minute);
    }
}
