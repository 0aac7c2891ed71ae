using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.Echo;
using AiOrchestrator.Core.Providers.Listing;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers;

/// <summary>A row that can be served. What its models cost, and whether a model without a price is called, the organisation's price book says.</summary>
internal sealed record ValidProvider(ProviderConfig Config, IReadOnlyList<ServedModel> Models);

/// <summary>Decides whether a row can be served, and says everything that is wrong with one that cannot.</summary>
internal sealed class ProviderConfigValidator(PriceTable prices, ISecretStore secrets, TimeProvider time)
{
    /// <summary>Reads and checks a row; all problems at once.</summary>
    /// <param name="body">The row's members.</param>
    /// <param name="pathId">The id the request's path names; null when the row must bring its own.</param>
    /// <param name="listed">What the provider lists; null where that is not known.</param>
    public Result<ValidProvider> Validate(MemberReader body, string? pathId, ListedModels? listed = null)
    {
        var config = ProviderConfigReader.Read(body, pathId);
        var models = Check(config, listed, body.Problem);
        return body.Finish() is { } invalid ? invalid : new ValidProvider(config, models);
    }

    /// <summary>Checks a row that was not read from JSON.</summary>
    public (IReadOnlyList<ServedModel> Models, IReadOnlyList<string> Problems) Validate(ProviderConfig config)
    {
        var problems = new List<string>();
        return (Check(config, listed: null, (param, problem) => problems.Add($"'{param}' {problem}")), problems);
    }

    private List<ServedModel> Check(ProviderConfig config, ListedModels? listed, Action<string, string> note)
    {
        if (config.ApiKeyRef is { } reference && !secrets.Understands(reference))
        {
            note("api_key_ref", NotUnderstood(reference));
        }

        foreach (var (name, value) in config.Headers ?? new Dictionary<string, string>())
        {
            if (value.StartsWith(ProviderQuirkReader.SecretPrefix, StringComparison.Ordinal) && !secrets.Understands(value[ProviderQuirkReader.SecretPrefix.Length..]))
            {
                note($"headers.{name}", NotUnderstood(value[ProviderQuirkReader.SecretPrefix.Length..]));
            }
        }

        if (config.WireFormat != OpenAiChatFormat.FormatName && config.WireFormat != EchoHandler.WireFormat)
        {
            CheckPlain(config, note);
        }

        if (config.Voices is not null && ChatFormats.Named(config.WireFormat)?.Speech is null)
        {
            note("voices", "can be named only with 'wire_format: elevenlabs'");
        }

        if (ChatFormats.Named(config.WireFormat)?.CheckRow(config) is { } lack)
        {
            note(lack.Member, lack.Problem);
        }

        return config.Models.Listed is { } named ? CheckListed(config, named, note)
            : config.Models.IsOwnList ? OwnList(config, listed)
            : Catalogue(config, note);
    }

    /// <summary>What a reference lacks. Of one that is none nothing is repeated: it may be the secret itself.</summary>
    private static string NotUnderstood(string reference) => reference.StartsWith("kv:", StringComparison.Ordinal) || reference.StartsWith("entra:", StringComparison.Ordinal)
        ? "is not understood here: only the head on Azure resolves \"kv:NAME\" (with a vault) and \"entra:SCOPE\" (such as \"entra:https://cognitiveservices.azure.com/.default\"); use \"env:NAME\" or \"file:PATH\""
        : "is no reference to a secret: use \"env:NAME\" or \"file:PATH\"";

    /// <summary>Only servers that call themselves compatible differ in what they take.</summary>
    private static void CheckPlain(ProviderConfig config, Action<string, string> note)
    {
        foreach (var (name, isGiven) in new[]
        {
            ("path_template", config.PathTemplate is not null),
            ("drop_members", config.DropMembers is not null),
            ("rename_members", config.RenameMembers is not null),
            ("stream_options", !config.StreamOptions),
            ("batches", config.Batches),
        })
        {
            if (isGiven)
            {
                note(name, $"cannot be said with 'wire_format: {config.WireFormat}', only with '{OpenAiChatFormat.FormatName}'");
            }
        }
    }

