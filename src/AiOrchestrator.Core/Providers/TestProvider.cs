using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers;

/// <summary>
/// Calls a provider, in service or not, on a connection of its own, and says what works: asks for its models, or, where it tells none, for
/// a conversation of one token. Charged to no wallet and told to no usage; nothing it answers holds a secret.
/// </summary>
internal sealed class TestProvider(UpstreamClients clients, TimeProvider time)
{
    private const int MaxAnswerBytes = 8 << 20;
    private const int MaxDetail = 500;
    private const int MostMissing = 10;

    /// <summary>Bounds the whole test.</summary>
    private static readonly TimeSpan TestFor = TimeSpan.FromSeconds(20);

    /// <param name="row">The provider's row.</param>
    /// <param name="asksChat">Whether it is to answer a conversation even where it tells its models: some tell them to anybody.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<ProviderTestView> ExecuteAsync(ProviderRow row, bool asksChat, CancellationToken cancellation)
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
                await AskChatAsync(provider, connection, findings, bound.Token);
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
        if (provider.PathTemplate is not null || provider.WireFormat is "echo" or "bedrock")
        {
            return false;
        }

        using var message = Message(provider, HttpMethod.Get, new Uri(provider.BaseUrl, "models"));
        var (status, body) = await SendAsync(message, connection, findings, cancellation);
        if (status is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented)
        {
            findings.Note(ProviderCheck.Models, ProviderCheckStatus.Skipped, string.Create(CultureInfo.InvariantCulture, $"it has no list of models ({(int)status})"));
            return false;
        }

        if (Judge(provider, status, body, findings, ProviderCheck.Models))
        {
            findings.Note(ProviderCheck.Models, ProviderCheckStatus.Ok, Told(provider, body));
        }

