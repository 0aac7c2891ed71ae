using AiOrchestrator.Ledger.Wallets;
using static AiOrchestrator.Ledger.Tests.Wallets.Scene;

namespace AiOrchestrator.Ledger.Tests.Wallets;

public sealed class WalletReratingTests
{
    private const string Saturday = "day-2026-11-21";
    private const string Sunday = "day-2026-11-22";

    [Fact]
    public void A_correction_is_booked_to_the_period_of_the_calls_while_that_is_known()
    {
        var wallet = TwoDays(saturday: 600, sunday: 50);
        Assert.Equal(WalletCommandOutcome.Applied, wallet.Apply(new WalletCommand.Rerate("rr", 1, -200), Now + Day));
        Assert.Equal(WalletCommandOutcome.Applied, wallet.Apply(new WalletCommand.Rerate("rr", 2, 30), Now + Day));

        Assert.Equal((400, 0, 0), wallet.Figures(1));
        Assert.Equal((80, 0, 0), wallet.Figures(2));
        Assert.Equal(
        [
            new(EntryReason.Rerated, Saturday, Account.Spent, Account.Allowance, 200, "rr"),
            new(EntryReason.Rerated, Sunday, Account.Allowance, Account.Spent, 30, "rr"),
        ],
            wallet.TakeEntries());
    }

    [Fact]
    public void Of_a_period_that_is_forgotten_it_is_booked_to_the_current_one_and_says_which_it_corrects()
    {
        var wallet = TwoDays(saturday: 600, sunday: 0);
        var later = Now + (5 * Day);
        wallet.BeginDue(later);
        wallet.Tick(later);
        _ = wallet.TakeEntries();
        Assert.Null(wallet.ReadPeriod(1));

        Assert.Equal(WalletCommandOutcome.Applied, wallet.Apply(new WalletCommand.Rerate("rr", 1, 70) { PeriodId = Saturday }, later));
        Assert.Equal(70, wallet.Read(later).SpentNanoUsd);
        Assert.Equal(
            [new(EntryReason.Rerated, "day-2026-11-26", Account.Allowance, Account.Spent, 70, "rr") { Corrects = Saturday }], wallet.TakeEntries());
    }

    [Fact]
    public void A_refund_of_more_than_was_spent_goes_on_to_the_current_period_and_then_to_its_allowance()
    {
        var wallet = TwoDays(saturday: 100, sunday: 50);
        wallet.Apply(new WalletCommand.Rerate("rr", 1, -180), Now + Day);

        Assert.Equal((0, 0, 0), wallet.Figures(1));
        Assert.Equal((0, 0, 0), wallet.Figures(2));
        Assert.Equal(1_030, wallet.Read(Now + Day).AllowanceNanoUsd);
        Assert.Equal(
        [
            new(EntryReason.Rerated, Saturday, Account.Spent, Account.Allowance, 100, "rr"),
            new(EntryReason.Rerated, Sunday, Account.Spent, Account.Allowance, 50, "rr") { Corrects = Saturday },
            new(EntryReason.Rerated, Sunday, Account.Funding, Account.Allowance, 30, "rr") { Corrects = Saturday },
        ],
            wallet.TakeEntries());
    }

    [Fact]
    public void In_the_current_period_what_is_refunded_beyond_what_was_spent_is_credit_of_the_same_period()
    {
        var wallet = DailyWallet();
        _ = wallet.TakeEntries();
        wallet.Apply(new WalletCommand.Rerate("rr", 1, -40), Now);
        Assert.Equal([new(EntryReason.Rerated, Saturday, Account.Funding, Account.Allowance, 40, "rr")], wallet.TakeEntries());
        Assert.Equal(1_040, wallet.Read().AvailableNanoUsd);
    }

    [Fact]
    public void A_charge_may_leave_an_overrun_and_passes_the_thresholds_of_the_period_it_belongs_to()
    {
        var wallet = TwoDays(saturday: 700, sunday: 0);
        wallet.Apply(new WalletCommand.Rerate("rr", 1, 500), Now + Day);
        Assert.Equal(200, wallet.ReadPeriod(1)!.OverrunNanoUsd);
        Assert.Equal(0, wallet.ReadPeriod(2)!.OverrunNanoUsd);
        Assert.Equal([80, 90, 95, 100], wallet.TakeEntries().Where(static e => e is { Reason: EntryReason.ThresholdCrossed, Period: Saturday }).Select(static e => e.Count));
    }

    [Fact]
    public void While_it_leaves_an_overrun_nothing_is_granted()
    {
        var wallet = DailyWallet();
        wallet.Apply(new WalletCommand.Rerate("rr", 1, 1_001), Now);
        Assert.Equal(LeaseOutcome.Exhausted, wallet.Exchange(Message(need: 1), Now).Outcome);
        wallet.Apply(new WalletCommand.Rerate("again", 1, -101), Now);
        Assert.Equal(LeaseOutcome.Granted, wallet.Exchange(Message(lease: 2, need: 100), Now).Outcome);
    }

    [Fact]
    public void What_a_host_made_durable_is_replayed_as_it_was_whatever_is_taken_for_spent_by_then()
    {
        var live = TwoDays(saturday: 100, sunday: 50);
        var command = new WalletCommand.Rerate("rr", 1, -180);
        command = command with { Split = live.Split(command, Now + Day) };
        Assert.Equal(new RerateSplit(-100, 2, -50, 30), command.Split);
        live.Apply(command, Now + Day);

        // A settlement stands in the journal before its lease reports it.
        var replayed = DailyWallet();
        replayed.BookSettled(1, 100);
        replayed.BeginDue(Now + Day);
        replayed.BookSettled(2, 90);
        replayed.Replay(command, Now + Day);
        replayed.EndReplay();
        Assert.Equal((0, 0, 0), replayed.Figures(1));
        Assert.Equal((40, 0, 0), replayed.Figures(2));
        Assert.Equal(live.Read(Now + Day).AllowanceNanoUsd, replayed.Read(Now + Day).AllowanceNanoUsd);
        Assert.Equal(WalletCommandOutcome.AlreadyApplied, replayed.Apply(new WalletCommand.Rerate("rr", 1, -180), Now + Day));
    }

    [Fact]
    public void Its_written_form_says_all_of_it()
    {
        foreach (var command in (WalletCommand.Rerate[])
            [new("rr", 3, -5), new("rr", 0, long.MaxValue) { PeriodId = Saturday }, new("rr", 1, -180) { Split = new RerateSplit(-100, 2, -50, 30) }])
        {
            var writer = new ImageWriter();
            WalletCommandImage.Save(writer, command);
            var reader = new ImageReader(writer.Written.Span);
            Assert.Equal(command, WalletCommandImage.Load(ref reader));
            Assert.True(reader.IsAtEnd);
        }
    }

    /// <summary>On Sunday at ten.</summary>
    private static Wallet TwoDays(long saturday, long sunday)
    {
        var wallet = DailyWallet();
        wallet.BookSettled(1, saturday);
        wallet.BeginDue(Now + Day);
        wallet.BookSettled(2, sunday);
        _ = wallet.TakeEntries();
        return wallet;
    }
}
