using System.Text.Json;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// Leaves out and renames outermost members of a request for servers that refuse them, as edits of its bytes. Reads the body a second time:
/// only for rows that have such quirks, so that all others pay nothing for them.
/// </summary>
internal static class OpenAiMemberEdits
{
    /// <summary>Adds the edits to others of the same body, in order of place.</summary>
    /// <param name="body">A JSON object that has been checked.</param>
    /// <param name="quirks">What the server takes otherwise.</param>
    /// <param name="others">Edits of values, and what is inserted before the closing brace; those of members that are left out are not kept.</param>
    /// <param name="dropped">Takes the names of what is left out; null where nobody is told.</param>
    public static IReadOnlyList<Edit> Add(ReadOnlySpan<byte> body, ProviderQuirks quirks, IReadOnlyList<Edit> others, List<string>? dropped)
    {
        var members = Members(body);
        var edits = new List<Edit>(others);
        var lastKept = -1;
        for (var i = 0; i < members.Count; i++)
        {
            var (name, nameAt, _, isNull) = members[i];
            var renamed = quirks.NameOf(name);
            var isTaken = renamed != name && members.Exists(m => m.Name == renamed && !m.IsNull);

            // A null that stands where another member goes would be read instead of it: a bound would be lost.
            var isCovered = isNull && members.Exists(m => m.Name != name && quirks.NameOf(m.Name) == name);
            if (quirks.Drops(name) || isTaken || isCovered)
            {
                dropped?.Add(name);
                continue;
            }

            // What lay between is left out with the comma before it, or, at the front, with the comma after it.
            Remove(edits, lastKept < 0 ? members[0].NameAt.Start : members[lastKept].End, lastKept < 0 ? nameAt.Start : members[i - 1].End, i - lastKept > 1);
            if (renamed != name)
            {
                edits.Add(new Edit(nameAt, JsonSerializer.SerializeToUtf8Bytes(renamed, UpstreamJson.Default.String)));
            }

            lastKept = i;
        }

        if (lastKept >= 0)
        {
            Remove(edits, members[lastKept].End, members[^1].End, lastKept < members.Count - 1);
        }

        edits.Sort(static (a, b) => a.At.Start.CompareTo(b.At.Start));
        return edits;
    }

    private static void Remove(List<Edit> edits, int start, int end, bool any)
    {
        if (any)
        {
            edits.RemoveAll(e => e.At.Start >= start && e.At.End <= end && e.At.Start < end);
            edits.Add(new Edit(new ByteRange(start, end - start), default));
        }
    }

    /// <summary>Each member's name, where it stands, where its value ends, and whether that is null.</summary>
    private static List<(string Name, ByteRange NameAt, int End, bool IsNull)> Members(ReadOnlySpan<byte> body)
    {
        var members = new List<(string Name, ByteRange NameAt, int End, bool IsNull)>(16);
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = OpenAiRequestReader.MaxDepth });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            var nameAt = new ByteRange((int)reader.TokenStartIndex, reader.ValueSpan.Length + 2);
            reader.Read();
            var isNull = reader.TokenType == JsonTokenType.Null;
            reader.Skip();
            members.Add((name, nameAt, (int)reader.BytesConsumed, isNull));
        }

        return members;
    }
}
