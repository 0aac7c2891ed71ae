using AiOrchestrator.Ledger.Wallets;
using static AiOrchestrator.Ledger.Tests.Wallets.Scene;

namespace AiOrchestrator.Ledger.Tests.Wallets;

/// <summary>A row for every answer to a lease message, and the order in which they are decided.</summary>
public sealed class LeaseOutcomeTests
{
    /// <summary>Each message meets its own reason to be refused, and those of all later rows where one message can meet both.</summary>
    private static readonly (LeaseOutcome Outcome, string Name, Action<Wallet> Arrange, LeaseReport Report, bool Books)[] Rows =
    [
        (LeaseOutcome.LeaseEnded, "ended, though the wallet is closed", static w => Close(w, ended: true), Message(lease: 9, seq: 2), false),
        (LeaseOutcome.LeaseEnded, "ended, and it reports late", static w => End(w), Message(lease: 9, seq: 2, spent: 5), true),
        (LeaseOutcome.LeaseEnded, "ended, though its opening is old", static w => End(w), Message(lease: 9, at: Now - Hour), false),
        (LeaseOutcome.WalletClosed, "not a first message to a closed wallet", static w => Close(w), Message(seq: 2), false),
        (LeaseOutcome.WalletClosed, "an old first message to a closed wallet", static w => Close(w), Message(at: Now - Hour), false),
        (LeaseOutcome.WalletClosed, "a duplicate to a closed wallet", static w => Close(w), Message(lease: 8), false),
        (LeaseOutcome.WalletClosed, "a report to a closed wallet", static w => Close(w), Message(lease: 8, seq: 2, spent: 5, need: 9_999), true),
        (LeaseOutcome.WalletClosed, "a closing on a closed wallet", static w => Close(w), Message(lease: 8, seq: 2, closing: true), true),
        (LeaseOutcome.WalletClosed, "a closed and frozen wallet", static w => Close(w, frozen: true), Message(need: 1), false),
        (LeaseOutcome.LeaseUnknown, "not a first message, old, for a period far ahead", static _ => { }, Message(seq: 2, at: Now - Hour, period: 7), false),
        (LeaseOutcome.LeaseUnknown, "not a first message to a full and frozen wallet", static w => Fill(w), Message(seq: 2), false),
        (LeaseOutcome.MessageTooOld, "old, for a period that has ended", static w => NextDay(w), Message(at: Now + Day - 60_001, period: 1), false),
        (LeaseOutcome.MessageTooOld, "old, for a period far ahead", static _ => { }, Message(at: Now - 60_001, period: 7), false),
        (LeaseOutcome.MessageTooOld, "old, to a full and frozen wallet", static w => Fill(w), Message(at: Now - 60_001), false),
        (LeaseOutcome.PeriodEnded, "for a period that has ended", static w => NextDay(w), Message(at: Now + Day, period: 1), false),
        (LeaseOutcome.PeriodEnded, "a report of yesterday to a frozen wallet", static w => Yesterday(w), Message(lease: 8, seq: 2, spent: 5, held: 5, need: 9_999), true),
        (LeaseOutcome.PeriodEnded, "a duplicate of yesterday", static w => Yesterday(w), Message(lease: 8), false),
        (LeaseOutcome.PeriodEnded, "for a period that never was", static _ => { }, Message(period: -1), false),
        (LeaseOutcome.PeriodEnded, "for a period that is forgotten", static w => NextDay(w, days: 5), Message(at: Now + (5 * Day), period: 2), false),
        (LeaseOutcome.PeriodEnded, "to a wallet whose host began no new period", static w => w.Tick(Now + Day), Message(at: Now + Day), false),
        (LeaseOutcome.PeriodNotOpen, "for the next period, too early", static _ => { }, Message(period: 2), false),
        (LeaseOutcome.PeriodNotOpen, "for the next period, to a full and frozen wallet", static w => Fill(w), Message(period: 2), false),
        (LeaseOutcome.Duplicate, "the same again, to a full and frozen wallet", static w => Fill(w), Message(lease: 8), false),
        (LeaseOutcome.Duplicate, "an older one, closing", static w => Skip(w), Message(lease: 8, seq: 4, closing: true), false),
        (LeaseOutcome.TooManyLeases, "one too many, to a frozen wallet", static w => Fill(w), Message(need: 9_999), false),
        (LeaseOutcome.WalletFrozen, "a first message", static w => Freeze(w), Message(need: 9_999), true),
        (LeaseOutcome.WalletFrozen, "a report", static w => Freeze(w), Message(lease: 8, seq: 2, spent: 5, need: 9_999), true),
        (LeaseOutcome.WalletFrozen, "a closing", static w => Freeze(w), Message(lease: 8, seq: 2, closing: true), true),
        (LeaseOutcome.Exhausted, "a need above all there is, though others hold most of it", static w => w.Exchange(Message(lease: 8, need: 900), Now), Message(need: 1_001), true),
        (LeaseOutcome.Contended, "a need that fits if others return theirs", static w => w.Exchange(Message(lease: 8, need: 900), Now), Message(need: 1_000), true),
        (LeaseOutcome.Contended, "a need that fits, but somebody waits already", static w => Wait(w), Message(lease: 8, seq: 3, held: 800, need: 100), true),
        (LeaseOutcome.Granted, "a need that fits", static _ => { }, Message(need: 1_000), true),
        (LeaseOutcome.Granted, "nothing is needed, though there is nothing", static w => w.Exchange(Message(lease: 8, need: 1_000), Now), Message(target: 10), true),
        (LeaseOutcome.Granted, "a closing", static w => w.Exchange(Message(lease: 8, need: 900), Now), Message(lease: 8, seq: 2, closing: true), true),
    ];

