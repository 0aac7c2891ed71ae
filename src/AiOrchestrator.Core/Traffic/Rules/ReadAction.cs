using System.Buffers;
using System.Globalization;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Chains;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>Reads what a rule does from a request, and notes all that is wrong with it.</summary>
internal static class ReadAction
{
    private const int MaxModel = 200;
    private const int MaxFallbacks = 10;
    private const int MaxTags = 10;
    private const int MaxTag = 64;
    private const int MaxMessage = 500;
    private const int MaxParameters = 20;
    private const int MaxParameter = 64;
    private const int MaxText = 200;
    private const long MaxOutputTokens = 10_000_000;

    private static readonly SearchValues<char> NameChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");

    /// <summary>What a request is about, or what has a member of its own here, or changes how many answers are paid for.</summary>
    private static readonly HashSet<string> Refused = new(StringComparer.Ordinal)
    {
        "model", "messages", "input", "prompt", "system", "instructions", "stream", "stream_options", "tools", "tool_choice", "functions", "function_call", "response_format", "metadata",
        "previous_response_id", "conversation", "background", "store", "n", "best_of", "user", "max_tokens", "max_completion_tokens", "max_output_tokens",
    };

    /// <summary>Numbers whose bounds all dialects share.</summary>
    private static readonly (string Name, double Min, double Max)[] Bounds =
        [("temperature", 0, 2), ("top_p", 0, 1), ("presence_penalty", -2, 2), ("frequency_penalty", -2, 2)];

    /// <summary>Reads it.</summary>
    /// <param name="action">The action's members.</param>
    /// <param name="rule">The rule's members.</param>
    /// <param name="chains">The organisation's chains.</param>
    public static RuleAction Run(MemberReader action, MemberReader rule, ChainSet chains)
    {
        var read = new RuleAction
        {
            Use = action.Object("use") is { } use ? Use(use, action, chains) : null,
            Set = action.Object("set") is { } set ? Set(set, action) : null,
            Deny = action.Object("deny") is { } deny ? new RuleDenial(deny.Text("message", MaxMessage, required: true) ?? "") : null,
            Mark = Mark(action),
            ReplacesExplicit = action.Flag("replaces_explicit") ?? false,
        };
        if (!action.HasProblems && read is { Use: null, Set: null, Deny: null, Mark: null })
        {
            rule.Problem("action", "must hold use, set, deny or mark");
        }

        if (read.Deny is not null && (read.Use is not null || read.Set is not null))
        {
            action.Problem("deny", "refuses the call: neither use nor set can stand beside it");
        }

        if (read.ReplacesExplicit && read.Use is null)
        {
            action.Problem("replaces_explicit", "says of use that it acts although the caller named a model: it needs use");
        }

        return read;
    }

    private static RuleUse Use(MemberReader use, MemberReader action, ChainSet chains)
    {
        var read = new RuleUse { Chain = use.Text("chain", MaxModel), Model = use.Text("model", MaxModel), Fallback = use.Texts("fallback", MaxFallbacks, MaxModel) };
        if (read.Chain is null == read.Model is null && !action.HasProblems)
        {
            action.Problem("use", "must name a chain or a model, and not both");
        }

        if (read.Chain is { } chain && chains.Find(chain) is null)
        {
            use.Problem("chain", "is the id or name of no chain: GET /control/v1/chains");
        }

        if (read is { Chain: not null, Fallback.Count: > 0 })
        {
            use.Problem("fallback", "belongs to a model: a chain names its own");
        }

        IEnumerable<(string Member, string Model)> models = [("model", read.Model ?? ""), .. (read.Fallback ?? []).Select(static (m, i) => ($"fallback[{i}]", m))];
        foreach (var (member, model) in models)
        {
            if (model.StartsWith(Chain.ModelPrefix, StringComparison.Ordinal) || model == CallFacts.Automatic || model.StartsWith($"{CallFacts.Automatic}:", StringComparison.Ordinal))
            {
                use.Problem(member, "must be a model; a chain goes into 'chain'");
            }
        }

        return read;
    }

    private static RuleSettings Set(MemberReader set, MemberReader action)
    {
        var read = new RuleSettings
        {
            MaxTokensCap = set.Whole("max_tokens_cap", 1, MaxOutputTokens),
            MaxTokensDefault = set.Whole("max_tokens_default", 1, MaxOutputTokens),
            Parameters = Parameters(set),
        };
        if (read.MaxTokensDefault > read.MaxTokensCap)
        {
            set.Problem("max_tokens_default", "must not be above max_tokens_cap");
        }

        if (!action.HasProblems && read is { MaxTokensCap: null, MaxTokensDefault: null, Parameters: null })
        {
            action.Problem("set", "must hold max_tokens_cap, max_tokens_default or parameters");
        }

        return read;
    }

    private static Dictionary<string, JsonElement>? Parameters(MemberReader set)
    {
        if (set.Raw("parameters") is not { } given)
        {
            return null;
        }

        if (given.ValueKind != JsonValueKind.Object || given.GetPropertyCount() is 0 or > MaxParameters)
        {
            set.Problem("parameters", string.Create(CultureInfo.InvariantCulture, $"must be an object of 1 to {MaxParameters} members"));
            return null;
        }

        var parameters = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in given.EnumerateObject())
        {
            var name = member.Name.Length > MaxParameter ? member.Name[..MaxParameter] : member.Name;
            if (ProblemOf(member) is { } problem)
            {
                set.Problem($"parameters.{name}", problem);
            }
            else if (!parameters.TryAdd(member.Name, member.Value))
            {
                set.Problem($"parameters.{name}", "appears twice");
            }
        }

        return parameters;
    }

    private static string? ProblemOf(JsonProperty member)
    {
        if (member.Name.Length is 0 or > MaxParameter || member.Name.AsSpan().ContainsAnyExcept(NameChars))
        {
            return string.Create(CultureInfo.InvariantCulture, $"is no name of a member: 1 to {MaxParameter} of a-z, 0-9 and _");
        }

        if (Refused.Contains(member.Name))
        {
            return member.Name.StartsWith("max_", StringComparison.Ordinal) ? "is set by max_tokens_cap and max_tokens_default" : "cannot be set by a rule";
        }

        foreach (var (name, min, max) in Bounds)
        {
            if (name == member.Name && !(member.Value.ValueKind == JsonValueKind.Number && member.Value.GetDouble() >= min && member.Value.GetDouble() <= max))
            {
                return string.Create(CultureInfo.InvariantCulture, $"must be a number from {min} to {max}");
            }
        }

        return member.Value.ValueKind switch
        {
            JsonValueKind.True or JsonValueKind.False or JsonValueKind.Number => null,
            JsonValueKind.String when member.Value.GetString()!.Length <= MaxText => null,
            _ => string.Create(CultureInfo.InvariantCulture, $"must be a number, true, false or a string of at most {MaxText} characters"),
        };
    }

    private static List<string>? Mark(MemberReader action)
    {
        if (action.Texts("mark", MaxTags, MaxTag) is not { } tags)
        {
            return null;
        }

        if (tags.Count == 0 || tags.Any(static t => t.AsSpan().IndexOfAnyExceptInRange('!', '~') >= 0 || t.Contains(',', StringComparison.Ordinal)))
        {
            action.Problem("mark", "must hold at least one tag; tags are visible ASCII characters without commas");
        }

        return [.. tags.Select(static t => t.ToLowerInvariant())];
    }
}
