using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.Health;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Providers;

/// <summary>Reads a provider's row from JSON, a request's or a stored one: shapes and bounds. What is wrong is noted on the reader.</summary>
internal static class ProviderConfigReader
{
    /// <summary>Models of a row.</summary>
    public const int MaxModels = 5_000;

    /// <summary>Characters of a model's name.</summary>
    public const int MaxModelIdLength = 200;

    private const int MaxIdLength = 40;
    private const int MaxRegions = 50;
    private const long MaxTokens = 1_000_000_000;

    private static readonly ProviderConfig Defaults = new() { Id = "", BaseUrl = "", Models = ModelSelection.Catalogue };

    /// <summary>The row, as far as it can be read; complete when nothing was noted.</summary>
    /// <param name="body">The row's members.</param>
    /// <param name="pathId">The id the request's path names; null when the row must bring its own.</param>
    public static ProviderConfig Read(MemberReader body, string? pathId)
    {
        var preset = ProviderQuirkReader.ReadPreset(body);
        if (body.Has("api_key"))
        {
            body.Problem("api_key", "must not be sent: put the key where the server can read it and refer to it with 'api_key_ref' (\"env:NAME\" or \"file:PATH\")");
        }

        return new ProviderConfig
        {
            Id = ReadId(body, pathId),
            WireFormat = ReadWord(body, "wire_format", [.. ChatFormats.All.Select(static f => f.Name)]) ?? preset?.WireFormat ?? Defaults.WireFormat,
            BaseUrl = ReadBaseUrl(body, preset),
            Region = ReadRegion(body),
            Regions = ReadRegions(body),
            ApiKeyRef = body.Text("api_key_ref", 512),
            PriceProvider = body.Text("price_provider", MaxIdLength) ?? preset?.PriceProvider,
            Models = ReadModels(body, preset),
            ConnectTimeoutMs = (int?)body.Whole("connect_timeout_ms", 100, 60_000) ?? Defaults.ConnectTimeoutMs,
            FirstByteTimeoutMs = (int?)body.Whole("first_byte_timeout_ms", 1_000, 3_600_000) ?? Defaults.FirstByteTimeoutMs,
            IdleTimeoutMs = (int?)body.Whole("idle_timeout_ms", 1_000, 3_600_000) ?? Defaults.IdleTimeoutMs,
            TotalTimeoutMs = (int?)body.Whole("total_timeout_ms", 1_000, 3_600_000) ?? Defaults.TotalTimeoutMs,
            MaxConnections = (int?)body.Whole("max_connections", 1, 65_536) ?? Defaults.MaxConnections,
            Priority = (int?)body.Whole("priority", 0, 1_000_000) ?? Defaults.Priority,
            OnClientGone = ReadWord(body, "on_client_gone", "cancel", "drain") == "drain" ? ClientGoneAction.Drain : ClientGoneAction.Cancel,
            DrainTimeoutMs = (int?)body.Whole("drain_timeout_ms", 0, 600_000) ?? Defaults.DrainTimeoutMs,
            DrainMaxTokens = body.Whole("drain_max_tokens", 0, MaxTokens) ?? Defaults.DrainMaxTokens,
            Responses = body.Flag("responses"),
            Completions = body.Flag("completions") ?? preset?.Completions ?? Defaults.Completions,
            Batches = body.Flag("batches") ?? preset?.Batches ?? Defaults.Batches,
            Auth = ProviderQuirkReader.ReadAuth(body, preset),
            Headers = ProviderQuirkReader.ReadHeaders(body, preset),
            Query = ProviderQuirkReader.ReadQuery(body, preset),
            PathTemplate = ProviderQuirkReader.ReadPathTemplate(body, preset),
            DropMembers = ProviderQuirkReader.ReadDropMembers(body, preset),
            RenameMembers = ProviderQuirkReader.ReadRenameMembers(body, preset),
            StreamOptions = body.Flag("stream_options") ?? preset?.StreamOptions ?? Defaults.StreamOptions,
            Probe = ReadWord(body, "probe", "models", "chat") == "chat" ? ProbeKind.Chat : ProbeKind.Models,
            ProbeIntervalMs = (int?)body.Whole("probe_interval_ms", 0, 3_600_000),
            Voices = ProviderQuirkReader.ReadVoices(body),
            Enabled = body.Flag("enabled") ?? Defaults.Enabled,
        };
    }

