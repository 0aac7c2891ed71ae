using System.Globalization;
using System.Net;
using AiOrchestrator.Core.Providers.Bedrock;
using AiOrchestrator.Core.Providers.Listing;
using AiOrchestrator.Core.Providers.Registry;

namespace AiOrchestrator.Core.Providers;

/// <summary>
/// Calls a provider, in service or not, on a connection of its own, and says what works: asks for its models, or, where it tells none, for
/// a conversation of one token. Charged to no wallet and told to no usage; nothing it answers holds a secret.
/// </summary>
internal sealed class TestProvider(UpstreamClients clients, ProviderTalk talk, AskModels models, TimeProvider time)
{
    private const int MaxDetail = 500;
    private const int MostMissing = 10;

    /// <summary>Bounds the whole test.</summary>
    private static readonly TimeSpan TestFor = TimeSpan.FromSeconds(20);

    /// <param name="row">The provider's row.</param>
    /// <param name="known">What is known of models: one that has ended is not called.</param>
    /// <param name="asksChat">Whether it is to answer a conversation even where it tells its models: some tell them to anybody.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<ProviderTestView> ExecuteAsync(ProviderRow row, ModelMap known, bool asksChat, CancellationToken cancellation)
    {
        var findings = new Findings(row.Config.Id);
        if (row.Built is not { } provider)
        {
            findings.Note(ProviderCheck.Configuration, ProviderCheckStatus.Failed, string.Join("; ", row.Errors));
            return findings.View(provider: null);
        }

        findings.Note(ProviderCheck.Configuration, ProviderCheckStatus.Ok, row.Config.Enabled ? null : "the row is out of service");
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var timer = time.CreateTimer(static c => ((CancellationTokenSource)c!).Cancel(), bound, TestFor, Timeout.InfiniteTimeSpan);
        using var connection = clients.NewConnection(provider);
        try
        {
            if (!await AskModelsAsync(provider, connection, findings, bound.Token) || (asksChat && findings.IsOk))
            {
                await AskChatAsync(provider, known, connection, findings, bound.Token);
            }
        }
        catch (HttpRequestException failure)
        {
            findings.Broken(failure.HttpRequestError, provider.BaseUrl);
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            // The test's own bound, or the row's for connecting.
            findings.TimedOut(failure is OperationCanceledException);
        }

        return findings.View(provider);
    }

    /// <summary>False where the provider has no list of models to tell.</summary>
    private async Task<bool> AskModelsAsync(Provider provider, HttpMessageInvoker connection, Findings findings, CancellationToken cancellation)
    {
        if (provider.Format is BedrockFormat)
        {
            // Who may call models there need not be allowed to list them.
            return false;
        }

        var listing = await models.ExecuteAsync(provider, connection, t => findings.Reached(provider.BaseUrl, t), onlyFirst: true, cancellation);
        if (listing.Answer is not { } answer)
        {
            return false;
        }

        if (answer.IsNothing)
        {
            findings.Note(ProviderCheck.Models, ProviderCheckStatus.Skipped, string.Create(CultureInfo.InvariantCulture, $"it has no list of models ({(int)answer.Status})"));
            return false;
        }

        if (Judge(provider, answer, findings, ProviderCheck.Models))
        {
            findings.Note(ProviderCheck.Models, ProviderCheckStatus.Ok, Told(provider, listing.Models));
        }

        return true;
    }

    private async Task AskChatAsync(Provider provider, ModelMap known, HttpMessageInvoker connection, Findings findings, CancellationToken cancellation)
    {
        if (ProviderTalk.ModelFor(provider, known, time.GetUtcNow().ToUnixTimeMilliseconds()) is not { } model)
        {
            findings.Note(ProviderCheck.Chat, ProviderCheckStatus.Skipped, "the row has no model for chat");
            return;
        }

        var answer = await talk.GreetAsync(provider, model, connection, t => findings.Reached(provider.BaseUrl, t), cancellation);
        if (Judge(provider, answer, findings, ProviderCheck.Chat))
        {
            findings.Note(ProviderCheck.Chat, ProviderCheckStatus.Ok, $"'{model.UpstreamId}' answered");
        }
    }

    /// <summary>Whether an answer is a good one; what is wrong with another is noted.</summary>
    private static bool Judge(Provider provider, in TalkAnswer answer, Findings findings, ProviderCheck check)
    {
        var error = ProviderTalk.Said(provider, answer.Body);
        var said = string.Create(CultureInfo.InvariantCulture, $"status {(int)answer.Status}{(error is null ? "" : ": " + error.Message)}");
        if (answer.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden || error is { IsOfCredential: true })
        {
            findings.Note(ProviderCheck.Auth, ProviderCheckStatus.Failed, said);
            return false;
        }

        if (answer.IsGood)
        {
            findings.Note(ProviderCheck.Auth, ProviderCheckStatus.Ok, provider.Secrets.Count == 0 ? "without a credential" : null);
            return true;
        }

        // A status such as 400 or 429 comes before or after the credential was looked at: that is not known then.
        findings.Note(check, ProviderCheckStatus.Failed, said);
        return false;
    }

