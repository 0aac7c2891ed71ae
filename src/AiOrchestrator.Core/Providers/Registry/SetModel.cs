using System.Globalization;
using System.Text.Json;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Registry;

/// <summary>A model the organisation has spoken of, and its document's tag.</summary>
internal sealed record SpokenOfModel(KnownModel Model, string ETag);

/// <summary>Says what an organisation has to say of a model, as a whole; it holds for the next call.</summary>
internal sealed class SetModel(IDocumentStore documents, ProviderDirectory directory, TimeProvider time)
{
    private const int MaxAliases = 50;
    private const int MaxFamily = 100;
    private const int MaxNote = 500;
    private const int MaxRank = 1000;

    /// <summary>The model as it is then and its tag, or why not.</summary>
    public Task<Result<SpokenOfModel>> ExecuteAsync(
        string organisationId, string name, MemberReader body, Func<string, bool> allows, CancellationToken cancellation) =>
        directory.ChangeAsync<Result<SpokenOfModel>>(
            async () =>
            {
                var models = directory.ModelsOf(organisationId);
                var stored = Read(name, body, models, time.GetUtcNow().ToUnixTimeMilliseconds());
                if (body.Finish() is { } invalid)
                {
                    return invalid;
                }

                var partition = StoredModels.Words(organisationId);
                var present = await documents.GetAsync(partition, name, cancellation);
                if (!allows(present?.ETag ?? ""))
                {
                    return new PreconditionFailed();
                }

                var bytes = StoredDocuments.Bytes(stored, RegistryJson.Default.StoredModel);
                var write = present is null
                    ? await documents.CreateAsync(partition, name, bytes, cancellation)
                    : await documents.ReplaceAsync(partition, name, bytes, present.ETag, cancellation);
                if (write.ETag is not { } etag)
                {
                    return new ConcurrentChange();
                }

                directory.Put(organisationId, models.Own.With(stored, etag));
                return new SpokenOfModel(directory.ModelsOf(organisationId).Named(name)!, etag);
            },
            cancellation);

    private static StoredModel Read(string name, MemberReader body, ModelMap models, long now)
    {
        if (!IsName(name))
        {
            body.Problem("id", "must be 1 to 200 visible ASCII characters without spaces and *");
        }

        var (deprecated, retired) = (Moment(body, "deprecated_at"), Moment(body, "retired_at"));
        if (retired is { } end && deprecated is null && !body.Has("deprecated_at"))
        {
            // Whoever names a model's end announces it.
            deprecated = Math.Min(end, now);
        }

        if (deprecated > retired)
        {
            body.Problem("retired_at", "must not be before 'deprecated_at'");
        }

        var capabilities = body.Texts("capabilities", CapabilityWords.All.Count, 20);
        if (capabilities?.Any(static c => CapabilityWords.Parse(c) is null) == true)
        {
            body.Problem("capabilities", $"must be of {string.Join(", ", CapabilityWords.All)}");
            capabilities = null;
        }

        var stored = new StoredModel(
            name,
            body.Has("deprecated_at") || body.Has("retired_at"),
            deprecated,
            retired,
            body.Has("replacement"),
            body.Text("replacement", ModelNames.MaxLength),
            body.Texts("aliases", MaxAliases, ModelNames.MaxLength) ?? [],
            capabilities is null ? null : [.. capabilities.Select(static c => c.ToUpperInvariant())],
            body.Text("family", MaxFamily),
            Tier(body),
            (int?)body.Whole("priority_rank", 1, MaxRank),
            body.Text("note", MaxNote));
        CheckAliases(stored, body, models);
        CheckReplacement(stored, body, models, now);
        return stored;
    }

    /// <summary>Whether a model may be called so.</summary>
    internal static bool IsName(string name) =>
        name.Length is > 0 and <= ModelNames.MaxLength && !name.AsSpan().ContainsAnyExceptInRange('!', '~') && !Wildcard.IsPattern(name);

