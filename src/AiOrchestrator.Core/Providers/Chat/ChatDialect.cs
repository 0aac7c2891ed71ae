using System.Buffers;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Chat;

/// <summary>What an answer is to say beside what the provider says.</summary>
/// <param name="Id">The exchange's id: what the answer is called where the provider has no name for it.</param>
/// <param name="Model">The model as the caller named it.</param>
/// <param name="Created">When the call came.</param>
/// <param name="Request">What is known of the request.</param>
internal sealed record AnswerTerms(string Id, string Model, DateTimeOffset Created, RequestFacts Request)
{
    /// <summary>Whether the caller offered <c>functions</c>, and expects to be asked by <c>function_call</c>.</summary>
    public bool HasFunctions => Request.FunctionsRange.IsPresent;

    /// <summary>Tokens of the prompt by our own count: shown where a dialect must say so before anybody has reported them.</summary>
    public long PromptTokens { get; init; }

    /// <summary>The caller's body, for dialects whose answers repeat what was asked; null where it is not at hand.</summary>
    public JsonElement? Asked { get; init; }
}

/// <summary>A wire format as callers speak it: how a request is read and how an answer is written. Has no state.</summary>
internal abstract class ChatDialect
{
    /// <summary>The wire format of providers that speak it too: then nothing is translated.</summary>
    public abstract string Format { get; }

    /// <summary>What ends a stream that is relayed as it is, where its provider leaves that out; empty where nothing does.</summary>
    public virtual ReadOnlyMemory<byte> EndMarker => default;

    /// <summary>Reads a request, of which <see cref="OpenAiRequestReader"/> has checked the outline.</summary>
    /// <param name="root">The body.</param>
    /// <param name="request">Takes what it asks.</param>
    /// <returns>Null, or what is wrong with it, naming the member.</returns>
    public abstract ApiFailure? Read(JsonElement root, ChatRequest request);

    /// <summary>A writer for one streamed answer.</summary>
    /// <param name="terms">What else it says.</param>
    /// <param name="facts">What is learnt of the answer.</param>
    /// <param name="output">Takes whole server-sent events.</param>
    public abstract ChatStreamWriter CreateStream(AnswerTerms terms, AnswerFacts facts, IBufferWriter<byte> output);

    /// <summary>Writes a whole answer.</summary>
    public abstract void Write(ChatAnswer answer, AnswerTerms terms, Utf8JsonWriter writer);
}

/// <summary>Writes an answer as a stream of events while it comes in. One for each answer; not for several threads at once.</summary>
/// <param name="facts">What is learnt of the answer.</param>
/// <param name="output">Takes whole events.</param>
internal abstract class ChatStreamWriter(AnswerFacts facts, IBufferWriter<byte> output) : ChatSink(facts)
{
    /// <summary>Takes whole events.</summary>
    protected IBufferWriter<byte> Output => output;

    /// <summary>Writes what ends the stream, usage included.</summary>
    public abstract void End();

    /// <summary>Writes a failure as the last event of a stream that has begun.</summary>
    public abstract void Fail(ApiFailure failure);
}
