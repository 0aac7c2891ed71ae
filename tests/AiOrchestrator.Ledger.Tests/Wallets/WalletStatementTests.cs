using AiOrchestrator.Ledger.Wallets;
using static AiOrchestrator.Ledger.Tests.Wallets.Scene;

namespace AiOrchestrator.Ledger.Tests.Wallets;

public sealed class WalletStatementTests
{
    [Fact]
    public void A_day_in_lines()
    {
        var wallet = DailyWallet(overdraft: 500);
        wallet.Exchange(Message(need: 600), Now);
        wallet.Exchange(Message(seq: 2, spent: 500, held: 100), Now);
        wallet.Apply(new WalletCommand.TopUp("top", 200), Now);
        wallet.Apply(new WalletCommand.ChangeLimit(800), Now);
        wallet.Apply(new WalletCommand.Adjust("refund", -40), Now);
        wallet.Apply(new WalletCommand.PrepareTransfer("out", -50), Now);
        wallet.Apply(new WalletCommand.CommitTransfer("out"), Now);
        wallet.Apply(new WalletCommand.PrepareTransfer("in", 30), Now);
        wallet.Apply(new WalletCommand.CommitTransfer("in"), Now);
        wallet.Tick(Now + Hour);
        wallet.Exchange(Message(seq: 3, spent: 570), Now + Hour);
        wallet.Tick(Now + Hour + Day);
        wallet.Exchange(Message(seq: 4, spent: 580), Now + Hour + Day);

        const string day = "day-2026-11-21";
        Assert.Equal(
        [
            new(EntryReason.PeriodOpened, day, Account.Funding, Account.Allowance, 1_050),
            new(EntryReason.SpendReported, day, Account.Allowance, Account.Spent, 500, "1"),
            new(EntryReason.ToppedUp, day, Account.Funding, Account.Allowance, 200, "top"),
            new(EntryReason.LimitChanged, day, Account.Allowance, Account.Funding, 200),
            new(EntryReason.OverdraftChanged, day, Account.Allowance, Account.Funding, 10),
            new(EntryReason.Adjusted, day, Account.Spent, Account.Allowance, 40, "refund"),
            new(EntryReason.TransferReserved, day, Account.Allowance, Account.Transfers, 50, "out"),
            new(EntryReason.Transferred, day, Account.None, Account.None, 0, "out"),
            new(EntryReason.TransferPromised, day, Account.None, Account.None, 0, "in"),
            new(EntryReason.Transferred, day, Account.Transfers, Account.Allowance, 30, "in"),
            new(EntryReason.LeaseReclaimed, day, Account.Allowance, Account.Suspense, 100, "1"),
            new(EntryReason.SpendReported, day, Account.Suspense, Account.Spent, 70, "1"),
            new(EntryReason.Unattributed, day, Account.Suspense, Account.Spent, 30, "1"),
            new(EntryReason.Unattributed, day, Account.Spent, Account.Allowance, 10, "1"),
            new(EntryReason.SpendReported, day, Account.Allowance, Account.Spent, 10, "1"),
        ],
            wallet.TakeEntries());
    }

    [Fact]
    public void Each_threshold_is_told_once_also_when_the_limit_is_raised_and_spending_passes_it_again()
    {
        var wallet = DailyWallet();
        Assert.Equal([80, 90, 95, 100], Spend(wallet, seq: 1, 0, 1_000));
        wallet.Apply(new WalletCommand.ChangeLimit(2_000), Now);
        Assert.Empty(Spend(wallet, seq: 3, 1_000, 2_000));
        wallet.Apply(new WalletCommand.ChangeThresholds([50, 80]), Now);
        Assert.Equal([50], Crossed(wallet));
        Assert.Equal([50, 80, 90, 95, 100], wallet.Read().CrossedPercents);
        wallet.BeginDue(Now + Day);
        Assert.Empty(wallet.Read(Now + Day).CrossedPercents);
    }

    [Fact]
    public void Each_threshold_is_told_once_over_a_save_and_a_load()
    {
        var wallet = DailyWallet();
        Assert.Equal([80], Spend(wallet, seq: 1, 0, 850));
        wallet = wallet.Reload();
        Assert.Equal([90], Spend(wallet, seq: 3, 850, 910));
    }