    /// <summary>A date, which begins at midnight in UTC, or a moment.</summary>
    private static long? Moment(MemberReader body, string member) =>
        body.Raw(member) is { ValueKind: JsonValueKind.String } text
        && DateOnly.TryParseExact(text.GetString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? body.Has(member) ? new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeMilliseconds() : null
            : body.Moment(member);

    private static ModelTier? Tier(MemberReader body)
    {
        if (body.Text("tier", 20) is not { } word)
        {
            return null;
        }

        if (Enum.TryParse<ModelTier>(word, ignoreCase: true, out var tier) && tier.ToString().Equals(word, StringComparison.OrdinalIgnoreCase))
        {
            return tier;
        }

        body.Problem("tier", "must be flagship, standard, economy or preview");
        return null;
    }

    private static void CheckAliases(StoredModel stored, MemberReader body, ModelMap models)
    {
        for (var i = 0; i < stored.Aliases.Count; i++)
        {
            var alias = stored.Aliases[i];
            var problem = !IsName(alias) ? "must be visible ASCII characters without spaces and *"
                : alias == stored.Model ? "is the model's own name"
                : stored.Aliases.Take(i).Contains(alias) ? "appears twice"
                : models.Named(alias) is not { } other || other.Id == stored.Model ? null
                : other.Id == alias ? other.Routes.Count > 0 ? "is a model's own name" : "is a model of its own that has ended: PUT its replacement instead"
                : other.Own?.Aliases.Contains(alias) == true ? $"means '{other.Id}' already"
                : null;
            if (problem is not null)
            {
                body.Problem(string.Create(CultureInfo.InvariantCulture, $"aliases[{i}]"), problem);
            }
        }
    }

    /// <summary>It exists, lives, can do the same, and does not lead back.</summary>
    private static void CheckReplacement(StoredModel stored, MemberReader body, ModelMap models, long now)
    {
        if (stored.Replacement is not { } name)
        {
            return;
        }

        var model = models.Named(stored.Model);
        var successor = models.Named(name);
        var wanted = stored.CapabilitySet ?? model?.OthersCapabilities ?? ModelCapabilities.None;
        var problem = successor is null ? "names no model that is known here"
            : successor.Id == stored.Model || stored.Aliases.Contains(name) ? "is the model itself"
            : successor.Life.IsDeadAt(now) ? "names a model that has ended itself"
            : !successor.IsServedAt(now) ? "names a model that no provider serves here"
            : model is not null && successor.Successors.Contains(model) ? "leads back to the model itself: its own replacement is this one, or leads to it"
            : model?.Kind is { } kind && kind != successor.Kind ? "names a model that is called for something else"
            : !successor.Capabilities.Cover(wanted)
                ? $"names a model that lacks {string.Join(", ", CapabilityWords.Of(wanted & ~successor.Capabilities))}"
            : null;
        if (problem is not null)
        {
            body.Problem("replacement", problem);
        }
    }
}

/// <summary>Takes back what an organisation has said of a model: the registry's word holds again.</summary>
internal sealed class DeleteModel(IDocumentStore documents, ProviderDirectory directory)
{
    /// <summary>Null when it is gone, or why not.</summary>
    public Task<ApiFailure?> ExecuteAsync(string organisationId, string name, Func<string, bool> allows, CancellationToken cancellation) =>
        !SetModel.IsName(name) ? Task.FromResult<ApiFailure?>(new ModelWordNotFound()) : directory.ChangeAsync<ApiFailure?>(
            async () =>
            {
                var partition = StoredModels.Words(organisationId);
                if (await documents.GetAsync(partition, name, cancellation) is not { } present)
                {
                    return new ModelWordNotFound();
                }

                if (!allows(present.ETag))
                {
                    return new PreconditionFailed();
                }

                var outcome = await documents.DeleteAsync(partition, name, present.ETag, cancellation);
                if (outcome != DocumentOutcome.Done)
                {
                    return outcome == DocumentOutcome.NotFound ? new ModelWordNotFound() : new ConcurrentChange();
                }

                directory.Put(organisationId, directory.ModelsOf(organisationId).Own.Without(name));
                return null;
            },
            cancellation);
}

/// <summary>Says who serves models that are dead and have no replacement.</summary>
internal sealed class SetModelPolicy(IDocumentStore documents, ProviderDirectory directory, TimeProvider time)
{
    /// <summary>The organisation's words as they are then, or why not.</summary>
    public Task<Result<ModelMap>> ExecuteAsync(
        string organisationId, MemberReader body, Func<string, bool> allows, CancellationToken cancellation) =>
        directory.ChangeAsync<Result<ModelMap>>(
            async () =>
            {
                var models = directory.ModelsOf(organisationId);
                var name = body.Text("default_model", ModelNames.MaxLength);
                var now = time.GetUtcNow().ToUnixTimeMilliseconds();
                if (name is not null && models.Named(name)?.IsServedAt(now) != true)
                {
                    body.Problem("default_model", "names no model that is served here");
                }

                if (body.Finish() is { } invalid)
                {
                    return invalid;
                }

                var policy = new StoredModelPolicy(name is null ? null : models.Named(name)!.Id);
                var partition = StoredModels.Terms(organisationId);
                var present = await documents.GetAsync(partition, StoredModels.Policy, cancellation);
                if (!allows(present?.ETag ?? ""))
                {
                    return new PreconditionFailed();
                }

                var bytes = StoredDocuments.Bytes(policy, RegistryJson.Default.StoredModelPolicy);
                var write = present is null
                    ? await documents.CreateAsync(partition, StoredModels.Policy, bytes, cancellation)
                    : await documents.ReplaceAsync(partition, StoredModels.Policy, bytes, present.ETag, cancellation);
                if (write.ETag is not { } etag)
                {
                    return new ConcurrentChange();
                }

                directory.Put(organisationId, models.Own with { Policy = policy, PolicyTag = etag });
                return directory.ModelsOf(organisationId);
            },
            cancellation);
}

/// <summary>What a model may be called.</summary>
internal static class ModelNames
{
    /// <summary>Characters, as of a model in a provider's row.</summary>
    public const int MaxLength = 200;
}
