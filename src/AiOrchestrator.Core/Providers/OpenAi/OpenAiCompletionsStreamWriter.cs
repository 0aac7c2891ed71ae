using System.Buffers;
using System.Text;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>Writes an answer as chunks of a legacy completion: text alone, as <see cref="OpenAiCompletionsAnswerWriter"/> does.</summary>
internal sealed class OpenAiCompletionsStreamWriter(AnswerTerms terms, AnswerFacts facts, IBufferWriter<byte> output)
    : OpenAiChunkWriter(terms, "text_completion", facts, output)
{
    private readonly HashSet<int> _echoed = [];

    /// <inheritdoc/>
    protected override byte[] UsualId => OpenAiCompletionsAnswerWriter.AnswerId(Terms);

    /// <inheritdoc/>
    protected override void OnText(int choice, ReadOnlySpan<byte> json)
    {
        EchoOnce(choice);
        WriteText(choice, json, "null"u8);
    }

    /// <inheritdoc/>
    protected override void OnRefusal(int choice, ReadOnlySpan<byte> json) => OnText(choice, json);

    /// <inheritdoc/>
    protected override void OnFinish(int choice, ChatFinish finish, ReadOnlySpan<byte> stopSequence)
    {
        EchoOnce(choice);
        WriteText(choice, default, Encoding.ASCII.GetBytes($"\"{OpenAiCompletionsAnswerWriter.Word(finish)}\""));
    }

    private void EchoOnce(int choice)
    {
        if (Terms.Request.Echoes && _echoed.Add(choice))
        {
            WriteText(choice, OpenAiCompletionsAnswerWriter.Echo(Terms), "null"u8);
        }
    }

    private void WriteText(int choice, ReadOnlySpan<byte> json, ReadOnlySpan<byte> finish)
    {
        WriteHead("\"choices\":[{\"text\":\""u8);
        Output.Write(json);
        Output.Write("\",\"index\":"u8);
        WriteNumber(choice);
        Output.Write(",\"logprobs\":null,\"finish_reason\":"u8);
        Output.Write(finish);
        Output.Write("}]}\n\n"u8);
    }
}
