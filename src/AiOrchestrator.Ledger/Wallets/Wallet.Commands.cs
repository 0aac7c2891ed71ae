using AiOrchestrator.Ledger.Money;
using AiOrchestrator.Ledger.Periods;

namespace AiOrchestrator.Ledger.Wallets;

/// <summary>Commands: checked whole, then applied whole.</summary>
public sealed partial class Wallet
{
    /// <summary>Sums of amounts in one period stay below this, far from the end of <see cref="long"/>.</summary>
    private const long MaxSumNanoUsd = 2 * NanoUsd.MaxAmount;

    /// <summary>What <see cref="Apply"/> would answer now. Changes no figure; where money is out in leases it is called back. A host asks before it makes the command durable.</summary>
    /// <param name="command">The command.</param>
    /// <param name="nowUnixMs">The host's clock; going backwards it is ignored.</param>
    public WalletCommandOutcome Check(WalletCommand command, long nowUnixMs)
    {
        Tick(nowUnixMs);
        return Repeated(command)
            ?? CheckTransfer(command)
            ?? CheckRange(command)
            ?? CheckStanding(command)
            ?? CheckMoney(command)
            ?? WalletCommandOutcome.Applied;
    }

    /// <summary>Applies a command that is not a lease report.</summary>
    /// <param name="command">The command.</param>
    /// <param name="nowUnixMs">The host's clock; going backwards it is ignored.</param>
    public WalletCommandOutcome Apply(WalletCommand command, long nowUnixMs)
    {
        var outcome = Check(command, nowUnixMs);
        if (outcome == WalletCommandOutcome.Applied)
        {
            Mutate(command);
            foreach (var book in OpenBooks())
            {
                CrossThresholds(book);
            }

            if (command is WalletCommand.ResolveSuspense { ChargeNanoUsd: > 0 } or WalletCommand.SettleDispute { ChargeNanoUsd: > 0 })
            {
                CrossThresholds(BookOf(command is WalletCommand.ResolveSuspense r ? r.Period : ((WalletCommand.SettleDispute)command).Period));
            }
            else if (command is WalletCommand.Rerate r && Known(r.Period) is { } corrected)
            {
                CrossThresholds(corrected);
            }

            CheckInvariants();
        }

        return outcome;
    }

    /// <summary>Applies what a journal says was applied, without asking again: what leases stood in the way then are gone now.</summary>
    /// <param name="command">The command.</param>
    /// <param name="nowUnixMs">The host's clock when it was applied.</param>
    public void Replay(WalletCommand command, long nowUnixMs)
    {
        Tick(nowUnixMs);
        Mutate(command);
        _entries.Clear();
    }

    private static bool IsInRange(WalletCommand command) => command switch
    {
        WalletCommand.ChangeLimit c => c.LimitNanoUsd is null or (>= 0 and <= NanoUsd.MaxAmount),
        WalletCommand.RaiseLimit c => c.AmountNanoUsd is > 0 and <= NanoUsd.MaxAmount,
        WalletCommand.TopUp c => c.AmountNanoUsd is > 0 and <= NanoUsd.MaxAmount,
        WalletCommand.Adjust c => c.AmountNanoUsd is not 0 and >= -NanoUsd.MaxAmount and <= NanoUsd.MaxAmount,
        WalletCommand.PrepareTransfer c => c.AmountNanoUsd is not 0 and >= -NanoUsd.MaxAmount and <= NanoUsd.MaxAmount,
        WalletCommand.ChangeOverdraft c => WalletSettings.AreOverdraft(c.BasisPoints),
        WalletCommand.ChangeThresholds c => WalletSettings.AreThresholds(c.Percents),
        WalletCommand.ChangePeriod c => c.Rule.Day >= 1 && c.Rule.Day <= PeriodRule.MaxDay(c.Rule.Kind),
        WalletCommand.ResolveSuspense c => c.HoldNanoUsd >= 0 && c.ChargeNanoUsd is >= 0 and <= NanoUsd.MaxAmount,
        WalletCommand.Rerate c => c.AmountNanoUsd is not 0 and >= -NanoUsd.MaxAmount and <= NanoUsd.MaxAmount,
        WalletCommand.Suspend c => c.AmountNanoUsd is > 0 and <= NanoUsd.MaxAmount,
        WalletCommand.SettleDispute c => c.SuspendedNanoUsd is > 0 and <= NanoUsd.MaxAmount && c.ChargeNanoUsd >= 0 && c.ChargeNanoUsd <= c.SuspendedNanoUsd,
        _ => true,
    };