        return true;
    }

    private async Task AskChatAsync(Provider provider, HttpMessageInvoker connection, Findings findings, CancellationToken cancellation)
    {
        if (!provider.Format.HasChat || provider.Models.FirstOrDefault(static m => m.Price.Kind == ModelKind.Chat) is not { } model)
        {
            findings.Note(ProviderCheck.Chat, ProviderCheckStatus.Skipped, "the row has no model for chat");
            return;
        }

        using var message = Message(provider, HttpMethod.Post, provider.Format.UriOf(provider, model, stream: false));
        using var asked = new UpstreamBody(Ask(provider, model), [], "application/json", new ValueTask<bool>(true));
        message.Content = asked;
        provider.Format.Sign(provider, message, asked, time.GetUtcNow());
        var (status, body) = await SendAsync(message, connection, findings, cancellation);
        if (Judge(provider, status, body, findings, ProviderCheck.Chat))
        {
            findings.Note(ProviderCheck.Chat, ProviderCheckStatus.Ok, $"'{model.UpstreamId}' answered");
        }
    }

    /// <summary>A conversation in the provider's format.</summary>
    private static ReadOnlyMemory<byte> Ask(Provider provider, ServedModel model)
    {
        using var request = new ChatRequest(JsonDocument.Parse("""{"model":"test","messages":[{"role":"user","content":"Hi"}],"max_tokens":1}"""));
        var body = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(body, ChatJson.Writing))
        {
            if ((OpenAiChatDialect.Instance.Read(request.Root, request) ?? provider.Format.Write(request, new UpstreamTerms(model, 1, Stream: false), writer, [])) is { } failure)
            {
                throw new InvalidOperationException($"a greeting cannot be said in '{provider.WireFormat}': {failure.Code}");
            }
        }

        if (provider.Quirks is not { } quirks)
        {
            return body.WrittenMemory;
        }

        var edited = new ArrayBufferWriter<byte>(body.WrittenCount);
        var at = 0;
        foreach (var edit in OpenAiMemberEdits.Add(body.WrittenSpan, quirks, [], dropped: null))
        {
            edited.Write(body.WrittenSpan[at..edit.At.Start]);
            edited.Write(edit.With.Span);
            at = edit.At.End;
        }

        edited.Write(body.WrittenSpan[at..]);
        return edited.WrittenMemory;
    }

    private static HttpRequestMessage Message(Provider provider, HttpMethod method, Uri uri)
    {
        var message = new HttpRequestMessage(method, uri)
        {
            Version = uri.Scheme == Uri.UriSchemeHttps ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        provider.Format.AddHeaders(provider, message.Headers, static _ => null);
        message.Headers.TryAddWithoutValidation("Accept", "application/json");
        message.Headers.TryAddWithoutValidation("User-Agent", "AiOrchestrator");
        UpstreamRow.Apply(provider, message);
        return message;
    }

    private async Task<(HttpStatusCode Status, byte[] Body)> SendAsync(
        HttpRequestMessage message, HttpMessageInvoker connection, Findings findings, CancellationToken cancellation)
    {
        var sent = time.GetTimestamp();
        using var answer = await connection.SendAsync(message, cancellation);
        findings.Reached(message.RequestUri!, time.GetElapsedTime(sent));
        var stream = await answer.Content.ReadAsStreamAsync(cancellation);
        await using (stream)
        {
            var body = new MemoryStream();
            var piece = new byte[16 << 10];
            int read;
            while (body.Length <= MaxAnswerBytes && (read = await stream.ReadAsync(piece, cancellation)) > 0)
            {
                body.Write(piece, 0, read);
            }

            return (answer.StatusCode, body.ToArray());
        }
    }

    /// <summary>Whether an answer is a good one; what is wrong with another is noted.</summary>
    private static bool Judge(Provider provider, HttpStatusCode status, byte[] body, Findings findings, ProviderCheck check)
    {
        var said = string.Create(CultureInfo.InvariantCulture, $"status {(int)status}{(Said(provider, body) is { } text ? ": " + text : "")}");
        if (status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden || IsOfCredential(provider, body))
        {
            findings.Note(ProviderCheck.Auth, ProviderCheckStatus.Failed, said);
            return false;
        }

        if ((int)status is >= 200 and < 300)
        {
            findings.Note(ProviderCheck.Auth, ProviderCheckStatus.Ok, provider.Secrets.Count == 0 ? "without a credential" : null);
            return true;
        }

        // A status such as 400 or 429 comes before or after the credential was looked at: that is not known then.
        findings.Note(check, ProviderCheckStatus.Failed, said);
        return false;
    }

    private static bool IsOfCredential(Provider provider, byte[] body) => Error(provider, body) is { IsOfCredential: true };

    private static string? Said(Provider provider, byte[] body) => Error(provider, body)?.Message;

    private static ProviderError? Error(Provider provider, byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return provider.Format.ReadError(document.RootElement) ?? OpenAiErrorReader.Read(document.RootElement);
        }
        catch (JsonException)
        {
            // Not JSON: the status says enough.
            return null;
        }
    }

    /// <summary>How many models it told, and which of the row's are not among them.</summary>
    private static string Told(Provider provider, byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            var list = root.Member("data"u8) ?? root.Member("models"u8) ?? root;
            if (list.ValueKind != JsonValueKind.Array)
            {
                return "it answered no list that can be read";
            }

            var names = list.EnumerateArray().Select(static m => m.TextOf("id"u8) ?? m.TextOf("model_id"u8) ?? m.TextOf("name"u8)).OfType<string>()
                .SelectMany(static n => new[] { n, n[(n.LastIndexOf('/') + 1)..] }).ToHashSet(StringComparer.Ordinal);
            var missing = provider.Models.Select(static m => m.UpstreamId).Where(m => !names.Contains(m)).Distinct(StringComparer.Ordinal).ToList();
            var count = string.Create(CultureInfo.InvariantCulture, $"{list.GetArrayLength()} models");
            return missing.Count == 0 ? count
                : string.Create(CultureInfo.InvariantCulture, $"{count}; {missing.Count} of the row's are not listed: {string.Join(", ", missing.Take(MostMissing))}");
        }
        catch (JsonException)
        {
            // It let us in, which is what the check is about.
            return "it answered no list that can be read";
        }
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
