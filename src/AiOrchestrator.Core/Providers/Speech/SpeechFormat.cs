using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.Speech;

/// <summary>
/// How speech is asked for in a wire format other than OpenAI's: a capability of its <see cref="ChatFormat"/>. Credentials and errors are the chat
/// format's, and the sound is relayed as it comes. Has no state.
/// </summary>
internal abstract class SpeechFormat
{
    /// <summary>Writes a request's body.</summary>
    /// <param name="request">What the caller asks.</param>
    /// <param name="terms">What else it says.</param>
    /// <param name="writer">Where to.</param>
    /// <param name="dropped">Takes the names of members that mean nothing here and are left out; the caller is told of them in a header.</param>
    /// <returns>Null, or what cannot be said in this format, naming the member.</returns>
    public abstract ApiFailure? Write(SpeechCall request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped);

    /// <summary>Where a request goes, once its body is written.</summary>
    public abstract Uri UriOf(Provider provider, SpeechCall request);
}
