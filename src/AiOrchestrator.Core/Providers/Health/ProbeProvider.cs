using AiOrchestrator.Core.Providers.Bedrock;
using AiOrchestrator.Core.Providers.Listing;

namespace AiOrchestrator.Core.Providers.Health;

/// <summary>
/// Asks a provider whether it is there, on a connection of its own: a full set of connections must not look like an outage. Asks for its models,
/// which costs nothing; where it has no list, whether anybody answers at its address. One token of a conversation is asked for only where the row says so.
/// </summary>
internal sealed class ProbeProvider(UpstreamClients clients, ProviderTalk talk, AskModels models, ProviderDirectory directory, TimeProvider time)
{
    /// <summary>Codes of the errors that calls get where a provider fails likewise (docs/operations/errors.md).</summary>
    internal const string Unreachable = "upstream_unreachable";
    internal const string TimedOut = "upstream_timeout";
    internal const string Broken = "upstream_failed";
    internal const string RefusedUs = "upstream_authentication_failed";
    internal const string RefusedRequest = "upstream_refused";

    /// <summary>No probe takes longer.</summary>
    private static readonly TimeSpan ProbeFor = TimeSpan.FromSeconds(10);

    /// <summary>Asks, and says what that says of the provider.</summary>
    /// <param name="provider">Whom.</param>
    /// <param name="kind">How; a provider without models for conversations is asked for its models all the same.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<Sighting> ExecuteAsync(Provider provider, ProbeKind kind, CancellationToken cancellation)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var timer = time.CreateTimer(static c => ((CancellationTokenSource)c!).Cancel(), bound, ProbeFor, Timeout.InfiniteTimeSpan);
        using var connection = clients.NewConnection(provider);
        try
        {
            var (answer, isOnlyAddress) = await AskAsync(provider, kind, connection, bound.Token);
            return Of(provider, answer, isOnlyAddress);
        }
        catch (HttpRequestException failure)
        {
            var isNoAnswer = failure.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError;
            return new Sighting(HealthSignal.Failed, isNoAnswer ? Unreachable : Broken, 0, 0);
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return new Sighting(HealthSignal.Failed, failure is IOException ? Broken : TimedOut, 0, 0);
        }
    }

    /// <summary>Whether a probe of a kind is one the provider bills.</summary>
    public bool IsPaid(Provider provider, ProbeKind kind) => kind == ProbeKind.Chat && ModelFor(provider) is not null;

    private ServedModel? ModelFor(Provider provider) => ProviderTalk.ModelFor(provider, directory.Current.Models, time.GetUtcNow().ToUnixTimeMilliseconds());

    private async Task<(TalkAnswer Answer, bool IsOnlyAddress)> AskAsync(Provider provider, ProbeKind kind, HttpMessageInvoker connection, CancellationToken cancellation)
    {
        if (kind == ProbeKind.Chat && ModelFor(provider) is { } model)
        {
            return (await talk.GreetAsync(provider, model, connection, reached: null, cancellation), false);
        }

        if (provider.Format is not BedrockFormat)
        {
            var listing = await models.ExecuteAsync(provider, connection, reached: null, onlyFirst: true, cancellation);
            if (!listing.HasNone)
            {
                return (listing.Answer!.Value, false);
            }

            if (listing.Answer is { } nothing)
            {
                // It says that there is no list: then somebody is there.
                return (nothing, true);
            }
        }

        // Who may call models at AWS need not be allowed to list them.
        using var message = ProviderTalk.Message(provider, HttpMethod.Get, provider.BaseUrl);
        return (await talk.SendAsync(message, connection, reached: null, cancellation), true);
    }

    private static Sighting Of(Provider provider, in TalkAnswer answer, bool isOnlyAddress)
    {
        var status = (int)answer.Status;
        var latencyUs = (long)answer.Latency.TotalMicroseconds;
        if (answer.IsGood || (isOnlyAddress && status < 500) || status == 501)
        {
            return new Sighting(HealthSignal.Ok, null, status, latencyUs);
        }

        var error = ProviderTalk.Said(provider, answer.Body);
        return (error is { IsOfCredential: true } ? HealthSignal.Refused : HealthSignals.OfStatus(status, error?.Type)) switch
        {
            null => new Sighting(HealthSignal.Ok, null, status, latencyUs),
            HealthSignal.Refused => new Sighting(HealthSignal.Refused, RefusedUs, status, 0),
            HealthSignal.Throttled => new Sighting(HealthSignal.Throttled, RefusedRequest, status, 0),
            var signal => new Sighting(signal.Value, Broken, status, 0),
        };
    }
}

/// <summary>What answers say about providers.</summary>
internal static class HealthSignals
{
    private const int Overloaded = 529;

    /// <summary>What a status other than a good one says; null where it says nothing about the provider: the request was at fault.</summary>
    /// <param name="status">The status.</param>
    /// <param name="errorType">The error's kind in the provider's words; null where it gives none.</param>
    public static HealthSignal? OfStatus(int status, string? errorType) => status switch
    {
        401 or 402 or 403 => HealthSignal.Refused,
        429 or Overloaded => HealthSignal.Throttled,
        408 => HealthSignal.Failed,
        501 => null,
        >= 500 => OfError(errorType) == HealthSignal.Throttled ? HealthSignal.Throttled : HealthSignal.Failed,
        _ => null,
    };

    /// <summary>What an error inside an answer that began well says, by its kind.</summary>
    /// <param name="errorType">The kind in the provider's words; null where it gives none.</param>
    public static HealthSignal? OfError(string? errorType) =>
        errorType is null ? HealthSignal.Failed
        : Names(errorType, "overloaded") || Names(errorType, "rate_limit") || Names(errorType, "throttl") || Names(errorType, "RESOURCE_EXHAUSTED") ? HealthSignal.Throttled
        : Names(errorType, "invalid") || Names(errorType, "BadRequest") || Names(errorType, "validation") || Names(errorType, "content") ? null
        : HealthSignal.Failed;

    private static bool Names(string errorType, string word) => errorType.Contains(word, StringComparison.OrdinalIgnoreCase);
}