    /// <summary>How many models it told, and which of the row's are not among them. It let us in either way, which is what the check is about.</summary>
    private static string Told(Provider provider, ListedModels? listed)
    {
        if (listed is null)
        {
            return "it answered no list that can be read";
        }

        var missing = provider.Models.Select(static m => m.UpstreamId).Where(m => !listed.Has(m)).Distinct(StringComparer.Ordinal).ToList();
        var count = string.Create(CultureInfo.InvariantCulture, $"{listed.Ids.Count} models");
        return missing.Count == 0 ? count
            : string.Create(CultureInfo.InvariantCulture, $"{count}; {missing.Count} of the row's are not listed: {string.Join(", ", missing.Take(MostMissing))}");
    }

    /// <summary>What is known so far.</summary>
    private sealed class Findings(string id)
    {
        private readonly Dictionary<ProviderCheck, (ProviderCheckStatus Status, string? Detail)> _checks = [];
        private long? _latencyMs;

        public bool IsOk => _checks.Values.All(static c => c.Status != ProviderCheckStatus.Failed);

        public void Note(ProviderCheck check, ProviderCheckStatus status, string? detail) => _checks[check] = (status, detail);

        /// <summary>An answer came.</summary>
        public void Reached(Uri uri, TimeSpan after)
        {
            _latencyMs ??= (long)Math.Ceiling(after.TotalMilliseconds);
            Connected(uri);
        }

        /// <summary>No answer came.</summary>
        public void Broken(HttpRequestError error, Uri uri)
        {
            switch (error)
            {
                case HttpRequestError.NameResolutionError:
                    Note(ProviderCheck.Dns, ProviderCheckStatus.Failed, $"'{uri.Host}' leads to no address");
                    break;
                case HttpRequestError.SecureConnectionError:
                    Note(ProviderCheck.Dns, ProviderCheckStatus.Ok, null);
                    Note(ProviderCheck.Connect, ProviderCheckStatus.Ok, null);
                    Note(ProviderCheck.Tls, ProviderCheckStatus.Failed, "no secure connection comes about: the certificate is not trusted, is for another name, or it speaks no TLS");
                    break;
                case HttpRequestError.ConnectionError or HttpRequestError.ProxyTunnelError:
                    Note(ProviderCheck.Dns, ProviderCheckStatus.Ok, null);
                    Note(ProviderCheck.Connect, ProviderCheckStatus.Failed, string.Create(CultureInfo.InvariantCulture, $"nobody answers at '{uri.Host}' port {uri.Port}"));
                    break;
                default:
                    Connected(uri);
                    Note(ProviderCheck.Models, ProviderCheckStatus.Failed, "it broke the connection off, or speaks something else than HTTP");
                    break;
            }
        }

        /// <summary>Nothing more came in time.</summary>
        public void TimedOut(bool isOver) => Note(
            _latencyMs is null ? ProviderCheck.Connect : ProviderCheck.Models, ProviderCheckStatus.Failed, isOver ? "it does not answer in time" : "it broke the connection off");

        public ProviderTestView View(Provider? provider) => new(
            id,
            IsOk,
            _latencyMs,
            [.. Enum.GetValues<ProviderCheck>().Select(c => View(c, provider))]);

        private void Connected(Uri uri)
        {
            Note(ProviderCheck.Dns, ProviderCheckStatus.Ok, null);
            Note(ProviderCheck.Connect, ProviderCheckStatus.Ok, null);
            Note(ProviderCheck.Tls, uri.Scheme == Uri.UriSchemeHttps ? ProviderCheckStatus.Ok : ProviderCheckStatus.Skipped, uri.Scheme == Uri.UriSchemeHttps ? null : "http has none");
        }

        private ProviderCheckView View(ProviderCheck check, Provider? provider)
        {
            var (status, detail) = _checks.TryGetValue(check, out var known) ? known : (ProviderCheckStatus.Skipped, null);
            detail = detail is null || provider is null ? detail : UpstreamRow.Scrubbed(detail, provider);
            return new ProviderCheckView(check, status, detail is null || detail.Length <= MaxDetail ? detail : detail[..MaxDetail] + "…");
        }
    }
}
