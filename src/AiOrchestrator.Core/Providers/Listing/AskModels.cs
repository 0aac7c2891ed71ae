using AiOrchestrator.Core.Providers.Bedrock;

namespace AiOrchestrator.Core.Providers.Listing;

/// <summary>What came of asking a provider for its models.</summary>
/// <param name="Answer">The last answer; null where it has no list that could be asked for.</param>
/// <param name="Models">What it lists; null where it answered no list.</param>
internal sealed record ModelListing(TalkAnswer? Answer, ListedModels? Models)
{
    /// <summary>Whether the provider has no list to tell.</summary>
    public bool HasNone => Answer is not { } answer || answer.IsNothing;
}

/// <summary>Asks providers for their models, each in its way.</summary>
internal sealed class AskModels(ProviderTalk talk, TimeProvider time)
{
    /// <summary>What nobody has: guards against a list that leads to itself.</summary>
    private const int MostPages = 50;

    /// <summary>Asks.</summary>
    /// <param name="provider">Whom.</param>
    /// <param name="connection">On what.</param>
    /// <param name="reached">Told once an answer has begun, with the time it took.</param>
    /// <param name="onlyFirst">Whether the first page is enough: to see whether it answers at all.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="HttpRequestException">No answer came.</exception>
    /// <exception cref="IOException">It broke off.</exception>
    public async Task<ModelListing> ExecuteAsync(
        Provider provider, HttpMessageInvoker connection, Action<TimeSpan>? reached, bool onlyFirst, CancellationToken cancellation)
    {
        var names = new List<string>();
        string? next = null;
        TalkAnswer answer = default;
        for (var page = 0; page < MostPages; page++)
        {
            if (ModelListReader.UriOf(provider, next) is not { } uri)
            {
                return new ModelListing(null, null);
            }

            answer = await SendAsync(provider, uri, connection, reached, cancellation);
            var (found, more) = answer.IsGood ? ModelListReader.Read(provider, answer.Body) : default;
            if (found is null)
            {
                // Half a list is none: models would seem to be gone.
                return new ModelListing(answer, null);
            }

            names.AddRange(found);
            if (onlyFirst || more is null || more == next)
            {
                break;
            }

            next = more;
        }

        return new ModelListing(answer, new ListedModels(names));
    }

    private async Task<TalkAnswer> SendAsync(
        Provider provider, Uri uri, HttpMessageInvoker connection, Action<TimeSpan>? reached, CancellationToken cancellation)
    {
        using var message = ProviderTalk.Message(provider, HttpMethod.Get, uri);
        if (provider.Format is BedrockFormat)
        {
            using var nothing = new UpstreamBody(default, [], "application/json", new ValueTask<bool>(true));
            provider.Format.Sign(provider, message, nothing, time.GetUtcNow());
        }

        return await talk.SendAsync(message, connection, reached, cancellation);
    }
}
