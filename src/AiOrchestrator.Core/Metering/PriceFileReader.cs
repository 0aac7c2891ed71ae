using System.Text.Json;

namespace AiOrchestrator.Core.Metering;

/// <summary>Builds a <see cref="PriceTable"/> from a price file, or says all that is wrong with it. The format: docs/operations/price-file.md.</summary>
internal sealed class PriceFileReader
{
    private const long Format = 1;

    private readonly PriceFileJson _json = new();
    private readonly HashSet<(string Provider, string Name)> _names = [];
    private string _defaultSource = string.Empty;

    private PriceFileReader()
    {
    }

    public static (PriceTable? Table, IReadOnlyList<string> Errors) Read(JsonElement root)
    {
        var reader = new PriceFileReader();
        List<PriceEntry> models = reader.ReadFile(root);
        return reader._json.Errors.Count == 0 ? (new PriceTable(models), []) : (null, reader._json.Errors);
    }

    private List<PriceEntry> ReadFile(JsonElement root)
    {
        var models = new List<PriceEntry>();
        if (!_json.IsObject(root, "file", "format", "currency", "source", "models"))
        {
            return models;
        }

        if (_json.Tokens(root, "format", "file", required: true) is { } format && format != Format)
        {
            // What follows may mean anything in another format.
            _json.Fail("file.format", $"this version reads format {Format}, not {format}");
            return models;
        }

        if (_json.Text(root, "currency", "file", required: true) is { } currency and not "USD")
        {
            _json.Fail("file.currency", $"must be USD, not {currency}");
        }

        ReadSource(root);
        JsonElement[] items = _json.Items(root, "models", "file", required: true);
        for (int i = 0; i < items.Length; i++)
        {
            if (ReadModel(items[i], $"models[{i}]") is { } model)
            {
                models.Add(model);
            }
        }

        return models;
    }

    private void ReadSource(JsonElement root)
    {
        if (!root.TryGetProperty("source", out JsonElement source))
        {
            _json.Fail("file", "\"source\" is missing");
            return;
        }

        if (_json.IsObject(source, "file.source", "name", "version", "url", "note"))
        {
            string? name = _json.Text(source, "name", "file.source", required: true);
            string? version = _json.Text(source, "version", "file.source");
            _ = _json.Text(source, "url", "file.source");
            _ = _json.Text(source, "note", "file.source");
            _defaultSource = version is null ? name ?? string.Empty : $"{name} {version}";
        }
    }

    private PriceEntry? ReadModel(JsonElement item, string place)
    {
        if (!_json.IsObject(
            item, place, "provider", "id", "aliases", "kind", "context_window_tokens", "max_output_tokens", "max_image_tokens",
            "capabilities", "output_limit_member", "prices"))
        {
            return null;
        }

        string? provider = _json.Text(item, "provider", place, required: true);
        string? id = _json.Text(item, "id", place, required: true);
        place = $"{place} {provider}/{id}";
        if (provider is not null && provider.Any(char.IsAsciiLetterUpper))
        {
            _json.Fail(place, "a provider's id is lower case");
        }

        string[] aliases = ReadNames(item, place, provider, id);
        ModelKind? kind = ReadKind(item, place);
        string? outputLimitMember = ReadOutputLimitMember(item, kind, place);
        string[] capabilities = ReadCapabilities(item, place);
        var limits = new ModelLimits(
            _json.Tokens(item, "context_window_tokens", place),
            _json.Tokens(item, "max_output_tokens", place),
            _json.Tokens(item, "max_image_tokens", place),
            WindowIsPerInput: kind == ModelKind.Embedding);
        var prices = new PricePeriodReader(_json, kind, capabilities, _defaultSource);
        PricePeriod[] periods = prices.ReadAll(_json.Items(item, "prices", place, required: true), place);
        return provider is null || id is null || kind is null
            ? null
            : new PriceEntry(provider, id, aliases, kind.Value, limits, capabilities, outputLimitMember, periods);
    }

    private string[] ReadNames(JsonElement item, string place, string? provider, string? id)
    {
        string[] aliases = ReadTexts(item, "aliases", place);
        foreach (string name in id is null ? aliases : [id, .. aliases])
        {
            if (name.Contains('*', StringComparison.Ordinal))
            {
                _json.Fail(place, $"\"{name}\": this version does not match patterns");
            }

            if (provider is not null && !_names.Add((provider, name)))
            {
                _json.Fail(place, $"\"{name}\" already names a model of {provider}");
            }
        }

        return aliases;
    }

    private ModelKind? ReadKind(JsonElement item, string place)
    {
        string? kind = _json.Text(item, "kind", place, required: true);
        ModelKind? parsed = ModelKinds.Parse(kind);
        if (kind is not null && parsed is null)
        {
            _json.Fail(place, $"unknown kind \"{kind}\"");
        }

        return parsed;
    }

    private string? ReadOutputLimitMember(JsonElement item, ModelKind? kind, string place)
    {
        string? member = _json.Text(item, "output_limit_member", place) ?? (kind == ModelKind.Chat ? "max_tokens" : null);
        if (member is not (null or "max_completion_tokens" or "max_tokens"))
        {
            _json.Fail($"{place}.output_limit_member", $"must be max_completion_tokens or max_tokens, not \"{member}\"");
        }

        if (kind is not (null or ModelKind.Chat) && member is not null)
        {
            _json.Fail($"{place}.output_limit_member", "a model that does not chat has no output to limit");
        }

        return member;
    }

    private string[] ReadCapabilities(JsonElement item, string place)
    {
        string[] capabilities = ReadTexts(item, "capabilities", place);
        foreach (string capability in capabilities)
        {
            if (!PriceComponents.Capabilities.Contains(capability))
            {
                _json.Fail(place, $"unknown capability \"{capability}\"");
            }
        }

        return capabilities;
    }

    private string[] ReadTexts(JsonElement item, string name, string place)
    {
        JsonElement[] items = _json.Items(item, name, place);
        var texts = new List<string>(items.Length);
        for (int i = 0; i < items.Length; i++)
        {
            if (_json.Text(items[i], $"{place}.{name}[{i}]") is { } text)
            {
                texts.Add(text);
            }
        }

        return [.. texts];
    }
}
