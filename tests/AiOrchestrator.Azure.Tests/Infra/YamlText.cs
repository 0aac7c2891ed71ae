namespace AiOrchestrator.Azure.Tests.Infra;

/// <summary>As much YAML as azure.yaml may have: mappings by two spaces, plain scalars, comments on lines of their own. Refuses everything else.</summary>
internal static class YamlText
{
    /// <summary>Path of keys, joined with dots → scalar.</summary>
    public static IReadOnlyDictionary<string, string> Read(string text)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var path = new List<string>();
        var mayNest = false;
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n').Where(static l => l.Trim() is not "" && !l.TrimStart().StartsWith('#')))
        {
            var depth = line.Length - line.TrimStart(' ').Length;
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (depth % 2 != 0 || depth / 2 > path.Count || (depth / 2 == path.Count && path.Count > 0 && !mayNest) || colon < 0 || line.Contains('\t', StringComparison.Ordinal))
            {
                throw new FormatException($"not understood: '{line}'");
            }

            path.RemoveRange(depth / 2, path.Count - (depth / 2));
            path.Add(line[depth..colon]);
            var value = line[(colon + 1)..].Trim();
            mayNest = value.Length == 0;
            if (!mayNest && !values.TryAdd(string.Join('.', path), value))
            {
                throw new FormatException($"given twice: '{line}'");
            }
        }

        return values;
    }
}
