using System.Text.Json;

namespace AiOrchestrator.Core.Metering;

/// <summary>Reads the models of a price file.</summary>
/// <param name="json">Where faults are noted.</param>
/// <param name="trusted">
/// True for the files that ship, which tests have read in full: prices are read when first asked for, for few of a catalogue's models ever are. The
/// documents must then stay open.
/// </param>
internal sealed class PriceRowReader(PriceFileJson json, bool trusted)
{
    private static readonly string[] Members =
    [
        "provider", "id", "aliases", "match", "family", "kind", "deprecated", "context_window_tokens", "max_output_tokens", "max_image_tokens", "capabilities",
        "output_limit_member", "prices", "unpriced", "source",
    ];

    private readonly Dictionary<(string Provider, string Name), bool> _names = [];

    public List<PriceEntry> ReadAll(List<PriceRow> rows)
    {
        var models = new List<PriceEntry>(rows.Count);
        foreach (PriceRow row in rows)
        {
            if (ReadModel(row) is { } model)
            {
                models.Add(model);
            }
        }

        return models;
    }

    private PriceEntry? ReadModel(in PriceRow row)
    {
        bool laid = row.Upper.ValueKind != JsonValueKind.Undefined;
        if (!trusted && (!json.IsObject(row.Lower, row.Place, Members) || (laid && !json.IsObject(row.Upper, row.Place, Members))))
        {
            return null;
        }

        string? provider = json.Text(row.Of("provider"), "provider", row.Place, required: true);
        string? id = json.Text(row.Of("id"), "id", row.Place, required: true);
        string place = $"{row.Place} {provider}/{id}";
        if (provider is not null && provider.Any(char.IsAsciiLetterUpper))
        {
            json.Fail(place, "a provider's id is lower case");
        }

        string[] aliases = ReadNames(row, place, provider, id, laid);
        ModelKind? kind = ReadKind(row.Of("kind"), place);
        string? source = laid ? json.Text(row.Upper, "source", place) : json.Text(row.Lower, "source", place);
        string[] capabilities = ReadCapabilities(row.Of("capabilities"), place);
        string? unpriced = json.Text(row.Of("unpriced"), "unpriced", place);
        JsonElement[] items = json.Items(row.Of("prices"), "prices", place, required: unpriced is null);
        string priceSource = row.SourceOf("prices") == row.Source && laid ? row.Source : source ?? row.SourceOf("prices");
        Lazy<PricePeriod[]> periods = Periods(kind, capabilities, priceSource, items, place);
        var entry = (provider, id, kind) is ({ } p, { } i, { } k) ? new PriceEntry(p, i, k, periods)
        {
            Aliases = aliases,
            Patterns = laid && json.Text(row.Lower, "id", place) != id ? [] : ReadPatterns(row.Lower, place),
            Limits = new ModelLimits(
                json.Tokens(row.Of("context_window_tokens"), "context_window_tokens", place),
                json.Tokens(row.Of("max_output_tokens"), "max_output_tokens", place),
                json.Tokens(row.Of("max_image_tokens"), "max_image_tokens", place),
                WindowIsPerInput: kind is ModelKind.Embedding or ModelKind.Rerank),
            Capabilities = capabilities,
            OutputLimitMember = ReadOutputLimitMember(row.Of("output_limit_member"), kind, place),
            IsFamily = json.Flag(row.Of("family"), "family", place),
            IsDeprecated = json.Flag(row.Of("deprecated"), "deprecated", place),
            UnpricedReason = items.Length == 0 ? unpriced : null,
            FiguresSource = source,
        } : null;
        return entry;
    }

    private Lazy<PricePeriod[]> Periods(ModelKind? kind, string[] capabilities, string source, JsonElement[] items, string place)
    {
        if (trusted)
        {
            return new Lazy<PricePeriod[]>(() =>
            {
                var faults = new PriceFileJson();
                PricePeriod[] read = new PricePeriodReader(faults, kind, capabilities, source).ReadAll(items, place);
                return faults.Errors.Count == 0 ? read : throw new InvalidOperationException($"the shipped prices are broken: {faults.Errors[0]}");
            });
        }

        PricePeriod[] periods = new PricePeriodReader(json, kind, capabilities, source).ReadAll(items, place);
        return new Lazy<PricePeriod[]>(periods);
    }

