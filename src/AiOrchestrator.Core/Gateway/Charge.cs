using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Gateway;

/// <summary>What a call is charged, and by whose count.</summary>
/// <param name="Usage">The tokens charged.</param>
/// <param name="CostNanoUsd">What they cost.</param>
/// <param name="Source"><c>reported</c>, <c>counted</c>, or null where nothing is charged.</param>
internal readonly record struct Charge(TokenUsage Usage, long CostNanoUsd, string? Source)
{
    /// <summary>
    /// The rule. Nothing was sent, or the provider answered with an error status: nothing. It reported usage: that. Else (the client went
    /// away, a deadline passed, the answer broke off or carried no usage): the prompt as expected and the tokens that were received.
    /// A report of no prompt tokens is no report: no call is free by accident.
    /// </summary>
    public static Charge Of(Exchange exchange)
    {
        if (!exchange.Sent || exchange.UpstreamStatus >= 300)
        {
            return default;
        }

        var facts = exchange.AnswerFacts;
        var reported = facts.HasUsage && facts.Reported!.Value.Tokens.PromptTokens > 0;
        var usage = reported
            ? facts.Reported!.Value.Tokens
            : new TokenUsage(Math.Min(exchange.PromptTokensExpected, TokenUsage.MaxTokens), Math.Min(facts.CountedTokens, TokenUsage.MaxTokens));
        return new Charge(usage, CostEngine.CostNanoUsd(exchange.Price!, usage), reported ? "reported" : "counted");
    }
}
