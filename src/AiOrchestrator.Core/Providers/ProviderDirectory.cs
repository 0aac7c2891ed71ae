using System.Collections.Frozen;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.Gemini;
using AiOrchestrator.Core.Providers.Listing;
using AiOrchestrator.Core.Providers.Registry;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Providers;

/// <summary>Where a row comes from. A later one takes the place of an earlier one with the same id.</summary>
internal enum ProviderSource
{
    BuiltIn,
    Environment,
    Stored,
}

/// <summary>A row and what became of it at the last load.</summary>
/// <param name="Config">The row; of a stored row that cannot be read at all only the id is real.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="ETag">The document's tag; null when it is not stored.</param>
/// <param name="SecretResolved">Whether its reference led to a secret; null when it has none.</param>
/// <param name="Errors">Why it is out of service, or served as it was before; empty when all is well.</param>
internal sealed record ProviderRow(
    ProviderConfig Config, ProviderSource Source, string? ETag, bool? SecretResolved, IReadOnlyList<string> Errors)
{
    /// <summary>What the row makes, in service or not; null where it has errors.</summary>
    public Provider? Built { get; init; }
}

/// <summary>
/// All providers in memory. A row that cannot be served (any more) never takes the others with it: it is served as it was, or left out, and
/// readiness and the control API say why.
/// </summary>
/// <remarks>Safe for concurrent use: calls pin one immutable snapshot, loads take turns. One organisation until more are built.</remarks>
public sealed class ProviderDirectory : IReadinessCheck, IDisposable
{
    internal const string EchoId = "echo";

    private static readonly ProviderConfig Echo = new()
    {
        Id = EchoId,
        WireFormat = "echo",
        BaseUrl = "echo://built-in/",
        Models = ModelSelection.Catalogue,
        Priority = 1_000_000,
    };

    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly IDocumentStore _documents;
    private readonly ISecretStore _secrets;
    private readonly EnvironmentProviders _environment;
    private readonly GoogleTokens _googleTokens;
    private readonly ModelRegistry _registry;
    private readonly ProviderConfigValidator _validator;
    private readonly TimeProvider _time;
    private readonly ILogger<ProviderDirectory> _log;
    private volatile ProviderSnapshot _current = new(0, [], FrozenDictionary<string, IReadOnlyList<Route>>.Empty, ModelMap.Empty);
    private volatile IReadOnlyList<ProviderRow> _rows = [];
    private volatile string? _organisationId;
    private bool _hasSeenAccounts;

    /// <summary>An empty directory; <see cref="LoadAsync"/> fills it.</summary>
    internal ProviderDirectory(
        IDocumentStore documents,
        ISecretStore secrets,
        EnvironmentProviders environment,
        PriceTable prices,
        GoogleTokens googleTokens,
        ModelRegistry registry,
        TimeProvider time,
        ILogger<ProviderDirectory> log)
    {
        _documents = documents;
        _secrets = secrets;
        _environment = environment;
        _googleTokens = googleTokens;
        _registry = registry;
        _validator = new ProviderConfigValidator(prices, secrets, time);
        _time = time;
        _log = log;
    }

    /// <summary>The providers as calls see them now.</summary>
    public ProviderSnapshot Current => _current;

    /// <summary>Whose rows they are; null before the first load.</summary>
    internal string? OrganisationId => _organisationId;

    /// <summary>All rows, those out of service included, in order of id.</summary>
    internal IReadOnlyList<ProviderRow> Rows => _rows;

    internal ProviderConfigValidator Validator => _validator;

    /// <summary>Whether any row's secret is an account that tokens are had for; those that got none yet included.</summary>
    internal bool HasAccounts { get; private set; }

    /// <summary>Reads all rows and resolves their secrets anew.</summary>
    /// <param name="organisationId">Whose stored rows.</param>
    /// <param name="cancellation">Gives up; everything stays as it was.</param>
    public Task LoadAsync(string organisationId, CancellationToken cancellation)
    {
        _organisationId = organisationId;
        return ChangeAsync(
            async () =>
            {
                await ReloadAsync(organisationId, cancellation);
                return true;
            },
            cancellation);
    }

