using System.Text.Json.Serialization;
using AiOrchestrator.Core.Limits;

namespace AiOrchestrator.Core.Traffic.Utilisation;

/// <summary>What of a provider is used up, and in which time.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<UseWindow>))]
public enum UseWindow
{
    /// <summary>Requests in a minute, of a limit.</summary>
    [JsonStringEnumMemberName("requests_per_minute")] RequestsPerMinute,

    /// <summary>Tokens in a minute, of a limit.</summary>
    [JsonStringEnumMemberName("tokens_per_minute")] TokensPerMinute,

    /// <summary>Requests in a day, of a limit.</summary>
    [JsonStringEnumMemberName("requests_per_day")] RequestsPerDay,

    /// <summary>Tokens in a day, of a limit.</summary>
    [JsonStringEnumMemberName("tokens_per_day")] TokensPerDay,

    /// <summary>Money in a day, of a limit.</summary>
    [JsonStringEnumMemberName("cost_usd_per_day")] CostPerDay,

    /// <summary>Calls at once, of the provider's places in this instance.</summary>
    [JsonStringEnumMemberName("connections")] Connections,
}

/// <summary>The table of the windows.</summary>
internal static class UseWindows
{
    /// <summary>All of it, in millionths.</summary>
    public const int Whole = 1_000_000;

    /// <summary>From here on somebody is told: 80 %.</summary>
    public const int High = 800_000;

    /// <summary>How many there are.</summary>
    public const int Count = 6;

    /// <summary>The window of what a limit counts.</summary>
    public static UseWindow Of(RateKind kind) => kind switch
    {
        RateKind.RequestsPerMinute => UseWindow.RequestsPerMinute,
        RateKind.TokensPerMinute => UseWindow.TokensPerMinute,
        RateKind.RequestsPerDay => UseWindow.RequestsPerDay,
        RateKind.TokensPerDay => UseWindow.TokensPerDay,
        _ => UseWindow.CostPerDay,
    };

    /// <summary>Whether it begins anew with every day of UTC.</summary>
    public static bool IsOfDay(UseWindow window) => window is UseWindow.RequestsPerDay or UseWindow.TokensPerDay or UseWindow.CostPerDay;

    /// <summary>As it is written.</summary>
    public static string Word(UseWindow window) => window switch
    {
        UseWindow.RequestsPerMinute => "requests_per_minute",
        UseWindow.TokensPerMinute => "tokens_per_minute",
        UseWindow.RequestsPerDay => "requests_per_day",
        UseWindow.TokensPerDay => "tokens_per_day",
        UseWindow.CostPerDay => "cost_usd_per_day",
        _ => "connections",
    };

    /// <summary>The part that is used, in millionths: all of it exactly where nothing is left, none where nothing is used.</summary>
    /// <param name="left">What may still be taken at once.</param>
    /// <param name="capacity">What may be taken at most, 1 or more.</param>
    public static int Millionths(long left, long capacity) => (int)((Int128)(capacity - Math.Clamp(left, 0, capacity)) * Whole / capacity);
}
