using System.Text;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Tests.Traffic.Facts;

/// <summary>A request as the gateway parses it, and what is read out of it.</summary>
internal static class PromptScene
{
    public static (PromptText Text, CallNeeds Needs) Read(ModelCall call, string json)
    {
        var body = Encoding.UTF8.GetBytes(json);
        var facts = new RequestFacts();
        var failure = OpenAiRequestReader.Read(body, call, facts);
        Assert.True(failure is null, failure?.Message);
        return (PromptReader.Text(body, call, facts), PromptReader.Needs(body, call, facts, out _));
    }

    public static (PromptText Text, CallNeeds Needs) Chat(string messages, string more = "") =>
        Read(ModelCall.ChatCompletions, $$"""{"model":"auto","messages":{{messages}}{{more}}}""");
}