    [Fact]
    public void Each_threshold_is_told_once_over_a_replay_and_what_was_not_told_is_told_at_its_end()
    {
        var replayed = DailyWallet();
        replayed.Replay(new WalletCommand.ChangeThresholds([50, 60, 70]), Now);
        replayed.BookSettled(1, 650);
        replayed.BookEntry(new WalletEntry(EntryReason.ThresholdCrossed, "day-2026-11-21", Account.None, Account.None, 0, Count: 50));
        replayed.BookEntry(new WalletEntry(EntryReason.ShadowRefused, "day-2026-11-21", Account.None, Account.None, 0, Count: 4));
        replayed.BookUnfinished(1, 10);
        replayed.EndReplay();
        Assert.Equal([60], Crossed(replayed));
        Assert.Equal((650, 10, 4), (replayed.Read().SpentNanoUsd, replayed.Read().SuspenseNanoUsd, replayed.Read().ShadowRefusedCalls));
        Assert.Equal([70], Spend(replayed, seq: 1, 0, 60));
    }

    [Fact]
    public void A_replay_of_two_days_gives_the_figures_that_were()
    {
        var live = DailyWallet();
        var replayed = DailyWallet();
        var late = Now + Day;
        (WalletCommand Command, long At)[] commands =
        [
            (new WalletCommand.TopUp("a", 300), Now), (new WalletCommand.PrepareTransfer("t", -200), Now), (live.PeriodToBegin(0, late, Zones)!, late),
            (new WalletCommand.CommitTransfer("t"), late), (new WalletCommand.RaiseLimit("r", 50), late), (new WalletCommand.Adjust("c", 70), late),
        ];
        live.Exchange(Message(need: 100), Now);
        live.Exchange(Message(seq: 2, spent: 80, closing: true), Now);
        foreach (var (command, at) in commands)
        {
            Assert.Equal(WalletCommandOutcome.Applied, live.Apply(command, at));
            replayed.Replay(command, at);
        }

        replayed.BookSettled(1, 80);
        replayed.EndReplay();
        Assert.Equal(live.Read(late), replayed.Read(late));
        Assert.Equal(live.ReadPeriod(1), replayed.ReadPeriod(1));
        Assert.Equal(WalletCommandOutcome.AlreadyApplied, replayed.Apply(new WalletCommand.RaiseLimit("r", 50), late));
    }

    [Fact]
    public void A_wallet_that_refuses_what_is_left_after_its_last_threshold_is_used_up()
    {
        var wallet = DailyWallet();
        Assert.Equal([80, 90, 95], Spend(wallet, seq: 1, 0, 960));
        wallet.Exchange(Message(seq: 3, spent: 960, need: 41), Now);
        Assert.Equal([100], Crossed(wallet));
        Assert.Empty(Spend(wallet, seq: 4, 960, 1_000));
    }

    [Fact]
    public void What_is_settled_or_charged_late_crosses_the_thresholds_of_its_own_day()
    {
        var wallet = DailyWallet();
        wallet.Exchange(Message(need: 1_000), Now);
        wallet.BeginDue(Now + Day);
        wallet.Tick(Now + Day);
        _ = wallet.TakeEntries();
        wallet.Exchange(Message(seq: 2, spent: 850), Now + Day);
        Assert.Equal([80], Crossed(wallet, "day-2026-11-21"));
        wallet.BeginDue(Now + (2 * Day));
        wallet.Tick(Now + (2 * Day));
        Assert.Equal([90, 95, 100], Crossed(wallet, "day-2026-11-21"));
        Assert.Empty(wallet.Read(Now + (2 * Day)).CrossedPercents);
    }

    [Fact]
    public void Settings_count_for_today_and_for_a_tomorrow_that_was_opened_ahead()
    {
        var wallet = DailyWallet();
        var evening = Midnight + Day - Second;
        wallet.BeginDue(evening, asked: 2);
        _ = wallet.TakeEntries();
        wallet.Apply(new WalletCommand.ChangeLimit(1_500), evening);
        Assert.Equal(
            [("day-2026-11-21", 500L), ("day-2026-11-22", 500L)], wallet.TakeEntries().Select(static e => (e.Period, e.AmountNanoUsd)));
        Assert.Equal((1_500, 1_500), (wallet.ReadPeriod(1)!.AllowanceNanoUsd, wallet.ReadPeriod(2)!.AllowanceNanoUsd));
        wallet.Apply(new WalletCommand.TopUp("a", 7), evening);
        Assert.Equal((1_507, 1_500), (wallet.ReadPeriod(1)!.AllowanceNanoUsd, wallet.ReadPeriod(2)!.AllowanceNanoUsd));
    }

    private static int[] Spend(Wallet wallet, long seq, long from, long to)
    {
        Assert.Equal(LeaseOutcome.Granted, wallet.Exchange(Message(seq: seq, spent: from, need: to - from), Now).Outcome);
        wallet.Exchange(Message(seq: seq + 1, spent: to), Now);
        return Crossed(wallet);
    }

    private static int[] Crossed(Wallet wallet, string period = "day-2026-11-21") =>
        [.. wallet.TakeEntries().Where(e => e.Reason == EntryReason.ThresholdCrossed && e.Period == period).Select(static e => e.Count)];
}
