using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Insight;

/// <summary>Writes a report piece by piece: only a row is ever in memory.</summary>
internal abstract class ChargebackText
{
    /// <summary>What stands in front of the rows.</summary>
    public abstract void Begin(IBufferWriter<byte> output);

    /// <summary>One row.</summary>
    public abstract void Write(IBufferWriter<byte> output, in ChargebackCells row);

    /// <summary>What stands behind them.</summary>
    public abstract void End(IBufferWriter<byte> output);
}

/// <summary>As JSON: <c>{"data": […]}</c>.</summary>
internal sealed class ChargebackJson(IReadOnlyList<string> columns) : ChargebackText
{
    private bool _follows;

    public override void Begin(IBufferWriter<byte> output) => output.Write("{\"data\":["u8);

    public override void Write(IBufferWriter<byte> output, in ChargebackCells row)
    {
        if (_follows)
        {
            output.Write(","u8);
        }

        _follows = true;
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        for (var i = 0; i < columns.Count; i++)
        {
            writer.WriteString(columns[i], row.Cells[i]);
        }

        writer.WriteNumber("calls"u8, row.Row.Calls);
        writer.WriteNumber("prompt_tokens"u8, row.Row.PromptTokens);
        writer.WriteNumber("completion_tokens"u8, row.Row.CompletionTokens);
        writer.WriteString("cost_usd"u8, NanoUsd.FormatUsd(row.Row.CostNanoUsd));
        writer.WriteString("adjustments_usd"u8, NanoUsd.FormatUsd(row.AdjustmentNanoUsd));
        writer.WriteString("total_usd"u8, NanoUsd.FormatUsd(row.Row.CostNanoUsd + row.AdjustmentNanoUsd));
        writer.WriteEndObject();
    }

    public override void End(IBufferWriter<byte> output) => output.Write("]}"u8);
}

/// <summary>
/// As CSV (RFC 4180). A text that a spreadsheet would take for a formula gets an apostrophe in front: names are what people enter, and a
/// report is opened by others (OWASP, "CSV Injection").
/// </summary>
internal sealed class ChargebackCsv(IReadOnlyList<string> columns) : ChargebackText
{
    private static readonly SearchValues<char> NeedQuotes = SearchValues.Create(",\"\r\n");
    private static readonly SearchValues<char> BeginFormulas = SearchValues.Create("=+-@\t\r");

    public override void Begin(IBufferWriter<byte> output) =>
        Line(output, [.. columns, "calls", "prompt_tokens", "completion_tokens", "cost_usd", "adjustments_usd", "total_usd"]);

    public override void Write(IBufferWriter<byte> output, in ChargebackCells row) => Line(
        output,
        [
            .. row.Cells.Select(Text),
            row.Row.Calls.ToString(CultureInfo.InvariantCulture),
            row.Row.PromptTokens.ToString(CultureInfo.InvariantCulture),
            row.Row.CompletionTokens.ToString(CultureInfo.InvariantCulture),
            NanoUsd.FormatUsd(row.Row.CostNanoUsd),
            NanoUsd.FormatUsd(row.AdjustmentNanoUsd),
            NanoUsd.FormatUsd(row.Row.CostNanoUsd + row.AdjustmentNanoUsd),
        ]);

    public override void End(IBufferWriter<byte> output)
    {
        // The last line has its end, as every other.
    }

    /// <summary>A text as a cell.</summary>
    internal static string Text(string? text)
    {
        var safe = text is null ? "" : text.Length > 0 && BeginFormulas.Contains(text[0]) ? "'" + text : text;
        return safe.AsSpan().ContainsAny(NeedQuotes) ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }

    private static void Line(IBufferWriter<byte> output, IEnumerable<string> cells) =>
        _ = Encoding.UTF8.GetBytes(string.Join(',', cells) + "\r\n", output);
}
