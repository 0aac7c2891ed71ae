using System.Globalization;
using System.Text;
using AiOrchestrator.Bench.Targets;

namespace AiOrchestrator.Bench;

/// <summary>The one table.</summary>
internal static class Report
{
    private static readonly Row[] Rows =
    [
        new("**saturation**, 16 connections"),
        new("requests/s", "rate", "0"),
        new("latency p50, ms", "closed p50"),
        new("latency p99, ms", "closed p99"),
        new("CPU µs/request", "cpu", "0.0"),
        new("allocated KiB/request", "allocated", "0.0"),
        new("resident MB idle", "rss idle", "0"),
        new("resident MB after", "rss after", "0"),
        new("**open loop**, {rate}/s"),
        new("requests/s done", "open rate", "0"),
        new("latency p50, ms", "open p50"),
        new("latency p90, ms", "open p90"),
        new("latency p99, ms", "open p99"),
        new("latency max, ms", "open max"),
        new("added p50, ms", "open p50 added"),
        new("added p99, ms", "open p99 added"),
        new("generator late p99, ms", "open lag p99"),
        new("**streams**, 50/s of 20 words 10 ms apart"),
        new("first word p50, ms", "ttft p50"),
        new("first word p99, ms", "ttft p99"),
        new("first word added p50, ms", "ttft p50 added"),
        new("first word added p99, ms", "ttft p99 added"),
        new("between words p50, ms", "gap p50"),
        new("between words p99, ms", "gap p99"),
        new("between words added p99, ms", "gap p99 added"),
        new("**{streams} streams at once**, {words} words each"),
        new("completed", "flood completed", "0"),
        new("wall s", "flood wall", "0.0"),
        new("CPU µs/word", "flood cpu", "0.0"),
        new("between words p99, ms", "flood gap p99"),
        new("resident MB before", "flood rss before", "0"),
        new("resident MB after 100 other streams", "flood rss hundred", "0"),
        new("resident MB when all are half done", "flood rss half", "0"),
        new("resident MB at the end", "flood rss end", "0"),
    ];

    public static string Markdown(BenchOptions options, IReadOnlyList<Target> targets, Measurements measured, Machine machine)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{machine.Date}, {machine.Processor}, {machine.Cores} cores, {machine.System}.  ");
        text.AppendLine(CultureInfo.InvariantCulture, $"Versions: {machine.Versions}.  ");
        var smoke = options.Smoke ? "; a smoke run, whose figures mean nothing" : "";
        text.AppendLine(CultureInfo.InvariantCulture, $"{options.Rounds} round(s) of {options.Seconds:0.##} s, medians over rounds{smoke}.  ");
        text.AppendLine(CultureInfo.InvariantCulture, $"Load average before the first round: {machine.LoadBefore} (above 1, others were at work and figures mean little).");
        text.AppendLine();
        var ours = targets.FirstOrDefault(t => t.Key == OurTarget.Key);
        var nginx = targets.FirstOrDefault(t => t.Key == NginxTarget.Key);
        var portkey = targets.FirstOrDefault(t => t.Key == PortkeyTarget.Key);
        Line(text, ["", .. targets.Select(t => t.Name), "ours/nginx", "ours/Portkey"]);
        Line(text, ["---", .. targets.Select(_ => "---:"), "---:", "---:"]);
        foreach (var row in Rows)
        {
            if (row.Figure is null)
            {
                Line(text, [Fill(row.Title, options), .. targets.Select(_ => ""), "", ""]);
                continue;
            }

            double Value(Target? target) => target is null ? double.NaN : measured.Figures[target].Median(row.Figure);
            if (targets.All(t => double.IsNaN(Value(t)))) continue;
            var figures = targets.Select(t => Show(Value(t), row.Format));
            Line(text, [row.Title, .. figures, Ratio(Value(ours), Value(nginx)), Ratio(Value(ours), Value(portkey))]);
        }

        Line(text, ["wrong answers", .. targets.Select(t => t.Absent is null ? Show(measured.Figures[t].Wrong, "0") : "n/a"), "", ""]);
        Notes(text, targets, measured);
        return text.ToString();
    }

    private static void Notes(StringBuilder text, IReadOnlyList<Target> targets, Measurements measured)
    {
        text.AppendLine();
        foreach (var target in targets)
        {
            if (target.Absent is { } why) text.AppendLine(CultureInfo.InvariantCulture, $"- {target.Name}: {why}");
            if (measured.Figures[target].FirstWrong is { } wrong)
                text.AppendLine(CultureInfo.InvariantCulture, $"- {target.Name}, first wrong answer: {wrong.ReplaceLineEndings(" ")}");
        }
    }

    private static string Fill(string title, BenchOptions options) => title
        .Replace("{rate}", options.Rate.ToString("0", CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{streams}", options.Streams.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{words}", options.StreamTokens.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static string Show(double value, string format) =>
        double.IsNaN(value) ? "n/a" : value.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>Differences can be negative, and NaN means no figure: neither has a ratio.</summary>
    private static string Ratio(double ours, double other) =>
        !(ours > 0 && other > 0) ? "" : (ours / other).ToString("0.00", CultureInfo.InvariantCulture);

    private static void Line(StringBuilder text, IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).AppendLine(" |");

    private sealed record Row(string Title, string? Figure = null, string Format = "0.000");
}
