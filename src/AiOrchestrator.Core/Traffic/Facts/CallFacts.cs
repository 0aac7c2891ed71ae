using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;

namespace AiOrchestrator.Core.Traffic.Facts;

/// <summary>
/// All that is known of a call when it is decided who serves it. What is dear to find out is found out when it is first asked for, once. A decision is a
/// function of this, of the configuration and of how the providers are; of nothing else.
/// </summary>
internal sealed record CallFacts
{
    private PromptText? _text;
    private Classification? _classification;
    private (bool Known, long? Value) _estimatedCostNanoUsd;
    private (bool Known, double? Value) _budgetLeft;

    /// <summary>What the model is called for when the caller leaves the choice to the gateway.</summary>
    public const string Automatic = "auto";

    /// <summary>The exchange; says nothing of the call, lots are drawn by it.</summary>
    public ExchangeId ExchangeId { get; init; }

    // What is asked.

    /// <summary>The call.</summary>
    public ModelCall Call { get; init; }

    /// <summary>Whether it is one of the calls of a batch.</summary>
    public bool IsBatched { get; init; }

    /// <summary>The model as the caller named it; <see cref="Automatic"/>, or that and a category behind a colon.</summary>
    public string Model { get; init; } = "";

    /// <summary>Whether the choice is left to the gateway.</summary>
    public bool IsAutomatic { get; init; }

    /// <summary>Whether the gateway itself asks, what a caller's call is: rules may refuse and bound it, but its model is the one that is to be asked.</summary>
    public bool IsQuestion { get; init; }

    /// <summary>The category the caller named behind <c>auto:</c>; null for none.</summary>
    public TaskCategory? CategoryAsked { get; init; }

    /// <summary>What the model must be able to do.</summary>
    public CallNeeds Needs { get; init; }

    /// <summary>About how many tokens the prompt is: bytes of its text, of the system's word and of the tools by four, 1 or more. The exact count, and what images are worth, needs the model.</summary>
    public long PromptTokens { get; init; } = 1;

    /// <summary>The bound on the output the caller set; null for none.</summary>
    public long? OutputTokensMax { get; init; }

    /// <summary>Whether an event stream is asked for.</summary>
    public bool IsStreamed { get; init; }

    /// <summary>The names of the files that are attached, as the caller gave them.</summary>
    public IReadOnlyList<string> FileNames { get; init; } = [];

    // Who asks.

    /// <summary>The organisation.</summary>
    public string OrganisationId { get; init; } = "";

    /// <summary>The key.</summary>
    public string KeyId { get; init; } = "";

    /// <summary>The person or service behind the key, or the key.</summary>
    public string UserId { get; init; } = "";

    /// <summary>The wallets that pay, from the key's own to the root: the project, the team, the organisation.</summary>
    public IReadOnlyList<string> WalletIds { get; init; } = [];

    /// <summary>What the caller said in <c>x-feature-id</c>; null for nothing.</summary>
    public string? FeatureId { get; init; }

    /// <summary>What the caller said in <c>x-tags</c>, in small letters.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The <c>user</c> of the request, or <c>metadata.user_id</c>; null for none.</summary>
    public string? EndUser { get; init; }

    /// <summary>Where the call comes from, as regions are named; null where that is not known.</summary>
    public string? Origin { get; init; }

    /// <summary>When it came, milliseconds since 1970.</summary>
    public long UnixMs { get; init; }

    /// <summary>The call's own chance: whatever is drawn for it is drawn from this, so that it is decided the same way again.</summary>
    public ulong Chance { get; init; }

    // What has to be found out.

    /// <summary>Reads <see cref="Text"/> out of the body.</summary>
    public Func<CallFacts, PromptText>? ReadText { get; init; }

    /// <summary>Finds <see cref="Classification"/>.</summary>
    public Func<CallFacts, Classification>? Classify { get; init; }

    /// <summary>Finds <see cref="EstimatedCostNanoUsd"/>.</summary>
    public Func<CallFacts, long?>? EstimateCost { get; init; }

    /// <summary>Finds <see cref="BudgetLeft"/>.</summary>
    public Func<CallFacts, double?>? FindBudgetLeft { get; init; }

    /// <summary>The prompt's words.</summary>
    public PromptText Text => _text ??= ReadText?.Invoke(this) ?? PromptText.Empty;

    /// <summary>Whether the prompt's words are known: those of forms and of whole batches are not.</summary>
    public bool HasText => ReadText is not null && !Text.IsUnread;

    /// <summary>What kind of work it is.</summary>
    public Classification Classification
    {
        get => _classification ??= Classify?.Invoke(this)
            ?? new Classification(TaskCategory.Medium, 0, "nothing classifies here", TaskComplexity.Medium, "und", PromptTokens, Needs);
        internal set => _classification = value;
    }

    /// <summary>Whether it has been found out what kind of work it is.</summary>
    public bool IsClassified => _classification is not null;

    /// <summary>What the call would cost at the model it names, the bound on the output used up; nano-dollars, null where no model is named or it has no price.</summary>
    public long? EstimatedCostNanoUsd
    {
        get
        {
            if (!_estimatedCostNanoUsd.Known)
            {
                _estimatedCostNanoUsd = (true, EstimateCost?.Invoke(this));
            }

            return _estimatedCostNanoUsd.Value;
        }
    }

    /// <summary>The part of its limit that the tightest wallet of the path still has, 0 to 1, as far as this instance knows; null where nothing is limited or known.</summary>
    public double? BudgetLeft
    {
        get
        {
            if (!_budgetLeft.Known)
            {
                _budgetLeft = (true, FindBudgetLeft?.Invoke(this));
            }

            return _budgetLeft.Value;
        }
    }

    /// <summary>The call by its id: what it says is nobody's to print.</summary>
    public override string ToString() => ExchangeId.ToString();
}