    public static TheoryData<string> Names => [.. Rows.Select(static r => $"{r.Outcome}: {r.Name}")];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_first_reason_that_holds_is_the_answer_and_a_refusal_changes_nothing(string name)
    {
        var (outcome, _, arrange, report, books) = Rows.Single(r => $"{r.Outcome}: {r.Name}" == name);
        var wallet = DailyWallet(terms: Terms with { MaxLeases = 2 });
        arrange(wallet);
        wallet.Tick(Now);
        _ = wallet.TakeEntries();
        var before = wallet.Image();
        var figures = wallet.Figures();
        var reply = wallet.Exchange(report, 0);
        Assert.Equal(outcome, reply.Outcome);
        if (!books)
        {
            Assert.Equal(before, wallet.Image());
            Assert.False(wallet.HasEntries);
        }
        else if (outcome != LeaseOutcome.Granted && report.SpentCumulativeNanoUsd == 0 && !report.Closing)
        {
            Assert.Equal((figures, report.HeldNanoUsd), (wallet.Figures(), reply.GrantedNanoUsd));
        }
        else if (report.SpentCumulativeNanoUsd > 0)
        {
            Assert.Equal(5, wallet.Figures(reply.PeriodNumber is 0 ? 1 : reply.PeriodNumber).Spent);
        }
        else if (report.Closing)
        {
            Assert.Equal((0, 0, 0), wallet.Figures());
        }
    }

    [Fact]
    public void Every_answer_has_a_row() => Assert.Empty(Enum.GetValues<LeaseOutcome>().Except(Rows.Select(static r => r.Outcome)));

