using System.Text.Json;

namespace AiOrchestrator.Core.Gateway;

/// <summary>Puts the caller's names in place of a provider's, or the other way round.</summary>
internal static class Renaming
{
    /// <summary>An object with other texts in some of its members; those it does not have it does not get.</summary>
    /// <param name="value">The object.</param>
    /// <param name="texts">The texts, by the members' names.</param>
    public static JsonElement Of(JsonElement value, IReadOnlyDictionary<string, string?> texts)
    {
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject())
        {
            members[member.Name] = texts.TryGetValue(member.Name, out var text) ? JsonSerializer.SerializeToElement(text, JobBookJson.Default.String) : member.Value;
        }

        return JsonSerializer.SerializeToElement(members, JobBookJson.Default.DictionaryStringJsonElement);
    }
}