    private string[] ReadNames(in PriceRow row, string place, string? provider, string? id, bool laid)
    {
        // A row that took its prices from another by one of its names does not take the other names with them.
        bool derived = laid && json.Text(row.Lower, "id", place) != id;
        var aliases = new List<string>();
        if (id is not null)
        {
            _ = IsFree(provider, id, derived, place);
        }

        if (laid)
        {
            aliases.AddRange(json.Texts(row.Upper, "aliases", place).Where(name => IsFree(provider, name, upper: true, place)));
        }

        if (!derived)
        {
            aliases.AddRange(json.Texts(row.Lower, "aliases", place).Where(name => IsFree(provider, name, upper: false, place)));
        }

        return [.. aliases];
    }

    /// <summary>Takes a name for a row. What is laid over the file takes names away from the rows below it; any other repetition is a fault.</summary>
    private bool IsFree(string? provider, string name, bool upper, string place)
    {
        if (name.Contains('*', StringComparison.Ordinal))
        {
            json.Fail(place, $"\"{name}\": a name is exact; patterns stand in \"match\"");
        }

        if (provider is null || _names.TryAdd((provider, name), upper))
        {
            return true;
        }

        if (upper || !_names[(provider, name)])
        {
            json.Fail(place, $"\"{name}\" already names a model of {provider}");
        }

        return false;
    }

    private ModelPattern[][] ReadPatterns(JsonElement row, string place)
    {
        JsonElement[] items = json.Items(row, "match", place);
        var patterns = new List<ModelPattern[]>(items.Length);
        foreach (JsonElement item in items)
        {
            JsonElement[] all = item.ValueKind == JsonValueKind.Array ? [.. item.EnumerateArray()] : [item];
            ModelPattern[] read = [.. all.Select(text => ReadPattern(text, $"{place}.match")).OfType<ModelPattern>()];
            if (read.Length > 0)
            {
                patterns.Add(read);
            }
        }

        return [.. patterns];
    }

    private ModelPattern? ReadPattern(JsonElement item, string place)
    {
        ModelPattern? pattern = item.ValueKind == JsonValueKind.String ? ModelPattern.Parse(item.GetString()!) : null;
        if (pattern is null)
        {
            json.Fail(place, $"{item.GetRawText()} is no pattern");
        }

        return pattern;
    }

    private ModelKind? ReadKind(JsonElement row, string place)
    {
        string? kind = json.Text(row, "kind", place, required: true);
        ModelKind? parsed = ModelKinds.Parse(kind);
        if (kind is not null && parsed is null)
        {
            json.Fail(place, $"unknown kind \"{kind}\"");
        }

        return parsed;
    }

    private string? ReadOutputLimitMember(JsonElement row, ModelKind? kind, string place)
    {
        // Every wire format but OpenAI's newer one knows max_tokens.
        string? member = json.Text(row, "output_limit_member", place) ?? (kind == ModelKind.Chat ? "max_tokens" : null);
        if (member is not (null or "max_completion_tokens" or "max_tokens"))
        {
            json.Fail($"{place}.output_limit_member", $"must be max_completion_tokens or max_tokens, not \"{member}\"");
        }

        if (kind is not (null or ModelKind.Chat) && member is not null)
        {
            json.Fail($"{place}.output_limit_member", "a model that does not chat has no output to limit");
        }

        return member;
    }

    private string[] ReadCapabilities(JsonElement row, string place)
    {
        string[] capabilities = json.Texts(row, "capabilities", place);
        foreach (string capability in capabilities)
        {
            if (!PriceComponents.Capabilities.Contains(capability))
            {
                json.Fail(place, $"unknown capability \"{capability}\"");
            }
        }

        return capabilities;
    }
}