    /// <summary>What is wrong with a base URL, as the end of a sentence that begins with its name; null when nothing is.</summary>
    public static string? CheckBaseUrl(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps) || url.Host.Length == 0)
        {
            return "must be an absolute http or https URL, such as \"https://api.example.com/v1\"";
        }

        return url.UserInfo.Length + url.Query.Length + url.Fragment.Length > 0
            ? "must not hold credentials, a query or a fragment"
            : null;
    }

    private static string ReadId(MemberReader body, string? pathId)
    {
        var id = body.Text("id", MaxIdLength, required: pathId is null);
        if (id is not null && !IsWord(id))
        {
            body.Problem("id", "must be 1 to 40 of the characters a-z, 0-9 and hyphen");
        }

        if (id is not null && pathId is not null && id != pathId)
        {
            body.Problem("id", "is not the id in the path: an id never changes");
        }

        return pathId ?? id ?? "";
    }

    private static string ReadBaseUrl(MemberReader body, ProviderPreset? preset)
    {
        var text = body.Text("base_url", 2_048, required: preset is null) ?? preset?.BaseUrl;
        if (text is null && preset is { Example: { } example })
        {
            body.Problem("base_url", $"is required with this preset, such as \"{example}\"");
        }

        if (text is not null && CheckBaseUrl(text) is { } problem)
        {
            body.Problem("base_url", problem);
        }

        return text ?? "";
    }

    private static string? ReadRegion(MemberReader body)
    {
        var region = body.Text("region", MaxIdLength);
        if (region is not null && !IsWord(region))
        {
            body.Problem("region", "must be 1 to 40 of the characters a-z, 0-9 and hyphen");
        }

        return region;
    }

    private static IReadOnlyList<string>? ReadRegions(MemberReader body)
    {
        var regions = body.Texts("regions", MaxRegions, MaxIdLength);
        if (regions?.Any(static r => r != "*" && !IsWord(r)) == true)
        {
            body.Problem("regions", "must be regions of 1 to 40 of the characters a-z, 0-9 and hyphen, such as \"eu\" or \"eu-west-1\", or \"*\"");
        }

        if (regions is { Count: 0 })
        {
            body.Problem("regions", "must name at least one region; leave it out where it is not known");
        }

        return regions;
    }

    private static bool IsWord(string text) => text.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static string? ReadWord(MemberReader body, string name, params ReadOnlySpan<string> words)
    {
        var text = body.Text(name, 100);
        if (text is null || words.Contains(text))
        {
            return text;
        }

        body.Problem(name, $"must be one of: {string.Join(", ", words.ToArray())}");
        return null;
    }

    private static ModelSelection ReadModels(MemberReader body, ProviderPreset? preset)
    {
        switch (body.Raw("models"))
        {
            case null when preset is { HasCatalogue: true }:
                return ModelSelection.Catalogue;
            case null:
                body.Problem("models", "is required: an array of models, \"catalogue\" or \"listed\"");
                return ModelSelection.Catalogue;
            case { ValueKind: JsonValueKind.String } word when word.ValueEquals(ModelSelection.CatalogueWord):
                return ModelSelection.Catalogue;
            case { ValueKind: JsonValueKind.String } word when word.ValueEquals(ModelSelection.OwnListWord):
                return ModelSelection.OwnList;
            case { ValueKind: JsonValueKind.Array } array when array.GetArrayLength() is > 0 and <= MaxModels:
                return new ModelSelection([.. body.Objects("models", MaxModels).Select(ReadModel)]);
            default:
                body.Problem("models", string.Create(null, $"must be an array of 1 to {MaxModels} models, \"catalogue\" or \"listed\""));
                return ModelSelection.Catalogue;
        }
    }

    private static ModelConfig ReadModel(MemberReader model)
    {
        var id = model.Text("id", MaxModelIdLength, required: true);
        CheckVisible(model, "id", id);
        var upstreamId = model.Text("upstream_id", MaxModelIdLength);
        CheckVisible(model, "upstream_id", upstreamId);
        var priceAs = model.Text("price_as", 300);
        var price = model.Object("price") is { } own ? ReadPrice(own) : null;
        if (priceAs is not null && price is not null)
        {
            model.Problem("price_as", "and 'price' exclude each other");
        }

        return new ModelConfig
        {
            Id = id ?? "",
            UpstreamId = upstreamId,
            PriceAs = priceAs,
            Price = price,
            Kind = ReadWord(model, "kind", ModelKinds.Names),
            ContextWindowTokens = model.Whole("context_window_tokens", 1, MaxTokens),
            MaxOutputTokens = model.Whole("max_output_tokens", 1, MaxTokens),
            OutputLimitMember = ReadWord(model, "output_limit_member", "max_tokens", "max_completion_tokens"),
        };
    }

    private static void CheckVisible(MemberReader model, string name, string? text)
    {
        // Model ids travel in headers and logs.
        if (text is not null && text.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            model.Problem(name, "must be visible ASCII characters without spaces");
        }
    }

    private static ModelPriceConfig ReadPrice(MemberReader price)
    {
        var kind = ReadWord(price, "kind", ModelKinds.Names) ?? "chat";
        var input = price.Usd("input_usd_per_million");
        var output = price.Usd("output_usd_per_million");
        var cacheRead = price.Usd("cache_read_usd_per_million");
        if (price.Raw("period") is { } period)
        {
            if (input is not null || output is not null || cacheRead is not null)
            {
                price.Problem("period", "stands instead of the prices beside it");
            }

            // What is wrong with it the price file's own reader says, when the row is checked.
            return new ModelPriceConfig { Kind = kind, Period = period.Clone() };
        }

        if (price.Raw("input_usd_per_million") is null)
        {
            price.Problem("input_usd_per_million", "is required (\"0\" where it is free)");
        }

        if (kind == "chat" && price.Raw("output_usd_per_million") is null)
        {
            price.Problem("output_usd_per_million", "is required for chat (\"0\" where it is free)");
        }

        return new ModelPriceConfig
        {
            Kind = kind,
            InputUsdPerMillion = NanoUsd.FormatUsd(input ?? 0),
            OutputUsdPerMillion = output is { } o ? NanoUsd.FormatUsd(o) : null,
            CacheReadUsdPerMillion = cacheRead is { } c ? NanoUsd.FormatUsd(c) : null,
        };
    }
}
