namespace AiOrchestrator.Ledger.Wallets;

/// <summary>What commands put in suspense and take out of it again.</summary>
public sealed partial class Wallet
{
    /// <summary>Before the id of a call of which something is in suspense.</summary>
    private const string Disputed = "disputed:";

    private void Resolve(WalletBook book, long holdNanoUsd, long chargeNanoUsd)
    {
        // When a journal is replayed, suspense that came from a reclaimed lease is gone with the process that knew the lease.
        var hold = Math.Min(holdNanoUsd, book.SuspenseNanoUsd);
        var charged = Math.Min(hold, chargeNanoUsd);
        ExplainLeases(book, hold, charged);
        book.SuspenseNanoUsd -= hold;
        book.SpentNanoUsd += chargeNanoUsd;
        if (charged > 0)
        {
            Add(book, EntryReason.SuspenseCharged, Account.Suspense, Account.Spent, charged, null);
        }

        if (chargeNanoUsd > charged)
        {
            Add(book, EntryReason.SuspenseCharged, Account.Allowance, Account.Spent, chargeNanoUsd - charged, null);
        }

        if (hold > charged)
        {
            Add(book, EntryReason.SuspenseReleased, Account.Suspense, Account.Allowance, hold - charged, null);
        }
    }

    /// <summary>What is resolved is first what calls put in suspense, then what reclaimed leases did: for these it is not decided once more later.</summary>
    private void ExplainLeases(WalletBook book, long holdNanoUsd, long chargedNanoUsd)
    {
        var ofLeases = Ended.Where(e => e.Value.Book == book && e.Value.SuspenseNanoUsd > 0)
            .OrderBy(static e => e.Value.ForgetAtUnixMs).ThenBy(static e => e.Key).Select(static e => e.Value).ToArray();
        var ofCalls = Math.Min(holdNanoUsd, book.SuspenseNanoUsd - ofLeases.Sum(static e => e.SuspenseNanoUsd));
        var left = holdNanoUsd - ofCalls;
        var charge = Math.Max(0, chargedNanoUsd - ofCalls);
        foreach (var ended in ofLeases)
        {
            var taken = Math.Min(left, ended.SuspenseNanoUsd);
            var known = Math.Min(taken, charge);
            ended.SuspenseNanoUsd -= taken;
            ended.UnattributedNanoUsd += known;
            left -= taken;
            charge -= known;
        }
    }

    private void Dispute(WalletCommand.Suspend command, WalletBook book)
    {
        book.SuspenseNanoUsd += command.AmountNanoUsd;
        Add(book, EntryReason.UsageDisputed, Account.Allowance, Account.Suspense, command.AmountNanoUsd, command.Id);

        // For as long as it is open: it may be decided late, and must not be taken for another's then.
        (_remembered ??= new(StringComparer.Ordinal))[Disputed + command.Id] = long.MaxValue;
    }

    private void Settle(WalletCommand.SettleDispute command, WalletBook book)
    {
        var suspended = Math.Min(command.SuspendedNanoUsd, book.SuspenseNanoUsd);
        var released = suspended - Math.Min(suspended, command.ChargeNanoUsd);
        book.SuspenseNanoUsd -= suspended;
        book.SpentNanoUsd += suspended - released;
        if (suspended > released)
        {
            Add(book, EntryReason.SuspenseCharged, Account.Suspense, Account.Spent, suspended - released, command.Id);
        }

        if (released > 0)
        {
            Add(book, EntryReason.SuspenseReleased, Account.Suspense, Account.Allowance, released, command.Id);
        }

        _ = _remembered?.Remove(Disputed + command.Id);
        Remember("settled:", command.Id);
    }
}