    /// <summary>Whether it has happened, or stands so already.</summary>
    private WalletCommandOutcome? Repeated(WalletCommand command) => command switch
    {
        WalletCommand.BeginPeriod c => HasBegun(c.Period.Id),
        WalletCommand.TopUp c => IsRemembered("top:", c.Id),
        WalletCommand.RaiseLimit c => IsRemembered("raise:", c.Id),
        WalletCommand.Adjust c => IsRemembered("adjust:", c.Id),
        WalletCommand.Rerate c => IsRemembered("rerate:", NameOf(c)),
        WalletCommand.PrepareTransfer c => _prepared is not null && _prepared.ContainsKey(c.TransferId),
        WalletCommand.CommitTransfer c => IsRemembered("committed:", c.TransferId),
        WalletCommand.CancelTransfer c => IsRemembered("cancelled:", c.TransferId),
        WalletCommand.Suspend c => IsRemembered(Disputed, c.Id) || IsRemembered("settled:", c.Id),
        WalletCommand.SettleDispute c => !IsRemembered(Disputed, c.Id),
        WalletCommand.Freeze => _frozen && !_closed,
        WalletCommand.Unfreeze => !_frozen && !_closed,
        _ => false,
    }
        ? WalletCommandOutcome.AlreadyApplied
        : null;

    private WalletCommandOutcome? CheckTransfer(WalletCommand command) => command switch
    {
        WalletCommand.PrepareTransfer c when IsRemembered("committed:", c.TransferId) || IsRemembered("cancelled:", c.TransferId)
            => WalletCommandOutcome.TransferFinished,
        WalletCommand.CancelTransfer c when IsRemembered("committed:", c.TransferId) => WalletCommandOutcome.TransferFinished,
        WalletCommand.CommitTransfer c when IsRemembered("cancelled:", c.TransferId) => WalletCommandOutcome.TransferFinished,
        WalletCommand.CommitTransfer c when _prepared is null || !_prepared.ContainsKey(c.TransferId) => WalletCommandOutcome.TransferUnknown,
        _ => null,
    };

    private WalletCommandOutcome? CheckStanding(WalletCommand command) => command switch
    {
        // A closed wallet still has to settle what was started before it was closed, and to forget what was asked of it.
        WalletCommand.ResolveSuspense or WalletCommand.Adjust or WalletCommand.Rerate or WalletCommand.CancelTransfer or WalletCommand.BeginPeriod => null,
        WalletCommand.Suspend or WalletCommand.SettleDispute => null,
        _ when _closed => WalletCommandOutcome.WalletClosed,
        WalletCommand.PrepareTransfer when _frozen => WalletCommandOutcome.WalletFrozen,
        WalletCommand.Close when HasOpenCalls => WalletCommandOutcome.CallsOutstanding,
        WalletCommand.Close when _prepared is { Count: > 0 } => WalletCommandOutcome.TransferPending,
        _ => null,
    };

    private WalletCommandOutcome? CheckRange(WalletCommand command) =>
        IsInRange(command) && IsInRangeNow(command, BookAt(_nowUnixMs)) ? null : WalletCommandOutcome.AmountOutOfRange;

    /// <summary>Whether it is within bounds that depend on how the wallet stands.</summary>
    private bool IsInRangeNow(WalletCommand command, WalletBook book) => command switch
    {
        WalletCommand.BeginPeriod c => c.Period.StartUnixMs >= _latest.Period.EndUnixMs && c.Period.EndUnixMs > c.Period.StartUnixMs,
        WalletCommand.ChangePeriod c => c.LatestEndsUnixMs > Math.Max(_nowUnixMs, _latest.Period.StartUnixMs),
        WalletCommand.RaiseLimit c => Settings.LimitNanoUsd is { } limit && limit + c.AmountNanoUsd <= NanoUsd.MaxAmount,
        WalletCommand.TopUp c => book.ToppedUpNanoUsd + c.AmountNanoUsd <= MaxSumNanoUsd,
        WalletCommand.Adjust c => book.SpentNanoUsd + c.AmountNanoUsd is >= 0 and <= MaxSumNanoUsd,
        WalletCommand.PrepareTransfer { AmountNanoUsd: > 0 } c => book.TransferredInNanoUsd + Promised(book) + c.AmountNanoUsd <= MaxSumNanoUsd,
        WalletCommand.PrepareTransfer c => book.TransferredOutNanoUsd - c.AmountNanoUsd <= MaxSumNanoUsd,
        WalletCommand.ResolveSuspense c => c.HoldNanoUsd <= BookOf(c.Period).SuspenseNanoUsd && BookOf(c.Period).SpentNanoUsd + c.ChargeNanoUsd <= MaxSumNanoUsd,
        WalletCommand.Rerate c => IsInRangeNow(c),
        WalletCommand.Suspend c => BookOf(c.Period).SuspenseNanoUsd + c.AmountNanoUsd <= MaxSumNanoUsd,
        WalletCommand.SettleDispute c => c.SuspendedNanoUsd <= BookOf(c.Period).SuspenseNanoUsd && BookOf(c.Period).SpentNanoUsd + c.ChargeNanoUsd <= MaxSumNanoUsd,
        _ => true,
    };

