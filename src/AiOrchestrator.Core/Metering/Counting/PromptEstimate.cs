namespace AiOrchestrator.Core.Metering.Counting;

/// <summary>The prompt tokens of a request before a provider has counted them.</summary>
/// <param name="PromptTokensMax">
/// An upper bound of what the provider can report; 0 or more. Null where no bound is known (unbounded content and a model without a
/// published window): such a call cannot be held for and must be refused.
/// </param>
/// <param name="PromptTokensExpected">
/// The best guess, for a call that was cut and never reported; at most <paramref name="PromptTokensMax"/> where that is known.
/// </param>
/// <param name="PromptTokensCounted">The count by the family's rule, before it was corrected by what providers report.</param>
public readonly record struct PromptEstimate(long? PromptTokensMax, long PromptTokensExpected, long PromptTokensCounted);
