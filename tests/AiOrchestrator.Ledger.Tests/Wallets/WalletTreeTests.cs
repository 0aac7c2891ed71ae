using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Ledger.Tests.Wallets;

public sealed class WalletTreeTests
{
    /// <summary>One chain of eight, a to h, and two small trees: r over s, and x over y over z.</summary>
    private static readonly Dictionary<string, string?> Known = new(StringComparer.Ordinal)
    {
        ["a"] = null,
        ["b"] = "a",
        ["c"] = "b",
        ["d"] = "c",
        ["e"] = "d",
        ["f"] = "e",
        ["g"] = "f",
        ["h"] = "g",
        ["r"] = null,
        ["s"] = "r",
        ["x"] = null,
        ["y"] = "x",
        ["z"] = "y",
        ["lost"] = "nobody",
        ["deep"] = "h",
    };

    [Fact]
    public void A_path_leads_from_the_leaf_to_the_root()
    {
        Assert.Equal(["h", "g", "f", "e", "d", "c", "b", "a"], WalletTree.Path("h", Tree(Known)));
        Assert.Equal(["r"], WalletTree.Path("r", Tree(Known)));
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("lost")]
    [InlineData("deep")]
    public void There_is_no_path_from_a_wallet_that_is_not_known_or_hangs_on_one_or_too_deep(string wallet) =>
        Assert.Null(WalletTree.Path(wallet, Tree(Known)));

    [Fact]
    public void There_is_no_path_in_a_cycle() =>
        Assert.Null(WalletTree.Path("p", Tree(new(StringComparer.Ordinal) { ["p"] = "q", ["q"] = "p" })));

    [Theory]
    [InlineData("nobody", "r", TreeOutcome.WalletUnknown)]
    [InlineData("r", "nobody", TreeOutcome.WalletUnknown)]
    [InlineData("r", "lost", TreeOutcome.WalletUnknown)]
    [InlineData("a", "a", TreeOutcome.Cycle)]
    [InlineData("a", "h", TreeOutcome.Cycle)]
    [InlineData("x", "z", TreeOutcome.Cycle)]
    [InlineData("r", "h", TreeOutcome.TooDeep)]
    [InlineData("r", "g", TreeOutcome.TooDeep)]
    [InlineData("x", "f", TreeOutcome.TooDeep)]
    [InlineData("a", "r", TreeOutcome.TooDeep)]
    [InlineData("r", "f", TreeOutcome.Allowed)]
    [InlineData("z", "g", TreeOutcome.Allowed)]
    [InlineData("x", "e", TreeOutcome.Allowed)]
    [InlineData("y", null, TreeOutcome.Allowed)]
    [InlineData("s", "r", TreeOutcome.Allowed)]
    public void A_wallet_hangs_below_another_where_there_is_no_reason_against_it(string wallet, string? parent, TreeOutcome outcome)
    {
        var known = new Dictionary<string, string?>(Known, StringComparer.Ordinal);
        _ = known.Remove("deep");
        Assert.Equal(outcome, WalletTree.MayAttach(wallet, parent, Tree(known), Children(known)));
    }

    [Fact]
    public void What_grows_from_attachments_that_are_allowed_is_a_tree_and_what_is_refused_would_break_it()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var tree = Enumerable.Range(0, random.Next(2, 40)).ToDictionary(static i => "w" + i, static _ => (string?)null, StringComparer.Ordinal);
            for (var step = 0; step < 100; step++)
            {
                var wallet = "w" + random.Next(tree.Count);
                var parent = random.Next(10) == 0 ? null : "w" + random.Next(tree.Count);
                var changed = new Dictionary<string, string?>(tree, StringComparer.Ordinal) { [wallet] = parent };
                var allowed = WalletTree.MayAttach(wallet, parent, Tree(tree), Children(tree)) == TreeOutcome.Allowed;
                Assert.True(allowed == IsTree(changed), $"seed {seed}, step {step}: {wallet} below {parent}");
                tree = allowed ? changed : tree;
            }
        }
    }

    /// <summary>Everybody reaches a root within eight.</summary>
    private static bool IsTree(Dictionary<string, string?> tree) => tree.Keys.All(wallet =>
    {
        var steps = 0;
        for (string? at = wallet; at is not null && steps <= 8; at = tree[at])
        {
            steps++;
        }

        return steps <= 8;
    });

    private static WalletTree.ParentLookup Tree(Dictionary<string, string?> tree) => tree.TryGetValue;

    private static Func<string, IEnumerable<string>> Children(Dictionary<string, string?> tree) =>
        parent => tree.Where(w => w.Value == parent).Select(static w => w.Key);
}