    /// <summary>Credits that were promised and are never refused any more.</summary>
    private long Promised(WalletBook book) =>
        _prepared?.Values.Where(p => p.Book == book && p.AmountNanoUsd > 0).Sum(static p => p.AmountNanoUsd) ?? 0;

    private bool HasOpenCalls => _latest.SuspenseNanoUsd > 0
        || (_earlier?.Exists(static b => b.SuspenseNanoUsd > 0) ?? false)
        || (_leases?.Values.Any(static l => l.HeldNanoUsd > 0) ?? false);

    /// <summary>A transfer takes of the allowance only: the overdraft is for calls.</summary>
    private WalletCommandOutcome? CheckMoney(WalletCommand command)
    {
        var book = BookAt(_nowUnixMs);
        if (command is not WalletCommand.PrepareTransfer { AmountNanoUsd: < 0 and var negative } || book.AllowanceNanoUsd is not { } allowance)
        {
            return null;
        }

        var amountNanoUsd = -negative;
        if (amountNanoUsd > allowance - book.SpentNanoUsd - book.SuspenseNanoUsd)
        {
            Unclaim(TransferClaim);
            return WalletCommandOutcome.Exhausted;
        }

        if (amountNanoUsd + ClaimedBefore(TransferClaim, book) > allowance - book.CommittedNanoUsd)
        {
            Claim(TransferClaim, book, amountNanoUsd);
            return WalletCommandOutcome.Contended;
        }

        Unclaim(TransferClaim);
        return null;
    }

    /// <summary>The one block that changes anything.</summary>
    private void Mutate(WalletCommand command)
    {
        switch (command)
        {
            case WalletCommand.BeginPeriod c:
                Begin(c.Period);
                break;
            case WalletCommand.ChangeLimit c:
                SetLimit(c.LimitNanoUsd, reference: null);
                break;
            case WalletCommand.RaiseLimit c:
                SetLimit((Settings.LimitNanoUsd ?? 0) + c.AmountNanoUsd, c.Id);
                Remember("raise:", c.Id);
                break;
            case WalletCommand.ChangeOverdraft c:
                Adopt(Settings with { OverdraftBasisPoints = c.BasisPoints });
                break;
            case WalletCommand.ChangeThresholds c:
                Settings = Settings with { ThresholdPercents = [.. c.Percents] };
                Note(EntryReason.ThresholdsChanged);
                break;
            case WalletCommand.ChangePeriod c:
                Settings = Settings with { Rule = c.Rule };
                _latest.Period = _latest.Period with { EndUnixMs = c.LatestEndsUnixMs };
                Note(EntryReason.PeriodChanged);
                break;
            case WalletCommand.ChangeShadow c:
                Settings = Settings with { IsShadow = c.IsShadow };
                Note(EntryReason.ShadowChanged);
                break;
            case WalletCommand.Freeze or WalletCommand.Unfreeze:
                _frozen = command is WalletCommand.Freeze;
                Note(_frozen ? EntryReason.Frozen : EntryReason.Unfrozen);
                break;
            case WalletCommand.Close:
                _closed = true;
                Note(EntryReason.Closed);
                break;
            default:
                Move(command, BookAt(_nowUnixMs));
                break;
        }
    }

