using System.Text;

namespace AiOrchestrator.Core.Metering.Extraction;

/// <summary>A list within a usage object, which no name of a member tells the meaning of.</summary>
internal enum UsageList
{
    None,
    PromptModalities,
    CompletionModalities,
    CacheModalities,
    ToolModalities,
    CacheTimes,
    Iterations,
}

/// <summary>A member of a usage object that is read.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Field">The count it is.</param>
/// <param name="Scale">What the number is multiplied with.</param>
internal sealed record UsageMember(byte[] Name, UsageField Field, int Scale = 1);

/// <summary>An object or list within.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Members">What of an object is read.</param>
/// <param name="List">What a list means.</param>
internal sealed record UsageBranch(byte[] Name, UsageMembers? Members, UsageList List = UsageList.None);

/// <summary>Which members of an object are read, as data: one table for each format (<see cref="UsageTables"/>).</summary>
internal sealed class UsageMembers
{
    private readonly UsageMember[] _counts;
    private readonly UsageBranch[] _branches;

    private UsageMembers(UsageMember[] counts, UsageBranch[] branches)
    {
        _counts = counts;
        _branches = branches;
    }

    /// <summary>Reads one line for each member: <c>name</c> or <c>parent.name</c>.</summary>
    public static UsageMembers Of(params ReadOnlySpan<(string Path, UsageField Field)> members) => Of([], members);

    /// <summary>The same, with lists and seconds.</summary>
    public static UsageMembers Of((string Name, UsageList List)[] lists, ReadOnlySpan<(string Path, UsageField Field)> members)
    {
        var counts = new List<UsageMember>();
        var inner = new Dictionary<string, List<UsageMember>>(StringComparer.Ordinal);
        foreach (var (path, field) in members)
        {
            var dot = path.IndexOf('.', StringComparison.Ordinal);
            var into = counts;
            if (dot >= 0 && !inner.TryGetValue(path[..dot], out into!))
            {
                inner.Add(path[..dot], into = []);
            }

            into.Add(new UsageMember(Encoding.UTF8.GetBytes(path[(dot + 1)..]), field, field == UsageField.AudioMilliseconds ? 1000 : 1));
        }

        return new UsageMembers(
            [.. counts],
            [
                .. inner.Select(static i => new UsageBranch(Encoding.UTF8.GetBytes(i.Key), new UsageMembers([.. i.Value], []))),
                .. lists.Select(static l => new UsageBranch(Encoding.UTF8.GetBytes(l.Name), null, l.List)),
            ]);
    }

    public UsageMember? Count(ReadOnlySpan<byte> name)
    {
        foreach (var count in _counts)
        {
            if (name.SequenceEqual(count.Name))
            {
                return count;
            }
        }

        return null;
    }

    public UsageBranch? Branch(ReadOnlySpan<byte> name)
    {
        foreach (var branch in _branches)
        {
            if (name.SequenceEqual(branch.Name))
            {
                return branch;
            }
        }

        return null;
    }
}
