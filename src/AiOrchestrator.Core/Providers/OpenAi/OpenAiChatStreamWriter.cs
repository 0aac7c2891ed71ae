using System.Buffers;
using System.Text;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// Writes an answer as chunks of a chat completion (https://platform.openai.com/docs/api-reference/chat/streaming). Reasoning goes out as
/// <c>reasoning_content</c> for those who show it, and as <c>reasoning_details</c> with the provider's seal for those who send it back.
/// </summary>
internal sealed class OpenAiChatStreamWriter(AnswerTerms terms, AnswerFacts facts, IBufferWriter<byte> output)
    : OpenAiChunkWriter(terms, "chat.completion.chunk", facts, output)
{
    private readonly List<ChoiceState> _choices = [];

    /// <inheritdoc/>
    protected override byte[] UsualId => OpenAiChatAnswerWriter.AnswerId(Terms);

    /// <inheritdoc/>
    protected override void OnBegun() => _ = State(0);

    /// <inheritdoc/>
    protected override void OnText(int choice, ReadOnlySpan<byte> json)
    {
        State(choice).Characters += ChatJson.Characters(json);
        WriteText(choice, "{\"content\":\""u8, json, "\"}"u8);
    }

    /// <inheritdoc/>
    protected override void OnRefusal(int choice, ReadOnlySpan<byte> json) => WriteText(choice, "{\"refusal\":\""u8, json, "\"}"u8);

    /// <inheritdoc/>
    protected override void OnReasoning(int choice, ReadOnlySpan<byte> json)
    {
        BeginDelta(choice);
        Output.Write("{\"reasoning_content\":\""u8);
        Output.Write(json);
        Output.Write("\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\""u8);
        Output.Write(json);
        Output.Write("\",\"index\":"u8);
        WriteNumber(State(choice).Reasonings);
        Output.Write("}]}"u8);
        EndDelta();
    }

    /// <inheritdoc/>
    protected override void OnReasoningSignature(int choice, ReadOnlySpan<byte> json) =>
        WriteDetail(choice, "reasoning.text\",\"signature\":\""u8, json);

    /// <inheritdoc/>
    protected override void OnReasoningRedacted(int choice, ReadOnlySpan<byte> json) =>
        WriteDetail(choice, "reasoning.encrypted\",\"data\":\""u8, json);

    /// <inheritdoc/>
    protected override void OnToolCall(int choice, int call, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> signature)
    {
        if (IsOlder(call))
        {
            WriteText(choice, "{\"function_call\":{\"name\":\""u8, name, "\",\"arguments\":\"\"}}"u8);
            return;
        }

        BeginDelta(choice);
        Output.Write("{\"tool_calls\":[{\"index\":"u8);
        WriteNumber(call);
        Output.Write(",\"id\":\""u8);
        Output.Write(id.IsEmpty ? OpenAiChatAnswerWriter.CallId(Terms, choice, call) : id);
        Output.Write("\",\"type\":\"function\",\"function\":{\"name\":\""u8);
        Output.Write(name);
        Output.Write("\",\"arguments\":\"\"}"u8);
        if (!signature.IsEmpty)
        {
            Output.Write(",\"extra_content\":{\"google\":{\"thought_signature\":\""u8);
            Output.Write(signature);
            Output.Write("\"}}"u8);
        }

        Output.Write("}]}"u8);
        EndDelta();
    }

    /// <inheritdoc/>
    protected override void OnToolArguments(int choice, int call, ReadOnlySpan<byte> json)
    {
        if (IsOlder(call))
        {
            WriteText(choice, "{\"function_call\":{\"arguments\":\""u8, json, "\"}}"u8);
            return;
        }

        BeginDelta(choice);
        Output.Write("{\"tool_calls\":[{\"index\":"u8);
        WriteNumber(call);
        Output.Write(",\"function\":{\"arguments\":\""u8);
        Output.Write(json);
        Output.Write("\"}}]}"u8);
        EndDelta();
    }

    /// <inheritdoc/>
    protected override void OnCitation(int choice, in ChatCitation citation)
    {
        if (citation.Url.IsEmpty)
        {
            // OpenAI's annotations are of addresses; a passage of a document the caller sent has none.
            return;
        }

        BeginDelta(choice);
        Output.Write("{\"annotations\":[{\"type\":\"url_citation\",\"url_citation\":{\"url\":\""u8);
        Output.Write(citation.Url);
        Output.Write("\",\"title\":\""u8);
        Output.Write(citation.Title);
        Output.Write("\",\"start_index\":0,\"end_index\":"u8);
        WriteNumber(State(choice).Characters);
        Output.Write("}}]}"u8);
        EndDelta();
    }

    /// <inheritdoc/>
    protected override void OnFinish(int choice, ChatFinish finish, ReadOnlySpan<byte> stopSequence)
    {
        BeginDelta(choice);
        Output.Write("{}"u8);
        Output.Write(",\"finish_reason\":\""u8);
        Output.Write(Encoding.ASCII.GetBytes(OpenAiChatAnswerWriter.Word(finish, Terms)));
        Output.Write("\"}]}\n\n"u8);
    }

    /// <summary>Whether a call is told in the older shape, which has room for the first of an answer.</summary>
    private bool IsOlder(int call) => call == 0 && Terms.HasFunctions;

    private void WriteDetail(int choice, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> json)
    {
        BeginDelta(choice);
        Output.Write("{\"reasoning_details\":[{\"type\":\""u8);
        Output.Write(kind);
        Output.Write(json);
        Output.Write("\",\"index\":"u8);
        WriteNumber(State(choice).Reasonings++);
        Output.Write("}]}"u8);
        EndDelta();
    }

    private void WriteText(int choice, ReadOnlySpan<byte> before, ReadOnlySpan<byte> json, ReadOnlySpan<byte> after)
    {
        BeginDelta(choice);
        Output.Write(before);
        Output.Write(json);
        Output.Write(after);
        EndDelta();
    }

    /// <summary>The state of a choice; the first chunk of each says who speaks.</summary>
    private ChoiceState State(int choice)
    {
        while (_choices.Count <= choice)
        {
            _choices.Add(new ChoiceState());
        }

        var state = _choices[choice];
        if (!state.HasBegun)
        {
            state.HasBegun = true;
            WriteText(choice, "{\"role\":\"assistant\",\"content\":\""u8, default, "\"}"u8);
        }

        return state;
    }

    private void BeginDelta(int choice)
    {
        _ = State(choice);
        WriteHead("\"choices\":[{\"index\":"u8);
        WriteNumber(choice);
        Output.Write(",\"delta\":"u8);
    }

    private void EndDelta() => Output.Write(",\"finish_reason\":null}]}\n\n"u8);

    private sealed class ChoiceState
    {
        public bool HasBegun { get; set; }

        /// <summary>Characters of text so far.</summary>
        public long Characters { get; set; }

        /// <summary>Thoughts that are at their end.</summary>
        public int Reasonings { get; set; }
    }
}
