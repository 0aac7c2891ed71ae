using AiOrchestrator.Ledger.Money;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;
using static AiOrchestrator.Ledger.Tests.Wallets.Scene;
using static AiOrchestrator.Ledger.Wallets.WalletCommand;
using static AiOrchestrator.Ledger.Wallets.WalletCommandOutcome;

namespace AiOrchestrator.Ledger.Tests.Wallets;

/// <summary>A row for every result of every command, and the order in which they are decided.</summary>
public sealed class WalletCommandTests
{
    private const long Most = NanoUsd.MaxAmount;
    private static readonly Period Tomorrow = new("day-2026-11-22", Midnight + Day, Midnight + (2 * Day));
    private static readonly PeriodRule Monthly = new(PeriodKind.Monthly, 1, "UTC");

    private static readonly (WalletCommand Command, WalletCommandOutcome Outcome, string Name, Action<Wallet> Arrange)[] Rows =
    [
        (new BeginPeriod(Tomorrow with { Id = "day-2026-11-21" }), AlreadyApplied, "the latest", Closed),
        (new BeginPeriod(new("day-2026-11-21", Midnight, Midnight + Day)), AlreadyApplied, "one before the latest", Applied(new BeginPeriod(Tomorrow))),
        (new BeginPeriod(Tomorrow with { StartUnixMs = Midnight + Day - 1 }), AmountOutOfRange, "begins before the latest ends", Open),
        (new BeginPeriod(Tomorrow with { EndUnixMs = Midnight + Day }), AmountOutOfRange, "is empty", Open),
        (new BeginPeriod(Tomorrow), WalletCommandOutcome.Applied, "closed", Closed),

        (new ChangeLimit(-1), AmountOutOfRange, "negative", Closed),
        (new ChangeLimit(Most + 1), AmountOutOfRange, "too much", Open),
        (new ChangeLimit(1), WalletClosed, "closed", Closed),
        (new ChangeLimit(Most), WalletCommandOutcome.Applied, "frozen", Frozen),
        (new ChangeLimit(null), WalletCommandOutcome.Applied, "none", Open),

        (new RaiseLimit("a", 0), AlreadyApplied, "was", Then(Applied(new RaiseLimit("a", 5)), Closed)),
        (new RaiseLimit("a", 0), AmountOutOfRange, "nothing", Closed),
        (new RaiseLimit("a", Most), AmountOutOfRange, "too much in all", Open),
        (new RaiseLimit("a", 1), AmountOutOfRange, "there is no limit", Applied(new ChangeLimit(null))),
        (new RaiseLimit("a", 1), WalletClosed, "closed", Closed),
        (new RaiseLimit("a", Most - 1_000), WalletCommandOutcome.Applied, "up to the most", Open),

        (new ChangeOverdraft(-1), AmountOutOfRange, "negative", Closed),
        (new ChangeOverdraft(10_001), AmountOutOfRange, "above the limit itself", Open),
        (new ChangeOverdraft(1), WalletClosed, "closed", Closed),
        (new ChangeOverdraft(10_000), WalletCommandOutcome.Applied, "as much as the limit", Open),

        (new ChangeThresholds([50, 50]), AmountOutOfRange, "not ascending", Closed),
        (new ChangeThresholds([100]), AmountOutOfRange, "100 is always one", Open),
        (new ChangeThresholds([0]), AmountOutOfRange, "0", Open),
        (new ChangeThresholds([1, 2, 3, 4, 5, 6, 7, 8, 9]), AmountOutOfRange, "too many", Open),
        (new ChangeThresholds([1]), WalletClosed, "closed", Closed),
        (new ChangeThresholds([]), WalletCommandOutcome.Applied, "none", Open),

        (new ChangePeriod(Monthly), AmountOutOfRange, "nobody found the end", Closed),
        (new ChangePeriod(Monthly, Now), AmountOutOfRange, "ends now", Open),
        (new ChangePeriod(Monthly, Midnight + Day), AmountOutOfRange, "the latest, opened ahead, would be empty", Applied(new BeginPeriod(Tomorrow))),
        (new ChangePeriod(Monthly with { Day = 32 }, Now + Day), AmountOutOfRange, "no such day", Open),
        (new ChangePeriod(Monthly, Now + Day), WalletClosed, "closed", Closed),
        (new ChangePeriod(Monthly, Now + 1), WalletCommandOutcome.Applied, "ends later", Open),

        (new ChangeShadow(true), WalletClosed, "closed", Closed),
        (new ChangeShadow(true), WalletCommandOutcome.Applied, "on", Open),

        (new TopUp("a", Most), AlreadyApplied, "was, and once more would be too much", Then(Applied(new TopUp("a", Most)), Applied(new TopUp("b", Most)), Closed)),
        (new TopUp("a", 0), AmountOutOfRange, "nothing", Closed),
        (new TopUp("a", Most + 1), AmountOutOfRange, "too much", Open),
        (new TopUp("c", 1), AmountOutOfRange, "too much in all", Then(Applied(new TopUp("a", Most)), Applied(new TopUp("b", Most)), Closed)),
        (new TopUp("a", 1), WalletClosed, "closed", Closed),
        (new TopUp("a", 1), WalletCommandOutcome.Applied, "frozen", Frozen),

        (new Adjust("a", -100), AlreadyApplied, "was, and nothing is left to refund", Then(Spent(100), Applied(new Adjust("a", -100)))),
        (new Adjust("a", 0), AmountOutOfRange, "nothing", Open),
        (new Adjust("a", Most + 1), AmountOutOfRange, "too much", Open),
        (new Adjust("a", long.MinValue), AmountOutOfRange, "too little", Open),
        (new Adjust("a", -101), AmountOutOfRange, "more than was spent", Spent(100)),
        (new Adjust("c", 1), AmountOutOfRange, "too much in all", Then(Applied(new Adjust("a", Most)), Applied(new Adjust("b", Most)))),
        (new Adjust("a", Most), WalletCommandOutcome.Applied, "a charge is never refused", Closed),
        (new Adjust("a", -100), WalletCommandOutcome.Applied, "a refund of all", Then(Spent(100), Closed)),

        (new PrepareTransfer("t", 0), AlreadyApplied, "was", Applied(new PrepareTransfer("t", 5))),
        (new PrepareTransfer("t", 0), TransferFinished, "committed", Then(Applied(new PrepareTransfer("t", 5)), Applied(new CommitTransfer("t")), Closed)),
        (new PrepareTransfer("t", 0), TransferFinished, "cancelled", Then(Applied(new CancelTransfer("t")), Closed)),
        (new PrepareTransfer("t", 0), AmountOutOfRange, "nothing", Closed),
        (new PrepareTransfer("t", long.MinValue), AmountOutOfRange, "too much out", Closed),
        (new PrepareTransfer("t", Most + 1), AmountOutOfRange, "too much in", Closed),
        (new PrepareTransfer("t", 1), AmountOutOfRange, "too much promised", Then(Applied(new PrepareTransfer("a", Most)), Applied(new PrepareTransfer("b", Most)), Frozen)),
        (new PrepareTransfer("t", -1), AmountOutOfRange, "too much went out", Then(Applied(new ChangeLimit(null)), Applied(new PrepareTransfer("a", -Most)), Applied(new PrepareTransfer("b", -Most)), Frozen)),
        (new PrepareTransfer("t", -9_999), WalletClosed, "closed and frozen", Then(Frozen, Closed)),
        (new PrepareTransfer("t", -9_999), WalletFrozen, "frozen", Frozen),
        (new PrepareTransfer("t", 1), WalletFrozen, "frozen, in", Frozen),
        (new PrepareTransfer("t", -901), Exhausted, "more than is unspent", Then(Spent(100), Leased(900))),
        (new PrepareTransfer("t", -1_001), Exhausted, "the overdraft is for calls", Applied(new ChangeOverdraft(10_000))),
        (new PrepareTransfer("t", -900), Contended, "what is out in leases", Then(Spent(100), Leased(1))),
        (new PrepareTransfer("t", -10), Contended, "what others wait for", Then(Leased(900), w => w.Exchange(Message(lease: 5, need: 100), Now), w => w.Exchange(Message(lease: 6, need: 100), Now))),
        (new PrepareTransfer("t", -900), WalletCommandOutcome.Applied, "all that is unspent", Spent(100)),
        (new PrepareTransfer("t", -Most), WalletCommandOutcome.Applied, "out of no limit", Applied(new ChangeLimit(null))),
        (new PrepareTransfer("t", Most), WalletCommandOutcome.Applied, "in", Leased(1_000)),

        (new CommitTransfer("t"), AlreadyApplied, "was", Then(Applied(new PrepareTransfer("t", -5)), Applied(new CommitTransfer("t")), Closed)),
        (new CommitTransfer("t"), TransferFinished, "cancelled", Then(Applied(new PrepareTransfer("t", -5)), Applied(new CancelTransfer("t")), Closed)),
        (new CommitTransfer("t"), TransferUnknown, "never prepared", Closed),
        (new CommitTransfer("t"), WalletCommandOutcome.Applied, "frozen since", Then(Applied(new PrepareTransfer("t", -5)), Frozen)),

        (new CancelTransfer("t"), AlreadyApplied, "was", Applied(new CancelTransfer("t"))),
        (new CancelTransfer("t"), TransferFinished, "committed", Then(Applied(new PrepareTransfer("t", -5)), Applied(new CommitTransfer("t")))),
        (new CancelTransfer("t"), WalletCommandOutcome.Applied, "prepared", Then(Applied(new PrepareTransfer("t", -5)), Frozen)),
        (new CancelTransfer("t"), WalletCommandOutcome.Applied, "never prepared, closed", Closed),

        (new Freeze(), AlreadyApplied, "is", Frozen),
        (new Freeze(), WalletClosed, "closed and frozen", Then(Frozen, Closed)),
        (new Freeze(), WalletCommandOutcome.Applied, "open", Open),
        (new Unfreeze(), AlreadyApplied, "is not", Open),
        (new Unfreeze(), WalletClosed, "closed", Closed),
        (new Unfreeze(), WalletCommandOutcome.Applied, "frozen", Frozen),

        (new Close(), WalletClosed, "is", Closed),
        (new Close(), CallsOutstanding, "a hold, and a transfer", Then(w => w.Exchange(Message(held: 5), Now), Applied(new PrepareTransfer("t", 5)))),
        (new Close(), CallsOutstanding, "suspense", Suspended(5)),
        (new Close(), CallsOutstanding, "suspense of an earlier period", Then(Suspended(5), Applied(new BeginPeriod(Tomorrow)))),
        (new Close(), TransferPending, "a transfer", Applied(new PrepareTransfer("t", -5))),
        (new Close(), WalletCommandOutcome.Applied, "leased, but not held; frozen", Then(Leased(500), Frozen)),

        (new ResolveSuspense(1, -1, 0), AmountOutOfRange, "negative hold", Suspended(5)),
        (new ResolveSuspense(1, 5, -1), AmountOutOfRange, "negative charge", Suspended(5)),
        (new ResolveSuspense(1, 6, 0), AmountOutOfRange, "more than there is", Suspended(5)),
        (new ResolveSuspense(1, 5, Most + 1), AmountOutOfRange, "too much", Suspended(5)),
        (new ResolveSuspense(2, 5, 5), AmountOutOfRange, "another period's", Then(Suspended(5), Applied(new BeginPeriod(Tomorrow)))),
        (new ResolveSuspense(1, 5, 7), WalletCommandOutcome.Applied, "charged more than was held", Then(Suspended(5), Frozen)),

        (new Rerate("a", 1, -100), AlreadyApplied, "was, for this period", Then(Spent(100), Applied(new Rerate("a", 1, -100)))),
        (new Rerate("a", 1, 0), AmountOutOfRange, "nothing", Open),
        (new Rerate("a", 1, Most + 1), AmountOutOfRange, "too much", Open),
        (new Rerate("a", 1, long.MinValue), AmountOutOfRange, "too little", Open),
        (new Rerate("c", 1, 1), AmountOutOfRange, "too much in all", Then(Applied(new Rerate("a", 1, Most)), Applied(new Rerate("b", 1, Most)))),
        (new Rerate("c", 9, 1), AmountOutOfRange, "too much in all, of a period that is not known", Then(Applied(new Rerate("a", 1, Most)), Applied(new Rerate("b", 1, Most)))),
        (new Rerate("c", 1, -1), AmountOutOfRange, "too much credit in all", Then(Applied(new Rerate("a", 1, -Most)), Applied(new Rerate("b", 1, -Most)))),
        (new Rerate("a", 1, 5) { Split = new RerateSplit(4, 1, 0, 0) }, AmountOutOfRange, "split into something else", Open),
        (new Rerate("a", 1, Most), WalletCommandOutcome.Applied, "a charge is never refused", Closed),
        (new Rerate("a", 2, -100), WalletCommandOutcome.Applied, "another period's", Then(Spent(100), Applied(new Rerate("a", 1, -50)), Closed)),
        (new Rerate("a", 1, -101), WalletCommandOutcome.Applied, "a refund of more than was spent", Then(Spent(100), Frozen)),
        (new Suspend("c", 1, 5), AlreadyApplied, "is", Then(Applied(new Suspend("c", 1, 5)), Frozen)),
        (new Suspend("c", 1, 5), AlreadyApplied, "was, and is decided", Then(Applied(new Suspend("c", 1, 5)), Applied(new SettleDispute("c", 1, 5, 5)), Closed)),
        (new Suspend("c", 1, 0), AmountOutOfRange, "nothing", Open),
        (new Suspend("c", 1, Most + 1), AmountOutOfRange, "too much", Open),
        (new Suspend("c", 1, 1), AmountOutOfRange, "too much in all", Then(Applied(new Suspend("a", 1, Most)), Applied(new Suspend("b", 1, Most)))),
        (new Suspend("c", 1, Most), WalletCommandOutcome.Applied, "never refused for want of money", Closed),

        (new SettleDispute("c", 1, 5, 5), AlreadyApplied, "is decided", Then(Applied(new Suspend("c", 1, 5)), Applied(new SettleDispute("c", 1, 5, 0)))),
        (new SettleDispute("c", 1, 5, 5), AlreadyApplied, "never suspended, though another is", Applied(new Suspend("d", 1, 5))),
        (new SettleDispute("c", 1, 0, 0), AmountOutOfRange, "nothing", Applied(new Suspend("c", 1, 5))),
        (new SettleDispute("c", 1, 6, 5), AmountOutOfRange, "more than there is", Applied(new Suspend("c", 1, 5))),
        (new SettleDispute("c", 1, 5, 6), AmountOutOfRange, "charged more than was suspended", Applied(new Suspend("c", 1, 5))),
        (new SettleDispute("c", 1, 5, -1), AmountOutOfRange, "negative charge", Applied(new Suspend("c", 1, 5))),
        (new SettleDispute("c", 1, 5, 3), WalletCommandOutcome.Applied, "frozen", Then(Applied(new Suspend("c", 1, 5)), Frozen)),
    ];

