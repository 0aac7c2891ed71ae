using System.Collections.Frozen;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Identity;

/// <summary>
/// Which models a key may call: ids, and patterns in which <c>*</c> stands for any run of characters, none included. Compared byte for
/// byte. Made once, when the key is loaded; asking allocates nothing.
/// </summary>
public sealed class ModelPatterns
{
    /// <summary>The longest id or pattern, in characters, as long as a model id of a provider's row may be. A longer name matches nothing: what is compared is bounded.</summary>
    public const int MaxLength = 200;

    private readonly FrozenSet<string> _ids;
    private readonly string[] _patterns;

    /// <summary>Takes ids and patterns.</summary>
    /// <param name="written">Each 1 to 200 characters.</param>
    public ModelPatterns(IReadOnlyList<string> written)
    {
        Written = written;
        _ids = written.Where(static w => !w.Contains('*', StringComparison.Ordinal)).ToFrozenSet(StringComparer.Ordinal);
        _patterns = [.. written.Where(static w => w.Contains('*', StringComparison.Ordinal))];
    }

    /// <summary>As they were given.</summary>
    public IReadOnlyList<string> Written { get; }

    /// <summary>Whether a model is among them.</summary>
    public bool Allows(string model)
    {
        if (model.Length > MaxLength)
        {
            return false;
        }

        if (_ids.Contains(model))
        {
            return true;
        }

        foreach (var pattern in _patterns)
        {
            if (Wildcard.Matches(pattern, model))
            {
                return true;
            }
        }

        return false;
    }
}
