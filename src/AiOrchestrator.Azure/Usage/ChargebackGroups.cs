using AiOrchestrator.Core.Insight;

namespace AiOrchestrator.Azure;

/// <summary>
/// The first groups of a report, in its order, as many as are held at once. What comes after them is left to the next pass, which begins after the
/// last that was taken.
/// </summary>
/// <param name="after">Groups up to this one are done; null for none.</param>
/// <param name="most">How many are held.</param>
internal sealed class ChargebackGroups(string[]? after, int most)
{
    private readonly SortedSet<Group> _groups = new(Comparer<Group>.Create(static (a, b) => Compare(a.Keys, b.Keys)));
    private string[]? _limit;

    /// <summary>Whether there is more than was held.</summary>
    public bool Overflowed => _limit is not null;

    /// <summary>The last that was taken; null for none.</summary>
    public string[]? Last { get; private set; }

    /// <summary>The order of groups.</summary>
    public static int Compare(string[] left, string[] right)
    {
        for (var i = 0; i < left.Length; i++)
        {
            if (string.CompareOrdinal(left[i], right[i]) is not 0 and var order)
            {
                return order;
            }
        }

        return 0;
    }

    /// <summary>Adds calls to their group.</summary>
    public void Add(string[] keys, RollupItem calls)
    {
        if ((after is not null && Compare(keys, after) <= 0) || (_limit is not null && Compare(keys, _limit) >= 0))
        {
            return;
        }

        var wanted = new Group(keys);
        if (!_groups.TryGetValue(wanted, out var group))
        {
            group = wanted;
            _ = _groups.Add(group);
        }

        group.Add(calls);
        if (_groups.Count > most)
        {
            // Of this one and all behind it some calls are not held: they wait for the next pass.
            var last = _groups.Max!;
            _ = _groups.Remove(last);
            _limit = last.Keys;
        }
    }

    /// <summary>Takes all there are, in order.</summary>
    public IEnumerable<ChargebackRow> TakeAll()
    {
        foreach (var group in _groups)
        {
            yield return group.Row();
            Last = group.Keys;
        }

        _groups.Clear();
    }

    private sealed class Group(string[] keys)
    {
        private long _calls;
        private long _prompt;
        private long _completion;
        private long _cost;

        public string[] Keys => keys;

        public void Add(RollupItem calls)
        {
            _calls += calls.Calls;
            _prompt += new SplitSum(calls.PromptBillions, calls.Prompt).Value;
            _completion += new SplitSum(calls.CompletionBillions, calls.Completion).Value;
            _cost += new SplitSum(calls.CostUsd, calls.CostNano).Value;
        }

        public ChargebackRow Row() => new(Array.ConvertAll(keys, static k => k.Length == 0 ? null : k), _calls, _prompt, _completion, _cost);
    }
}