    /// <summary>The same again, for what others changed and for secrets that were rotated; nothing before the first load.</summary>
    internal Task RefreshAsync(CancellationToken cancellation) =>
        _organisationId is { } organisationId ? LoadAsync(organisationId, cancellation) : Task.CompletedTask;

    /// <inheritdoc/>
    public ReadinessReport Check()
    {
        var faulty = _rows.Where(static r => r.Config.Enabled && r.Errors.Count > 0).ToList();
        return faulty.Count == 0
            ? new ReadinessReport("providers", Readiness.Ready, null)
            : new ReadinessReport(
                "providers",
                Readiness.Degraded,
                $"not served as configured: {string.Join(", ", faulty.Take(10).Select(static r => r.Config.Id))}; GET /control/v1/providers says why");
    }

    /// <inheritdoc/>
    public void Dispose() => _changing.Dispose();

    /// <summary>The model as calls to it are priced; null where the provider does not serve it.</summary>
    internal PriceSubject? SubjectOf(string organisationId, string provider, string model) =>
        organisationId == _organisationId && _current.RoutesByModel.TryGetValue(model, out var routes)
            ? routes.FirstOrDefault(r => r.Provider.Id == provider)?.Model.Priced
            : null;

    /// <summary>What names lead to for an organisation: nothing for one that is not served here.</summary>
    internal ModelMap ModelsOf(string organisationId) => organisationId == _organisationId ? _current.Models : ModelMap.Empty;

