using System.Collections.Frozen;
using System.Text;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets;

/// <summary>The ledger's lines as they stand on a statement.</summary>
public static class WalletLines
{
    private static readonly FrozenDictionary<EntryReason, string> Kinds =
        Enum.GetValues<EntryReason>().ToFrozenDictionary(static r => r, static r => Snake(r.ToString()));

    private static readonly FrozenDictionary<string, EntryReason> Reasons =
        Kinds.ToFrozenDictionary(static k => k.Value, static k => k.Key, StringComparer.Ordinal);

    private static readonly FrozenDictionary<Account, string> Accounts =
        Enum.GetValues<Account>().ToFrozenDictionary(static a => a, static a => a == Account.None ? "" : Snake(a.ToString()));

    /// <summary>The kind of a line that says a threshold was crossed.</summary>
    public static string ThresholdCrossed { get; } = Kinds[EntryReason.ThresholdCrossed];

    /// <summary>The kind of a line that says what calls came to was corrected after their price was.</summary>
    public static string Rerated { get; } = Kinds[EntryReason.Rerated];

    /// <summary>The words a line's kind can be.</summary>
    public static IReadOnlyCollection<string> AllKinds => Reasons.Keys;

    /// <summary>A line.</summary>
    /// <param name="walletId">The wallet.</param>
    /// <param name="entry">What the ledger wrote.</param>
    /// <param name="atUnixMs">When.</param>
    /// <param name="note">Who asked, and why.</param>
    public static WalletLine Of(string walletId, in WalletEntry entry, long atUnixMs, CommandNote note) => new()
    {
        OrganisationId = note.OrganisationId,
        WalletId = walletId,
        Period = entry.Period,
        AtUnixMs = atUnixMs,
        Kind = Kinds[entry.Reason],
        Debit = Accounts[entry.Debit],
        Credit = Accounts[entry.Credit],
        AmountNanoUsd = entry.AmountNanoUsd,
        Reference = entry.Reference,
        Actor = note.Actor,
        Note = note.Text,
        Percent = entry.Reason == EntryReason.ThresholdCrossed ? entry.Count : 0,
        Calls = entry.Reason == EntryReason.ShadowRefused ? entry.Count : 0,
        SpentNanoUsd = entry.SpentNanoUsd,
        Corrects = entry.Corrects,
    };

    /// <summary>What the ledger must know of a line again when a journal is replayed; null for everything it finds out by itself.</summary>
    public static WalletEntry? Read(WalletLine line) => Reasons.TryGetValue(line.Kind, out var reason)
        && reason is EntryReason.ThresholdCrossed or EntryReason.ShadowRefused
            ? new WalletEntry(reason, line.Period, Account.None, Account.None, 0, Count: line.Percent + line.Calls)
            : null;

    private static string Snake(string name)
    {
        var snake = new StringBuilder();
        foreach (var c in name)
        {
            if (char.IsUpper(c) && snake.Length > 0)
            {
                snake.Append('_');
            }

            snake.Append(char.ToLowerInvariant(c));
        }

        return snake.ToString();
    }
}