    [Fact]
    public void A_retry_as_the_answer_says_is_granted()
    {
        var wallet = DailyWallet(terms: Terms with { MaxLeases = 2 });
        Assert.Equal(LeaseOutcome.LeaseUnknown, wallet.Exchange(Message(seq: 2), Now).Outcome);
        Assert.Equal(LeaseOutcome.MessageTooOld, wallet.Exchange(Message(at: Now - Hour, need: 10), Now).Outcome);
        Assert.Equal(LeaseOutcome.Granted, wallet.Exchange(Message(need: 10), Now).Outcome);

        wallet.Apply(new WalletCommand.Freeze(), Now);
        Assert.Equal(LeaseOutcome.WalletFrozen, wallet.Exchange(Message(lease: 2, need: 990), Now).Outcome);
        wallet.Apply(new WalletCommand.Unfreeze(), Now);
        Assert.Equal(LeaseOutcome.Granted, wallet.Exchange(Message(lease: 2, seq: 2, need: 990), Now).Outcome);

        Assert.Equal(LeaseOutcome.TooManyLeases, wallet.Exchange(Message(lease: 3, need: 10), Now).Outcome);
        wallet.Exchange(Message(lease: 1, seq: 2, closing: true), Now);
        Assert.Equal(LeaseOutcome.Granted, wallet.Exchange(Message(lease: 3, need: 10), Now).Outcome);
        Assert.Equal(LeaseOutcome.LeaseEnded, wallet.Exchange(Message(lease: 1, seq: 3, need: 10), Now).Outcome);

        Assert.Equal(LeaseOutcome.Exhausted, wallet.Exchange(Message(lease: 3, seq: 2, held: 10, need: 1_001), Now).Outcome);
        Assert.Equal(LeaseOutcome.Contended, wallet.Exchange(Message(lease: 3, seq: 3, held: 10, need: 100), Now).Outcome);
        wallet.Exchange(Message(lease: 2, seq: 3, spent: 200), Now);
        Assert.Equal(LeaseOutcome.Granted, wallet.Exchange(Message(lease: 3, seq: 4, held: 10, need: 100), Now).Outcome);
        wallet.Apply(new WalletCommand.ChangeLimit(2_000), Now);
        Assert.Equal(LeaseOutcome.Granted, wallet.Exchange(Message(lease: 3, seq: 5, held: 110, need: 1_001), Now).Outcome);
    }

    private static void End(Wallet wallet)
    {
        wallet.Exchange(Message(lease: 9), Now);
        wallet.Exchange(Message(lease: 9, seq: 2, closing: true), Now);
    }

    private static void Close(Wallet wallet, bool ended = false, bool frozen = false)
    {
        wallet.Exchange(Message(lease: 8, target: 100), Now);
        if (ended)
        {
            End(wallet);
        }

        if (frozen)
        {
            wallet.Apply(new WalletCommand.Freeze(), Now);
        }

        Assert.Equal(WalletCommandOutcome.Applied, wallet.Apply(new WalletCommand.Close(), Now));
    }

    private static void Freeze(Wallet wallet)
    {
        wallet.Exchange(Message(lease: 8, need: 0), Now);
        Assert.Equal(WalletCommandOutcome.Applied, wallet.Apply(new WalletCommand.Freeze(), Now));
    }

    private static void Skip(Wallet wallet)
    {
        wallet.Exchange(Message(lease: 8), Now);
        wallet.Exchange(Message(lease: 8, seq: 5), Now);
    }

    private static void Fill(Wallet wallet)
    {
        Freeze(wallet);
        wallet.Exchange(Message(lease: 7), Now);
    }

    private static void Yesterday(Wallet wallet)
    {
        var evening = Midnight + Day - Second;
        wallet.Exchange(Message(lease: 8, need: 10, at: evening), evening);
        wallet.BeginDue(Midnight + Day);
        wallet.Apply(new WalletCommand.Freeze(), Midnight + Day);
    }

    private static void NextDay(Wallet wallet, int days = 1)
    {
        for (var day = 1; day <= days; day++)
        {
            wallet.BeginDue(Now + (day * Day));
            wallet.Tick(Now + (day * Day));
        }
    }

    private static void Wait(Wallet wallet)
    {
        wallet.Exchange(Message(lease: 8, need: 900), Now);
        wallet.Exchange(Message(lease: 7, need: 150), Now);
        wallet.Exchange(Message(lease: 8, seq: 2, held: 800), Now);
    }
}
