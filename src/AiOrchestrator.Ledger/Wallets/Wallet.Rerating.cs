namespace AiOrchestrator.Ledger.Wallets;

/// <summary>What calls came to is corrected after their price was.</summary>
public sealed partial class Wallet
{
    /// <summary>
    /// Where the amount of a re-rating goes as the wallet stands: to the calls' own period while that is known, as a refund at most what was spent in it;
    /// the rest to the current period, as a refund at most what was spent in that; what is left of a refund adds to its allowance.
    /// </summary>
    /// <param name="command">The command.</param>
    /// <param name="nowUnixMs">The host's clock.</param>
    public RerateSplit Split(WalletCommand.Rerate command, long nowUnixMs)
    {
        Tick(nowUnixMs);
        return SplitNow(command);
    }

    private RerateSplit SplitNow(WalletCommand.Rerate command)
    {
        var (own, current) = (Known(command.Period), BookAt(_nowUnixMs));
        var toOwn = own is null ? 0 : Math.Max(command.AmountNanoUsd, -own.SpentNanoUsd);
        var rest = command.AmountNanoUsd - toOwn;
        var toLater = current == own ? 0 : Math.Max(rest, -current.SpentNanoUsd);
        return new RerateSplit(toOwn, current.Number, toLater, toLater - rest);
    }

    /// <summary>The same re-rating may correct several periods.</summary>
    private static string NameOf(WalletCommand.Rerate command) => string.Create(null, $"{command.Id}:{command.Period}");

    private WalletBook? Known(int period) => BookOf(period) is var book && book.Number == period ? book : null;

    private bool IsInRangeNow(WalletCommand.Rerate command)
    {
        var split = command.Split ?? SplitNow(command);
        var later = BookOf(split.LaterPeriod);
        return command.AmountNanoUsd == split.OwnNanoUsd + split.LaterNanoUsd - split.CreditNanoUsd
            && (Known(command.Period)?.SpentNanoUsd ?? 0) + split.OwnNanoUsd <= MaxSumNanoUsd
            && later.SpentNanoUsd + split.LaterNanoUsd <= MaxSumNanoUsd
            && later.ToppedUpNanoUsd + split.CreditNanoUsd <= MaxSumNanoUsd;
    }

    private void Correct(WalletCommand.Rerate command)
    {
        var split = command.Split ?? SplitNow(command);
        var own = Known(command.Period);
        if (own is not null && split.OwnNanoUsd != 0)
        {
            Spend(own, split.OwnNanoUsd, command.Id, corrects: null);
        }

        // A period that is not known any more when a journal is replayed has no figures to correct.
        if (Known(split.LaterPeriod) is { } later && (split.LaterNanoUsd != 0 || split.CreditNanoUsd != 0))
        {
            var corrects = own == later ? null : own?.Period.Id ?? command.PeriodId;
            if (split.LaterNanoUsd != 0)
            {
                Spend(later, split.LaterNanoUsd, command.Id, corrects);
            }

            if (split.CreditNanoUsd != 0)
            {
                later.ToppedUpNanoUsd += split.CreditNanoUsd;
                var credit = WalletEntry.Move(EntryReason.Rerated, later.Period.Id, Account.Funding, Account.Allowance, split.CreditNanoUsd, command.Id);
                _entries.Add(credit with { Corrects = corrects });
            }
        }

        Remember("rerate:", NameOf(command));
    }

    private void Spend(WalletBook book, long amountNanoUsd, string reference, string? corrects)
    {
        // A replay knows no leases: what was charged without explanation may be missing from what it takes for spent.
        book.SpentNanoUsd = Math.Max(0, book.SpentNanoUsd + amountNanoUsd);
        _entries.Add(WalletEntry.Move(EntryReason.Rerated, book.Period.Id, Account.Allowance, Account.Spent, amountNanoUsd, reference) with { Corrects = corrects });
    }
}