    private List<ServedModel> Catalogue(ProviderConfig config, Action<string, string> note)
    {
        var now = time.GetUtcNow();
        var provider = config.PriceProvider ?? config.Id;
        var models = new List<ServedModel>();
        foreach (var entry in prices.Models.Where(m => m.Provider == provider && m is { IsFamily: false, IsDeprecated: false } && m.PriceAt(now) is not null))
        {
            // Exact names only: what patterns match has no end. An alias is another name the provider knows, often a dated version: it is sent as it was asked for.
            models.Add(Serve(config, entry.Id, entry.Id, entry));
            models.AddRange(entry.Aliases.Select(alias => Serve(config, alias, alias, entry)));
        }

        if (models.Count == 0)
        {
            note("models", $"cannot be \"catalogue\": the price table has no models of '{provider}'; name its provider in 'price_provider', or list the models");
        }

        return models;
    }

    /// <summary>
    /// What the provider lists: each priced as the table has it, and one the table does not have as a listed model without a price. None before the
    /// list was read.
    /// </summary>
    private List<ServedModel> OwnList(ProviderConfig config, ListedModels? listed)
    {
        var provider = config.PriceProvider ?? config.Id;
        return
        [
            .. (listed?.Ids ?? []).Where(static id => id.Length <= ProviderConfigReader.MaxModelIdLength && !id.AsSpan().ContainsAnyExceptInRange('!', '~'))
                .Take(ProviderConfigReader.MaxModels)
                .Select(id => Serve(config, id, id, prices.TryFindModel(provider, id, out var entry) ? entry : UnpricedModel.Entry(provider, id, ModelKind.Chat))),
        ];
    }

    private List<ServedModel> CheckListed(ProviderConfig config, IReadOnlyList<ModelConfig> listed, Action<string, string> note)
    {
        var models = new List<ServedModel>(listed.Count);
        var ids = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < listed.Count; i++)
        {
            var model = listed[i];
            var path = string.Create(null, $"models[{i}]");
            if (!ids.Add(model.Id))
            {
                note($"{path}.id", "appears twice");
            }

            if (Price(config, model, path, note) is not { } price)
            {
                continue;
            }

            if (price.Kind != ModelKind.Chat && model.OutputLimitMember is not null)
            {
                note($"{path}.output_limit_member", "cannot be set: only a chat model has an output to limit");
            }

            models.Add(Serve(config, model.Id, model.UpstreamId ?? model.Id, price, isRowsOwn: model.Price is not null) with
            {
                Limits = price.Limits with
                {
                    ContextWindowTokens = model.ContextWindowTokens ?? price.Limits.ContextWindowTokens,
                    MaxOutputTokens = model.MaxOutputTokens ?? price.Limits.MaxOutputTokens,
                },
                OutputLimitMember = model.OutputLimitMember ?? price.OutputLimitMember,
            });
        }

        return models;
    }

    private static ServedModel Serve(ProviderConfig config, string id, string upstreamId, PriceEntry entry, bool isRowsOwn = false) =>
        new(id, upstreamId, entry) { Priced = new PriceSubject(config.Id, id, upstreamId, entry, isRowsOwn), Vendor = config.PriceProvider ?? entry.Provider };

    /// <summary>What the row or the table knows of the model; null where a price is named that is none.</summary>
    private PriceEntry? Price(ProviderConfig config, ModelConfig model, string path, Action<string, string> note)
    {
        var upstreamId = model.UpstreamId ?? model.Id;
        if (model.Price is { } own)
        {
            var (price, error) = OwnPrice.Build(config.Id, upstreamId, own);
            if (error is not null)
            {
                note($"{path}.price", $"cannot be used: {error}");
            }

            return price;
        }

        if (model.PriceAs is not { } priceAs)
        {
            return prices.TryFindModel(config.PriceProvider ?? config.Id, upstreamId, out var entry)
                ? entry
                : UnpricedModel.Entry(config.PriceProvider ?? config.Id, upstreamId, ModelKinds.Parse(model.Kind) ?? ModelKind.Chat);
        }

        var found = Find(priceAs);
        if (found?.PriceAt(time.GetUtcNow()) is null)
        {
            // Whoever names a price means one: a typing error must not end as a model without a price.
            note($"{path}.price_as", "names no model that has a price in the price table now");
            return null;
        }

        return found;
    }

    /// <summary><c>provider/model</c> first, for model ids may hold slashes themselves; then a model of whatever provider.</summary>
    private PriceEntry? Find(string priceAs)
    {
        var slash = priceAs.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && prices.TryFindModel(priceAs[..slash], priceAs[(slash + 1)..], out var model) ? model
            : prices.TryFindModel(priceAs, out model) ? model
            : null;
    }
}
