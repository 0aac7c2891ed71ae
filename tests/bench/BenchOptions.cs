using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using AiOrchestrator.Bench.Targets;

namespace AiOrchestrator.Bench;

internal sealed record BenchOptions
{
    public const string Saturation = "saturation";
    public const string Open = "open";
    public const string Streamed = "streams";
    public const string Flood = "flood";
    public const string Failover = "failover";
    public const string Cache = "cache";

    public const string Usage =
        "bench [--smoke] [--seconds N] [--rounds N] [--rate N] [--only nginx,ours,relaxed,portkey,translated,portkey-translated] "
        + "[--parts saturation,open,streams,flood,failover,cache] [--out FILE] [--no-build]";

    /// <summary>Each part about a second, one round, no installing. For CI: only right answers matter.</summary>
    public bool Smoke { get; init; }

    /// <summary>Length of one measurement of one target. Default 3.</summary>
    public double Seconds { get; init; } = 3;

    /// <summary>Rounds over all targets; figures are medians over rounds. Default 5.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>Requests per second of the open loop. Default 500.</summary>
    public double Rate { get; init; } = 500;

    /// <summary>Keys of targets to measure besides the mock itself; empty for all that relay chat as it is.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>Parts to run: saturation, open, streams, flood, failover, cache; empty for all.</summary>
    public IReadOnlyList<string> Parts { get; init; } = [];

    /// <summary>Where to write the table besides the console: between the file's figure marks when it has them, else as the whole file.</summary>
    public string? Out { get; init; }

    /// <summary>False: take Release builds as they are.</summary>
    public bool Build { get; init; } = true;

    public TimeSpan Duration => TimeSpan.FromSeconds(Seconds);

    public TimeSpan WarmUp => TimeSpan.FromSeconds(Smoke ? 0.5 : 1);

    /// <summary>Slices of warm-up at most: it ends earlier when the rate has settled.</summary>
    public int WarmUpSlices => Smoke ? 1 : 8;

    public int Streams => Smoke ? 200 : 1000;

    public int StreamTokens => Smoke ? 50 : 200;

    public bool Wants(string key) => Only.Count == 0 || Only.Contains(key);

    /// <summary>Only where it is asked for by name.</summary>
    public bool Names(string key) => Only.Contains(key);

    public bool Runs(string part) => Parts.Count == 0 || Parts.Contains(part);

    public static bool TryParse(string[] args, [NotNullWhen(true)] out BenchOptions? options, [NotNullWhen(false)] out string? problem)
    {
        options = null;
        problem = null;
        var read = new BenchOptions();
        if (args.Contains("--smoke")) read = read with { Smoke = true, Seconds = 1, Rounds = 1 };
        for (var i = 0; i < args.Length && problem is null; i++)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            switch (args[i])
            {
                case "--smoke":
                    continue;
                case "--no-build":
                    read = read with { Build = false };
                    continue;
                case "--seconds" when Number(value, 0.1, 600) is { } seconds:
                    read = read with { Seconds = seconds };
                    break;
                case "--rounds" when Number(value, 1, 100) is { } rounds:
                    read = read with { Rounds = (int)rounds };
                    break;
                case "--rate" when Number(value, 1, 100_000) is { } rate:
                    read = read with { Rate = rate };
                    break;
                case "--only" when List(value, NginxTarget.Key, OurTarget.Key, OurTarget.RelaxedKey, PortkeyTarget.Key, OurTarget.TranslatedKey, PortkeyTarget.TranslatedKey) is { } keys:
                    read = read with { Only = keys };
                    break;
                case "--parts" when List(value, Saturation, Open, Streamed, Flood, Failover, Cache) is { } parts:
                    read = read with { Parts = parts };
                    break;
                case "--out" when value.Length > 0:
                    read = read with { Out = value };
                    break;
                default:
                    problem = $"bench: cannot use '{args[i]} {value}'\n{Usage}";
                    break;
            }

            i++;
        }

        options = problem is null ? read : null;
        return problem is null;
    }

    private static string[]? List(string text, params ReadOnlySpan<string> known)
    {
        var items = text.Split(',');
        foreach (var item in items)
        {
            if (!known.Contains(item)) return null;
        }

        return items;
    }

    private static double? Number(string text, double min, double max) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max
            ? value
            : null;
}
