using System.Collections.Frozen;

namespace AiOrchestrator.Core.Providers;

/// <summary>How a provider's credential is presented.</summary>
public static class ProviderAuth
{
    /// <summary><c>Authorization: Bearer …</c>.</summary>
    public const string Bearer = "bearer";

    /// <summary>Anthropic's header.</summary>
    public const string XApiKey = "x-api-key";

    /// <summary>Azure OpenAI's header.</summary>
    public const string ApiKey = "api-key";

    /// <summary>Not at all.</summary>
    public const string None = "none";

    /// <summary>All of them.</summary>
    internal static ReadOnlySpan<string> Words => new[] { Bearer, XApiKey, ApiKey, None };
}

/// <summary>What a server that calls itself compatible with OpenAI takes otherwise than OpenAI. Immutable.</summary>
/// <param name="drop">Members of a request that are left out.</param>
/// <param name="rename">Members that have another name there.</param>
/// <param name="takesStreamOptions">Whether it takes <c>stream_options</c>.</param>
internal sealed class ProviderQuirks(IEnumerable<string> drop, IEnumerable<KeyValuePair<string, string>> rename, bool takesStreamOptions)
{
    private readonly FrozenSet<string> _drop = drop.ToFrozenSet(StringComparer.Ordinal);
    private readonly FrozenDictionary<string, string> _rename = rename.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Whether streams are asked for their usage.</summary>
    public bool TakesStreamOptions => takesStreamOptions;

    /// <summary>The quirks of a row; null where it has none, so that its calls do nothing for them.</summary>
    public static ProviderQuirks? Of(ProviderConfig config) => config is { DropMembers: null, RenameMembers: null, StreamOptions: true }
        ? null
        : new ProviderQuirks(config.DropMembers ?? [], config.RenameMembers ?? FrozenDictionary<string, string>.Empty, config.StreamOptions);

    /// <summary>Whether a member of a request is left out.</summary>
    public bool Drops(string member) => _drop.Contains(member) || (!takesStreamOptions && member == "stream_options");

    /// <summary>What a member is called there.</summary>
    public string NameOf(string member) => _rename.GetValueOrDefault(member, member);
}
