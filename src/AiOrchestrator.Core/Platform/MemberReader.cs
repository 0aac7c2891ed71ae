using System.Globalization;
using System.Text.Json;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Platform;

/// <summary>
/// Reads a JSON object member by member and gathers everything that is wrong with it, so that a caller can repair all of it at once.
/// A member that nobody asked for is wrong too. Reading goes by name instead of through a type because a change
/// (<c>PATCH</c>) must tell an absent member from one that is null.
/// </summary>
internal sealed class MemberReader
{
    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private readonly List<MemberReader> _children = [];
    private readonly List<RequestProblem> _problems;
    private readonly string _path;

    /// <summary>Reads a body's root.</summary>
    public MemberReader(JsonElement root)
        : this(root, "", [])
    {
    }

    private MemberReader(JsonElement value, string path, List<RequestProblem> problems)
    {
        _path = path;
        _problems = problems;
        foreach (var member in value.EnumerateObject())
        {
            if (!_members.TryAdd(member.Name, member.Value))
            {
                Problem(member.Name, "appears twice");
            }
        }
    }

    /// <summary>Whether anything was found wrong so far.</summary>
    public bool HasProblems => _problems.Count > 0;

    /// <summary>Whether a member is there, null included.</summary>
    public bool Has(string name)
    {
        _asked.Add(name);
        return _members.ContainsKey(name);
    }

    /// <summary>Whether a member is there and null.</summary>
    public bool IsNull(string name) => Has(name) && _members[name].ValueKind == JsonValueKind.Null;

    /// <summary>The member's value, whatever it is; null when it is absent or null. For members that take several shapes.</summary>
    public JsonElement? Raw(string name) => Has(name) && _members[name].ValueKind != JsonValueKind.Null ? _members[name] : null;

    /// <summary>Notes a problem with a member of this object.</summary>
    public void Problem(string name, string problem) => _problems.Add(new RequestProblem(_path.Length == 0 ? name : $"{_path}.{name}", problem));

    /// <summary>A text of 1 to <paramref name="maxLength"/> characters without control characters; null when absent, null or wrong.</summary>
    public string? Text(string name, int maxLength, bool required = false) =>
        Present(name, required) is { } value ? ReadText(value, name, maxLength) : null;

    /// <summary>A whole number within bounds; null when absent, null or wrong.</summary>
    public long? Whole(string name, long min, long max)
    {
        if (Present(name, required: false) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var number) || number < min || number > max)
        {
            Problem(name, string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {min} to {max}"));
            return null;
        }

        return number;
    }

    /// <summary>True or false; null when absent, null or wrong.</summary>
    public bool? Flag(string name)
    {
        if (Present(name, required: false) is not { } value)
        {
            return null;
        }

        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            Problem(name, "must be true or false");
            return null;
        }

        return value.ValueKind == JsonValueKind.True;
    }

    /// <summary>An amount of 0 or more, written as a decimal string of US dollars; in nano-dollars. Null when absent, null or wrong.</summary>
    public long? Usd(string name)
    {
        if (Present(name, required: false) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.String || !NanoUsd.TryParseUsd(value.GetString(), out var nanoUsd) || nanoUsd < 0)
        {
            Problem(name, "must be a decimal string of US dollars from \"0\" to \"9223372036.85\" with at most nine decimals, such as \"12.50\"");
            return null;
        }

        return nanoUsd;
    }

    /// <summary>A moment in RFC 3339; in milliseconds since 1970. Null when absent, null or wrong.</summary>
    public long? Moment(string name)
    {
        if (Present(name, required: false) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.String || !Rfc3339.TryParse(value.GetString(), out var unixMs))
        {
            Problem(name, "must be a time in RFC 3339, such as \"2030-01-31T12:00:00Z\"");
            return null;
        }

        return unixMs;
    }

    /// <summary>A nested object; null when absent, null or wrong.</summary>
    public MemberReader? Object(string name) => Present(name, required: false) is { } value ? Child(value, name) : null;

    /// <summary>The objects of an array; empty when absent, null or wrong.</summary>
    public IReadOnlyList<MemberReader> Objects(string name, int max)
    {
        if (Present(name, required: false) is not { } value)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > max)
        {
            Problem(name, string.Create(CultureInfo.InvariantCulture, $"must be an array of at most {max} objects"));
            return [];
        }

        var items = new List<MemberReader>();
        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            if (Child(item, string.Create(CultureInfo.InvariantCulture, $"{name}[{index++}]")) is { } child)
            {
                items.Add(child);
            }
        }

        return items;
    }

    /// <summary>The texts of an array, each as <see cref="Text"/> has it; null when absent, null or wrong.</summary>
    public IReadOnlyList<string>? Texts(string name, int max, int maxLength)
    {
        if (Present(name, required: false) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > max)
        {
            Problem(name, string.Create(CultureInfo.InvariantCulture, $"must be an array of at most {max} strings"));
            return null;
        }

        var texts = new List<string>();
        foreach (var item in value.EnumerateArray())
        {
            var itemName = string.Create(CultureInfo.InvariantCulture, $"{name}[{texts.Count}]");
            if (ReadText(item, itemName, maxLength) is not { } text)
            {
                return null;
            }

            texts.Add(text);
        }

        return texts;
    }

    /// <summary>Call last: everything that is wrong, members nobody asked for included; null when nothing is.</summary>
    public InvalidRequest? Finish()
    {
        NoteUnknown();
        return _problems.Count == 0 ? null : new InvalidRequest(_problems);
    }

    private void NoteUnknown()
    {
        foreach (var name in _members.Keys.Where(name => !_asked.Contains(name)))
        {
            // A name can be as long as the body: what is told back is bounded.
            Problem(name.Length > 100 ? name[..100] : name, "is not a member this endpoint knows");
        }

        foreach (var child in _children)
        {
            child.NoteUnknown();
        }
    }

    private string? ReadText(JsonElement value, string name, int maxLength)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            Problem(name, "must be a string");
            return null;
        }

        var text = value.GetString()!;
        if (text.Length == 0 || text.Length > maxLength || text.Any(char.IsControl) || string.IsNullOrWhiteSpace(text))
        {
            Problem(name, string.Create(CultureInfo.InvariantCulture, $"must be 1 to {maxLength} characters, not blank, without control characters"));
            return null;
        }

        return text;
    }

    private JsonElement? Present(string name, bool required)
    {
        var value = Raw(name);
        if (value is null && required)
        {
            Problem(name, "is required");
        }

        return value;
    }

    private MemberReader? Child(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            Problem(name, "must be an object");
            return null;
        }

        var child = new MemberReader(value, _path.Length == 0 ? name : $"{_path}.{name}", _problems);
        _children.Add(child);
        return child;
    }
}