    /// <summary>Runs a change alone, so that what ends up in memory is what was written last.</summary>
    internal async Task<T> ChangeAsync<T>(Func<Task<T>> change, CancellationToken cancellation)
    {
        await _changing.WaitAsync(cancellation);
        try
        {
            return await change();
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Only from within <see cref="ChangeAsync"/>.</summary>
    internal async Task ReloadAsync(string organisationId, CancellationToken cancellation)
    {
        var candidates = new Dictionary<string, Candidate>(StringComparer.Ordinal);
        Add(candidates, Echo, ProviderSource.BuiltIn);
        foreach (var row in _environment.Rows)
        {
            Add(candidates, row, ProviderSource.Environment);
        }

        await foreach (var document in StoredProviders.AllAsync(_documents, organisationId, cancellation))
        {
            candidates[document.Id] = await ReadAsync(document, organisationId, cancellation);
        }

        var words = await StoredModels.ReadAsync(_documents, organisationId, cancellation);
        _hasSeenAccounts = false;
        var rows = new List<ProviderRow>(candidates.Count);
        var providers = new List<Provider>(candidates.Count);
        foreach (var candidate in candidates.Values.OrderBy(static c => c.Config.Id, StringComparer.Ordinal))
        {
            var (row, provider) = await ResolveAsync(candidate, cancellation);
            rows.Add(row);
            if (provider is not null)
            {
                providers.Add(provider);
            }
        }

        _rows = rows;
        HasAccounts = _hasSeenAccounts;
        _current = Snapshot(providers, words);
    }

    /// <summary>Takes in what an organisation has just said of models. Only from within <see cref="ChangeAsync"/>.</summary>
    internal void Put(string organisationId, OrganisationModels words) =>
        _current = organisationId == _organisationId ? Snapshot(_current.Providers, words) : _current;

    private void Add(Dictionary<string, Candidate> candidates, ProviderConfig config, ProviderSource source)
    {
        var (models, problems) = _validator.Validate(config);
        candidates[config.Id] = new Candidate(config, source, null, models, problems);
    }

    private async Task<Candidate> ReadAsync(Document document, string organisationId, CancellationToken cancellation)
    {
        var body = RequestBody.Parse(document.Json);
        var hasOwnList = !body.Failed && body.Value.Raw("models") is { ValueKind: System.Text.Json.JsonValueKind.String } word && word.ValueEquals(ModelSelection.OwnListWord);
        var listed = hasOwnList ? await StoredModelLists.FindAsync(_documents, organisationId, document.Id, cancellation) : null;
        var valid = body.Failed ? body.Failure : _validator.Validate(body.Value, document.Id, listed);
        if (!valid.Failed)
        {
            return new Candidate(valid.Value.Config, ProviderSource.Stored, document.ETag, valid.Value.Models, []);
        }

        // A price table of another version may lack what this row was priced by. What can be read of it is still shown.
        var config = body.Failed
            ? Echo with { Id = document.Id }
            : ProviderConfigReader.Read(body.Value, document.Id);
        return new Candidate(config, ProviderSource.Stored, document.ETag, [], [valid.Failure.Message]);
    }

    private async Task<(ProviderRow Row, Provider? Provider)> ResolveAsync(Candidate candidate, CancellationToken cancellation)
    {
        var config = candidate.Config;
        var problems = new List<string>(candidate.Problems);
        var (secret, isToken) = config.ApiKeyRef is { } reference ? await ResolveKeyAsync(ChatFormats.Named(config.WireFormat)!, reference, problems, cancellation) : default;
        var headers = await ResolveHeadersAsync(config, problems, cancellation);
        var row = new ProviderRow(
            config, candidate.Source, candidate.ETag, config.ApiKeyRef is null ? null : secret is not null, problems)
        {
            Built = problems.Count == 0 ? Build(config, candidate.Models, secret, isToken, headers) : null,
        };
        if (!config.Enabled)
        {
            return (row, null);
        }

        if (problems.Count > 0)
        {
            _log.LogError("provider {Provider} is not served as configured: {Problems}", config.Id, string.Join("; ", problems));

            // Only what this very row was before may go on: not what it took the place of, nor what it is uncovered by.
            var sameRow = _rows.Any(r => r.Config.Id == config.Id && r.Source == candidate.Source);
            return (row, sameRow ? _current.Providers.FirstOrDefault(p => p.Id == config.Id) : null);
        }

        return (row, row.Built);
    }

    /// <summary>The row's headers, secrets in place of the references to them.</summary>
    private async Task<IReadOnlyList<(string Name, string Value, bool IsSecret)>> ResolveHeadersAsync(
        ProviderConfig config, List<string> problems, CancellationToken cancellation)
    {
        var headers = new List<(string Name, string Value, bool IsSecret)>();
        foreach (var (name, value) in config.Headers ?? new Dictionary<string, string>())
        {
            var isSecret = value.StartsWith(ProviderQuirkReader.SecretPrefix, StringComparison.Ordinal);
            var resolved = isSecret
                ? await ResolveSecretAsync($"headers.{name}", value[ProviderQuirkReader.SecretPrefix.Length..], problems, cancellation)
                : value;
            if (resolved is not null)
            {
                headers.Add((name, resolved, isSecret));
            }
        }

        return headers;
    }

    /// <summary>The provider's key, or the access token it leads to (of Google's service accounts).</summary>
    private async Task<(string? Secret, bool IsToken)> ResolveKeyAsync(ChatFormat format, string reference, List<string> problems, CancellationToken cancellation)
    {
        const string Member = "api_key_ref";
        if (await ResolveTextAsync(Member, reference, problems, cancellation) is not { } secret)
        {
            return default;
        }

        if (format is not GeminiFormat || !GoogleAccount.Is(secret))
        {
            if (format.CheckCredential(secret) is not { } problem)
            {
                return (secret, false);
            }

            problems.Add($"'{Member}' {reference} {problem}");
            return default;
        }

        _hasSeenAccounts = true;
        var (account, wrong) = GoogleAccount.Read(secret);
        var (token, refused) = account is null ? (null, wrong) : await _googleTokens.GetAsync(account, cancellation);
        if (refused is not null)
        {
            problems.Add($"'{Member}' {reference} {refused}");
        }

        return (token, true);
    }

    /// <summary>The secret; null where there is none that can be used, and the problem noted.</summary>
    private async Task<string?> ResolveSecretAsync(string member, string reference, List<string> problems, CancellationToken cancellation) =>
        await ResolveTextAsync(member, reference, problems, cancellation) is { } secret ? Sendable(member, reference, secret, problems) : null;

    /// <summary>The value of a header; null where it cannot be one, and the problem noted.</summary>
    private static string? Sendable(string member, string reference, string secret, List<string> problems)
    {
        if (!secret.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return secret;
        }

        problems.Add($"'{member}' {reference} leads to a secret that cannot stand in a header");
        return null;
    }

    private async Task<string?> ResolveTextAsync(string member, string reference, List<string> problems, CancellationToken cancellation)
    {
        if (!_secrets.Understands(reference))
        {
            // The validator has said so.
            return null;
        }

        try
        {
            var secret = (await _secrets.GetAsync(reference, cancellation))?.Trim();
            if (!string.IsNullOrEmpty(secret))
            {
                return secret;
            }

            problems.Add($"'{member}' {reference} leads to nothing");
            return null;
        }
        catch (Exception e) when (!(e is OperationCanceledException && cancellation.IsCancellationRequested))
        {
            // Safe: the row is served with the secret it had, or left out, and says so.
            _log.LogError(e, "the secret {Reference} cannot be read", reference);
            problems.Add($"'{member}' {reference} cannot be read at the moment");
            return null;
        }
    }

    private static Provider Build(
        ProviderConfig config, IReadOnlyList<ServedModel> models, string? secret, bool isToken, IReadOnlyList<(string Name, string Value, bool IsSecret)> headers) => new()
        {
            Id = config.Id,
            WireFormat = config.WireFormat,
            BaseUrl = new Uri(config.BaseUrl.TrimEnd('/') + "/"),
            HasResponses = config.ServesResponses(),
            HasCompletions = config.Completions,
            HasBatches = config.Batches,
            Credential = secret,
            HasAccessToken = isToken,
            Auth = config.Auth,
            Headers = [.. headers.Select(static h => KeyValuePair.Create(h.Name, h.Value))],
            Secrets = [.. headers.Where(static h => h.IsSecret).Select(static h => h.Value).Append(secret!).Where(static s => !string.IsNullOrEmpty(s))],
            Query = config.Query is { Count: > 0 } query
            ? string.Join('&', query.Select(static q => $"{Uri.EscapeDataString(q.Key)}={Uri.EscapeDataString(q.Value)}"))
            : null,
            PathTemplate = config.PathTemplate,
            Quirks = ProviderQuirks.Of(config),
            Voices = config.Voices,
            Region = config.Region,
            Regions = config.Regions ?? [],
            Timeouts = new ProviderTimeouts(config.ConnectTimeoutMs, config.FirstByteTimeoutMs, config.IdleTimeoutMs, config.TotalTimeoutMs),
            MaxConnections = config.MaxConnections,
            OnClientGone = new ClientGoneRule(config.OnClientGone, config.DrainTimeoutMs, config.DrainMaxTokens),
            Priority = config.Priority,
            Models = models,
        };

    private ProviderSnapshot Snapshot(IEnumerable<Provider> providers, OrganisationModels words)
    {
        Provider[] ordered = [.. providers.OrderBy(static p => p.Priority).ThenBy(static p => p.Id, StringComparer.Ordinal)];
        var models = ModelMap.Build(ordered, _registry, words);
        var routes = models.Models.Where(static m => m.Routes.Count > 0)
            .ToFrozenDictionary(static m => m.Id, static m => m.Routes, StringComparer.Ordinal);

        // Time, so that versions in usage events also grow from one start to the next.
        var version = Math.Max(_current.Version + 1, _time.GetUtcNow().ToUnixTimeMilliseconds());
        return new ProviderSnapshot(version, ordered, routes, models);
    }

    private sealed record Candidate(
        ProviderConfig Config, ProviderSource Source, string? ETag, IReadOnlyList<ServedModel> Models, IReadOnlyList<string> Problems);
}