    /// <summary>Commands that move an amount within the period.</summary>
    private void Move(WalletCommand command, WalletBook book)
    {
        switch (command)
        {
            case WalletCommand.TopUp c:
                book.ToppedUpNanoUsd += c.AmountNanoUsd;
                Add(book, EntryReason.ToppedUp, Account.Funding, Account.Allowance, c.AmountNanoUsd, c.Id);
                Remember("top:", c.Id);
                break;
            case WalletCommand.Adjust c:
                book.SpentNanoUsd += c.AmountNanoUsd;
                Add(book, EntryReason.Adjusted, Account.Allowance, Account.Spent, c.AmountNanoUsd, c.Id);
                Remember("adjust:", c.Id);
                break;
            case WalletCommand.PrepareTransfer c:
                Prepare(c.TransferId, c.AmountNanoUsd, book);
                break;
            case WalletCommand.CommitTransfer c:
                Finish(c.TransferId, commit: true);
                break;
            case WalletCommand.CancelTransfer c:
                Finish(c.TransferId, commit: false);
                break;
            case WalletCommand.ResolveSuspense c:
                Resolve(BookOf(c.Period), c.HoldNanoUsd, c.ChargeNanoUsd);
                break;
            case WalletCommand.Rerate c:
                Correct(c);
                break;
            case WalletCommand.Suspend c:
                Dispute(c, BookOf(c.Period));
                break;
            case WalletCommand.SettleDispute c:
                Settle(c, BookOf(c.Period));
                break;
            default:
                throw new NotSupportedException($"The wallet has no {command.GetType().Name}.");
        }
    }

    private void Begin(Period period)
    {
        (_earlier ??= []).Add(_latest);
        Due(ForgetAt(_latest));
        _latest = new WalletBook(_latest.Number + 1, period);
        _latest.Adopt(Settings);
        _entries.Add(Opened(Settings, period));
    }

    private void SetLimit(long? limitNanoUsd, string? reference)
    {
        var more = (limitNanoUsd ?? 0) - (Settings.LimitNanoUsd ?? 0);
        foreach (var book in OpenBooks())
        {
            Add(book, EntryReason.LimitChanged, Account.Funding, Account.Allowance, more, reference);
        }

        Adopt(Settings with { LimitNanoUsd = limitNanoUsd });
    }

    /// <summary>Takes limit and overdraft into the open books; an overdraft that changed is a line of its own.</summary>
    private void Adopt(WalletSettings settings)
    {
        var more = settings.OverdraftNanoUsd - Settings.OverdraftNanoUsd;
        Settings = settings;
        foreach (var book in OpenBooks())
        {
            book.Adopt(settings);
            if (more != 0)
            {
                Add(book, EntryReason.OverdraftChanged, Account.Funding, Account.Allowance, more, null);
            }
        }
    }

    private void Prepare(string transferId, long amountNanoUsd, WalletBook book)
    {
        (_prepared ??= new(StringComparer.Ordinal))[transferId] = new PreparedTransfer(amountNanoUsd, book);
        if (amountNanoUsd < 0)
        {
            book.TransferredOutNanoUsd -= amountNanoUsd;
            Add(book, EntryReason.TransferReserved, Account.Allowance, Account.Transfers, -amountNanoUsd, transferId);
        }
        else
        {
            _entries.Add(WalletEntry.Note(EntryReason.TransferPromised, book.Period.Id, transferId));
        }
    }

    private void Finish(string transferId, bool commit)
    {
        Remember(commit ? "committed:" : "cancelled:", transferId);
        if (_prepared is null || !_prepared.Remove(transferId, out var prepared))
        {
            return;
        }

        // In the period it was prepared in, even if that has ended: allowance moves within its period and never into the next.
        var (amount, book) = (prepared.AmountNanoUsd, prepared.Book);
        if (commit && amount > 0)
        {
            book.TransferredInNanoUsd += amount;
            Add(book, EntryReason.Transferred, Account.Transfers, Account.Allowance, amount, transferId);
        }
        else if (!commit && amount < 0)
        {
            book.TransferredOutNanoUsd += amount;
            Add(book, EntryReason.TransferCancelled, Account.Transfers, Account.Allowance, -amount, transferId);
        }
        else
        {
            _entries.Add(WalletEntry.Note(commit ? EntryReason.Transferred : EntryReason.TransferCancelled, book.Period.Id, transferId));
        }
    }

    private void Add(WalletBook book, EntryReason reason, Account debit, Account credit, long amountNanoUsd, string? reference) =>
        _entries.Add(WalletEntry.Move(reason, book.Period.Id, debit, credit, amountNanoUsd, reference));

    private void Note(EntryReason reason) => _entries.Add(WalletEntry.Note(reason, BookAt(_nowUnixMs).Period.Id));

    private bool IsRemembered(string kind, string id) => _remembered is not null && _remembered.ContainsKey(kind + id);

    private void Remember(string kind, string id) =>
        Due((_remembered ??= new(StringComparer.Ordinal))[kind + id] = _nowUnixMs + _terms.RememberCommandsMs);

    /// <summary>A transfer between its two halves.</summary>
    private sealed record PreparedTransfer(long AmountNanoUsd, WalletBook Book);
}
