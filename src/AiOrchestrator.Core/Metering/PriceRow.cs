using System.Text.Json;

namespace AiOrchestrator.Core.Metering;

/// <summary>One model as it stands in the file, and what a second file lays over it. A member of the upper row replaces the lower row's.</summary>
/// <param name="Lower">The row.</param>
/// <param name="Upper">What is laid over it; undefined for nothing.</param>
/// <param name="Source">Where the row's figures come from unless it says so.</param>
/// <param name="UpperSource">Where the upper row's come from unless it says so.</param>
/// <param name="Place">Where it stands, for messages.</param>
internal readonly record struct PriceRow(JsonElement Lower, JsonElement Upper, string Source, string UpperSource, string Place)
{
    /// <summary>The row that holds a member.</summary>
    public JsonElement Of(string member) => Holds(Upper, member) ? Upper : Lower;

    /// <summary>Where the figures of a member come from.</summary>
    public string SourceOf(string member) => Holds(Upper, member) ? UpperSource : Source;

    public static List<PriceRow> All(JsonElement[] items, string source, string file)
    {
        var rows = new List<PriceRow>(items.Length);
        for (int i = 0; i < items.Length; i++)
        {
            rows.Add(new PriceRow(items[i], default, source, string.Empty, $"{file}models[{i}]"));
        }

        return rows;
    }

    /// <summary>
    /// Lays rows over others. One that names a row changes it; one that names another name of a row stands before it with what it does not say
    /// taken from there; one that names nothing known stands for itself, behind.
    /// </summary>
    public static List<PriceRow> Lay(List<PriceRow> upper, List<PriceRow> lower)
    {
        var ids = new Dictionary<(string?, string?), int>();
        var names = new Dictionary<(string?, string?), int>();
        for (int i = 0; i < lower.Count; i++)
        {
            JsonElement row = lower[i].Lower;
            _ = ids.TryAdd((Text(row, "provider"), Text(row, "id")), i);
            if (row.ValueKind == JsonValueKind.Object && row.TryGetProperty("aliases", out JsonElement aliases) && aliases.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement alias in aliases.EnumerateArray())
                {
                    _ = names.TryAdd((Text(row, "provider"), alias.ToString()), i);
                }
            }
        }

        PriceRow[] laid = [.. lower];
        var before = new Dictionary<int, List<PriceRow>>();
        var behind = new List<PriceRow>();
        foreach (PriceRow row in upper)
        {
            (string?, string?) key = (Text(row.Lower, "provider"), Text(row.Lower, "id"));
            if (ids.TryGetValue(key, out int same))
            {
                laid[same] = laid[same] with { Upper = row.Lower, UpperSource = row.Source };
            }
            else if (names.TryGetValue(key, out int other))
            {
                before.TryAdd(other, []);
                before[other].Add(lower[other] with { Upper = row.Lower, UpperSource = row.Source, Place = row.Place });
            }
            else
            {
                behind.Add(row);
            }
        }

        return [.. laid.SelectMany((row, i) => before.TryGetValue(i, out List<PriceRow>? first) ? [.. first, row] : new[] { row }), .. behind];
    }

    private static bool Holds(JsonElement row, string member) => row.ValueKind == JsonValueKind.Object && row.TryGetProperty(member, out _);

    private static string? Text(JsonElement row, string member)
        => row.ValueKind == JsonValueKind.Object && row.TryGetProperty(member, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