    public static TheoryData<string> Names => [.. Rows.Select(NameOf)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_first_reason_that_holds_is_the_result_and_a_refusal_changes_no_figure(string name)
    {
        var (command, outcome, _, arrange) = Rows.Single(r => NameOf(r) == name);
        var wallet = DailyWallet();
        arrange(wallet);
        wallet.Tick(Now);
        _ = wallet.TakeEntries();
        var image = wallet.Image();
        var state = wallet.Read();
        var leases = wallet.ReadLeases();
        Assert.Equal(outcome, wallet.Check(command, Now));
        if (outcome is not (Contended or WalletCommandOutcome.Applied))
        {
            Assert.Equal(image, wallet.Image());
        }

        Assert.Equal(outcome, wallet.Apply(command, Now));
        if (outcome == WalletCommandOutcome.Applied)
        {
            Assert.NotEqual(image, wallet.Image());
            return;
        }

        Assert.Equal(state, wallet.Read());
        Assert.Equal(leases, wallet.ReadLeases());
        Assert.False(wallet.HasEntries);
    }

    [Fact]
    public void Every_result_and_every_command_has_its_rows()
    {
        Assert.Equal([WalletUnknown], Enum.GetValues<WalletCommandOutcome>().Except(Rows.Select(static r => r.Outcome)));
        Assert.Empty(typeof(WalletCommand).GetNestedTypes().Except(Rows.Select(static r => r.Command.GetType())));
        Assert.Equal(Rows.Select(static r => r.Command.GetType()).Distinct(), Rows.Where(static r => r.Outcome == WalletCommandOutcome.Applied).Select(static r => r.Command.GetType()).Distinct());
    }

    [Fact]
    public void Results_are_declared_in_the_order_in_which_they_are_decided()
    {
        foreach (var rows in Rows.GroupBy(static r => r.Command.GetType()))
        {
            Assert.Equal(rows.Select(static r => r.Outcome).Order(), rows.Select(static r => r.Outcome));
        }
    }

    [Fact]
    public void Every_refusal_says_whether_a_retry_may_differ()
    {
        var documentation = System.Xml.Linq.XDocument.Load(Path.Combine(AppContext.BaseDirectory, "AiOrchestrator.Ledger.xml"));
        foreach (var name in (string[])[.. Enum.GetNames<WalletCommandOutcome>().Select(static n => "WalletCommandOutcome." + n), .. Enum.GetNames<LeaseOutcome>().Select(static n => "LeaseOutcome." + n)])
        {
            var summary = documentation.Descendants("member").Single(m => m.Attribute("name")!.Value == "F:AiOrchestrator.Ledger.Wallets." + name).Value;
            Assert.True(
                name.EndsWith(".Applied", StringComparison.Ordinal) || name.EndsWith(".Granted", StringComparison.Ordinal)
                || summary.Contains("Retry", StringComparison.Ordinal) || summary.Contains("nothing changed", StringComparison.Ordinal),
                name);
        }
    }

    [Fact]
    public void Contended_money_is_called_back_for_a_transfer_and_kept_for_it()
    {
        var wallet = DailyWallet();
        Leased(900)(wallet);
        Assert.Equal(Contended, wallet.Apply(new PrepareTransfer("t", -600), Now));
        Assert.True(wallet.Exchange(Message(lease: 100, seq: 2, keep: 300), Now).Pressure);
        Assert.Equal(LeaseOutcome.Contended, wallet.Exchange(Message(lease: 2, need: 150), Now).Outcome);
        Assert.Equal(WalletCommandOutcome.Applied, wallet.Apply(new PrepareTransfer("t", -600), Now));
        Assert.Equal(LeaseOutcome.Granted, wallet.Exchange(Message(lease: 2, seq: 2, need: 100), Now).Outcome);
    }

    [Fact]
    public void What_a_reclaimed_lease_left_may_be_resolved_and_is_then_not_decided_once_more()
    {
        var wallet = DailyWallet();
        wallet.Exchange(Message(need: 500), Now);
        wallet.BookUnfinished(1, 100);
        var later = Now + Hour;
        wallet.Tick(later);
        Assert.Equal((0, 0, 600), wallet.Figures());

        Assert.Equal(WalletCommandOutcome.Applied, wallet.Apply(new ResolveSuspense(1, 80, 30), later));
        Assert.Equal((30, 0, 520), wallet.Figures());
        Assert.Equal(WalletCommandOutcome.Applied, wallet.Apply(new ResolveSuspense(1, 220, 70), later));
        Assert.Equal((100, 0, 300), wallet.Figures());

        // 20 of the charge were the call's, 50 the lease's: its report explains these before it takes of the suspense.
        wallet.Exchange(Message(seq: 2, spent: 90), later);
        Assert.Equal((140, 0, 260), wallet.Figures());
        wallet.Tick(later + Day);
        Assert.Equal((400, 0, 0), wallet.Figures());
    }

    [Fact]
    public void What_is_disputed_is_out_of_reach_in_its_period_until_it_is_decided_however_late()
    {
        var wallet = DailyWallet();
        Assert.Equal(WalletCommandOutcome.Applied, wallet.Apply(new Suspend("c", 1, 700), Now));
        Assert.Equal((0, 0, 700), wallet.Figures());
        Assert.Equal(LeaseOutcome.Exhausted, wallet.Exchange(Message(need: 400), Now).Outcome);

        var later = Now + (30 * Day);
        wallet.BeginDue(later);
        wallet = wallet.Reload();
        wallet.Tick(later);
        Assert.Equal(AlreadyApplied, wallet.Apply(new Suspend("c", 1, 700), later));
        _ = wallet.TakeEntries();
        Assert.Equal(WalletCommandOutcome.Applied, wallet.Apply(new SettleDispute("c", 1, 700, 300), later));
        Assert.Equal((300, 0, 0), wallet.Figures(period: 1));
        Assert.Equal(
            [
                new WalletEntry(EntryReason.SuspenseCharged, "day-2026-11-21", Account.Suspense, Account.Spent, 300, "c"),
                new WalletEntry(EntryReason.SuspenseReleased, "day-2026-11-21", Account.Suspense, Account.Allowance, 400, "c"),
            ],
            wallet.TakeEntries());
        Assert.Equal(AlreadyApplied, wallet.Apply(new SettleDispute("c", 1, 700, 300), later));
    }

    [Fact]
    public void A_charge_that_was_disputed_crosses_the_thresholds_of_its_period()
    {
        var wallet = DailyWallet();
        wallet.Apply(new Suspend("c", 1, 5_000), Now);
        Assert.Equal(4_000, wallet.Read().OverrunNanoUsd);
        wallet.Apply(new SettleDispute("c", 1, 5_000, 950), Now);
        Assert.Equal(0, wallet.Read().OverrunNanoUsd);
        Assert.Equal([80, 90, 95], wallet.Read().CrossedPercents);
    }

    [Fact]
    public void The_ids_of_commands_are_remembered_for_three_days_and_then_forgotten()
    {
        var wallet = DailyWallet();
        wallet.Apply(new TopUp("a", 1), Now);
        Assert.Equal(AlreadyApplied, wallet.Apply(new TopUp("a", 1), Now + (3 * Day) - 1));
        var size = wallet.Image().Length;
        wallet.Tick(Now + (3 * Day));
        Assert.True(wallet.Image().Length < size);
    }

    [Fact]
    public void A_list_of_thresholds_that_changes_later_changes_no_wallet()
    {
        var wallet = DailyWallet();
        int[] percents = [10, 20];
        wallet.Apply(new ChangeThresholds(percents), Now);
        percents[1] = 99;
        Assert.Equal([10, 20], wallet.Settings.ThresholdPercents);
    }

    [Fact]
    public void A_closed_wallet_grants_nothing_but_books_what_is_reported()
    {
        var wallet = DailyWallet();
        wallet.Exchange(Message(target: 100), Now);
        Assert.Equal(WalletCommandOutcome.Applied, wallet.Apply(new Close(), Now));
        Assert.Equal(LeaseOutcome.WalletClosed, wallet.Exchange(Message(seq: 2, spent: 70, need: 500), Now).Outcome);
        Assert.Equal(LeaseOutcome.WalletClosed, wallet.Exchange(Message(lease: 2, need: 1), Now).Outcome);
        Assert.Equal((70, 0, 0), wallet.Figures());
    }

    private static string NameOf((WalletCommand Command, WalletCommandOutcome Outcome, string Name, Action<Wallet> Arrange) row) =>
        $"{row.Command.GetType().Name} {row.Outcome}: {row.Name}";

    private static void Open(Wallet wallet)
    {
    }

    private static void Frozen(Wallet wallet) => Applied(new Freeze())(wallet);

    private static void Closed(Wallet wallet) => Applied(new Close())(wallet);

    private static Action<Wallet> Applied(WalletCommand command) =>
        wallet => Assert.Equal(WalletCommandOutcome.Applied, wallet.Apply(command, Now));

    private static Action<Wallet> Spent(long amount) => wallet =>
    {
        wallet.Exchange(Message(lease: 99, need: amount), Now);
        wallet.Exchange(Message(lease: 99, seq: 2, spent: amount, closing: true), Now);
    };

    private static Action<Wallet> Leased(long amount) => wallet => wallet.Exchange(Message(lease: 100, target: amount), Now);

    private static Action<Wallet> Suspended(long amount) => wallet => wallet.BookUnfinished(1, amount);

    private static Action<Wallet> Then(params Action<Wallet>[] steps) => wallet => Array.ForEach(steps, step => step(wallet));
}
