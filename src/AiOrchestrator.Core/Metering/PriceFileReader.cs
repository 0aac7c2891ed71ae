using System.Text.Json;

namespace AiOrchestrator.Core.Metering;

/// <summary>
/// Builds a <see cref="PriceTable"/> from a price file, and a second one over it, or says all that is wrong with them. The format:
/// docs/operations/price-file.md.
/// </summary>
internal sealed class PriceFileReader
{
    private const long Format = 1;

    private readonly PriceFileJson _json = new();
    private readonly PriceRowReader _rows;
    private Dictionary<string, string[]> _fallbacks = [];

    private PriceFileReader(bool trusted) => _rows = new PriceRowReader(_json, trusted);

    /// <param name="root">The file.</param>
    /// <param name="over">The one that is laid over it, if any.</param>
    /// <param name="trusted">See <see cref="PriceRowReader"/>.</param>
    public static (PriceTable? Table, IReadOnlyList<string> Errors) Read(JsonElement root, JsonElement? over, bool trusted)
    {
        var reader = new PriceFileReader(trusted);
        List<PriceEntry> models = reader.ReadFiles(root, over);
        return reader._json.Errors.Count == 0 ? (new PriceTable(models, reader._fallbacks), []) : (null, reader._json.Errors);
    }

    private List<PriceEntry> ReadFiles(JsonElement root, JsonElement? over)
    {
        JsonElement[] upper = over is { } file ? ReadHead(file, "over", out string upperSource) : Nothing(out upperSource);
        JsonElement[] lower = ReadHead(root, "file", out string lowerSource);
        var rows = PriceRow.All(lower, lowerSource, string.Empty);
        return _rows.ReadAll(over is null ? rows : PriceRow.Lay(PriceRow.All(upper, upperSource, "over."), rows));
    }

    private static JsonElement[] Nothing(out string source)
    {
        source = string.Empty;
        return [];
    }

    private JsonElement[] ReadHead(JsonElement root, string place, out string source)
    {
        source = string.Empty;
        if (!_json.IsObject(root, place, "format", "currency", "source", "sources", "fallbacks", "models"))
        {
            return [];
        }

        if (_json.Tokens(root, "format", place, required: true) is { } format && format != Format)
        {
            // What follows may mean anything in another format.
            _json.Fail($"{place}.format", $"this version reads format {Format}, not {format}");
            return [];
        }

        if (_json.Text(root, "currency", place, required: true) is { } currency and not "USD")
        {
            _json.Fail($"{place}.currency", $"must be USD, not {currency}");
        }

        source = ReadSource(root, place);
        ReadFallbacks(root, place);
        return _json.Items(root, "models", place, required: true);
    }

    private string ReadSource(JsonElement root, string place)
    {
        if (!root.TryGetProperty("source", out JsonElement source))
        {
            _json.Fail(place, "\"source\" is missing");
            return string.Empty;
        }

        place += ".source";
        if (!_json.IsObject(source, place, "name", "version", "url", "note"))
        {
            return string.Empty;
        }

        string? name = _json.Text(source, "name", place, required: true);
        string? version = _json.Text(source, "version", place);
        _ = _json.Text(source, "url", place);
        _ = _json.Text(source, "note", place);
        return version is null ? name ?? string.Empty : $"{name} {version}";
    }

    private void ReadFallbacks(JsonElement root, string place)
    {
        if (!root.TryGetProperty("fallbacks", out JsonElement fallbacks))
        {
            return;
        }

        if (fallbacks.ValueKind != JsonValueKind.Object)
        {
            _json.Fail($"{place}.fallbacks", "must be an object");
            return;
        }

        _fallbacks = fallbacks.EnumerateObject().ToDictionary(
            provider => provider.Name,
            provider => _json.Texts(fallbacks, provider.Name, $"{place}.fallbacks"),
            StringComparer.Ordinal);
    }
}
