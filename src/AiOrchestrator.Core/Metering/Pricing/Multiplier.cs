using System.Globalization;

namespace AiOrchestrator.Core.Metering.Pricing;

/// <summary>A factor on the list price: 0 to <see cref="Max"/> with at most <see cref="MaxDecimals"/> decimals, exact.</summary>
/// <param name="Value">The factor.</param>
public readonly record struct Multiplier(decimal Value)
{
    /// <summary>The highest there is.</summary>
    public const int Max = 1000;

    /// <summary>The most decimals it is written with.</summary>
    public const int MaxDecimals = 6;

    /// <summary>Charged as it is listed.</summary>
    public static Multiplier One { get; } = new(1m);

    /// <summary>As decimal text without superfluous zeros.</summary>
    public string Text => Value.ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary>Reads decimal text such as <c>0.33</c>.</summary>
    public static bool TryParse(string? text, out Multiplier multiplier)
    {
        multiplier = default;
        if (!decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            || value > Max || decimal.Round(value, MaxDecimals) != value)
        {
            return false;
        }

        multiplier = new Multiplier(value);
        return true;
    }
}
