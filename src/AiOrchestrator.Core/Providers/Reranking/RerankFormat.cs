using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.Reranking;

/// <summary>
/// How documents are ordered by a query in a wire format: a capability of its <see cref="ChatFormat"/>. Credentials and errors are the chat
/// format's. Has no state.
/// </summary>
internal abstract class RerankFormat
{
    /// <summary>Whether every answer says what it cost; where not, what we count is charged and nothing is amiss.</summary>
    public abstract bool ReportsUsage { get; }

    /// <summary>Writes a request's body.</summary>
    /// <param name="request">What the caller asks.</param>
    /// <param name="terms">What else it says.</param>
    /// <param name="writer">Where to.</param>
    /// <param name="dropped">Takes the names of members that mean nothing here and are left out; the caller is told of them in a header.</param>
    /// <returns>Null, or what cannot be said in this format, naming the member.</returns>
    public abstract ApiFailure? Write(RerankRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped);

    /// <summary>Where a request goes.</summary>
    public abstract Uri UriOf(Provider provider, ServedModel model);
}
