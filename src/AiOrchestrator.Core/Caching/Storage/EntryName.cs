namespace AiOrchestrator.Core.Caching.Storage;

/// <summary>What an entry is found by. Both parts are compared as they are: no other pair has the same name.</summary>
/// <param name="Namespace">Whose it is.</param>
/// <param name="Key">Unique in the namespace.</param>
internal readonly record struct EntryName(string Namespace, string Key)
{
    /// <summary>What stands between an organisation and a wallet in the name of a namespace; ids of organisations hold none.</summary>
    public const char Separator = '/';

    /// <summary>The organisation a namespace belongs to: all of it, or what stands before the first <c>/</c>.</summary>
    public static ReadOnlySpan<char> OrganisationOf(ReadOnlySpan<char> @namespace) =>
        @namespace.IndexOf(Separator) is >= 0 and var end ? @namespace[..end] : @namespace;
}
