using System.Net.Http.Headers;
using System.Text.Json;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Embeddings;
using AiOrchestrator.Core.Providers.Reranking;
using AiOrchestrator.Core.Providers.Speech;

namespace AiOrchestrator.Core.Providers.Chat;

/// <summary>What a request upstream is to say beside what the caller asks.</summary>
/// <param name="Model">The model as the provider serves it.</param>
/// <param name="MaxOutputTokens">Bound of each answer's tokens that the call is held for; 1 or more.</param>
/// <param name="Stream">Whether the answer is to be streamed.</param>
internal readonly record struct UpstreamTerms(ServedModel Model, long MaxOutputTokens, bool Stream)
{
    /// <summary>Whether the bound was set because money was short: then it is enforced though the caller set none.</summary>
    public bool IsClamped { get; init; }

    /// <summary>Where the provider is, as far as its format depends on it; null for where it usually is.</summary>
    public Uri? BaseUrl { get; init; }
}

/// <summary>
/// A wire format as providers speak it: how a request is written, where it goes, and how answers and errors are read. Has no state; adding a
/// provider that speaks it is a row.
/// </summary>
internal abstract class ChatFormat
{
    /// <summary>What rows call it: <c>wire_format</c>.</summary>
    public abstract string Name { get; }

    /// <summary>How it writes usage down.</summary>
    public abstract UsageFormat Usage { get; }

    /// <summary>Whether streams are binary events (application/vnd.amazon.eventstream) rather than server-sent ones.</summary>
    public virtual bool StreamsBinary => false;

    /// <summary>Whether it has conversations at all.</summary>
    public virtual bool HasChat => true;

    /// <summary>How it asks for speech; null where its providers have none, or take OpenAI's request as it is.</summary>
    public virtual SpeechFormat? Speech => null;

    /// <summary>How it asks for embeddings; null where its providers have none, or take OpenAI's request as it is.</summary>
    public virtual EmbeddingsFormat? Embeddings => null;

    /// <summary>How it asks for documents to be ordered; null where its providers cannot.</summary>
    public virtual RerankFormat? Rerank => null;

    /// <summary>Writes a request's body.</summary>
    /// <param name="request">What the caller asks.</param>
    /// <param name="terms">What else it says.</param>
    /// <param name="writer">Where to.</param>
    /// <param name="dropped">Takes the names of members that mean nothing here and are left out; the caller is told of them in a header.</param>
    /// <returns>Null, or what cannot be said in this format, naming the member.</returns>
    public abstract ApiFailure? Write(ChatRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped);

    /// <summary>Where a request goes.</summary>
    public abstract Uri UriOf(Provider provider, ServedModel model, bool stream);

    /// <summary>Adds the credential and what else the format has in headers.</summary>
    /// <param name="provider">Whose.</param>
    /// <param name="headers">Of the request upstream.</param>
    /// <param name="caller">A header of the caller's request by name; null where there is none.</param>
    public abstract void AddHeaders(Provider provider, HttpRequestHeaders headers, Func<string, string?> caller);

    /// <summary>Signs a request, last of all: nothing that is signed changes afterwards. Most formats have no signature.</summary>
    /// <param name="provider">Whose.</param>
    /// <param name="message">The request, its headers complete.</param>
    /// <param name="body">Its body.</param>
    /// <param name="now">When it is sent.</param>
    public virtual void Sign(Provider provider, HttpRequestMessage message, UpstreamBody body, DateTimeOffset now)
    {
    }

    /// <summary>What is wrong with a row's secret, as the end of a sentence that never holds any of it; null when nothing is.</summary>
    /// <param name="secret">As the reference leads to it.</param>
    public virtual string? CheckCredential(string secret) =>
        secret.AsSpan().ContainsAnyExceptInRange('!', '~') ? "leads to a secret that cannot stand in a header" : null;

    /// <summary>What a row lacks that the format needs: the member, and the end of a sentence that begins with its name; null when nothing is.</summary>
    /// <param name="config">The row.</param>
    public virtual (string Member, string Problem)? CheckRow(ProviderConfig config) => null;

    /// <summary>A reader for one answer.</summary>
    public abstract ChatAnswerReader CreateReader();

    /// <summary>What an answer that is an error says; null where it cannot be read.</summary>
    /// <param name="body">The answer's body.</param>
    public abstract ProviderError? ReadError(JsonElement body);
}
