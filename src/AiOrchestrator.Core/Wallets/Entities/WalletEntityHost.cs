using AiOrchestrator.Core.Metering;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets.Entities;

/// <summary>
/// What a wallet's entity does with a message: loads the wallet, lets due periods begin, applies what is asked, remembers the answer. It does no
/// I/O: whoever hosts the entity loads, commits and signals.
/// </summary>
/// <param name="terms">The bounds leases work within.</param>
/// <param name="zones">The time zones.</param>
/// <param name="time">The clock.</param>
public sealed class WalletEntityHost(LeaseTerms terms, ITimeZones zones, TimeProvider time)
{
    /// <summary>An opening or a command that is older, or from further ahead, is not applied any more: its sender has given up long ago.</summary>
    internal const long CommandAgeMs = 5 * 60_000;

    /// <summary>Its answer is remembered until no copy of it could be applied: so long after it was sent.</summary>
    internal const long RememberCommandMs = CommandAgeMs + 60_000;

    /// <summary>Openings and commands that are remembered; beyond them, none is applied until the oldest is forgotten.</summary>
    internal const int MostCommands = 200;

    /// <summary>How long the answer to a report is kept: its holder waits for two seconds.</summary>
    internal const long RememberAnswerMs = 60_000;

    /// <summary>Reports' answers that are kept: one for every lease there may be, and those that found no room. Beyond them the oldest goes.</summary>
    internal const int MostAnswers = 240;

    /// <summary>Lines that were not handed on for so long are asked for again.</summary>
    internal const long PublishAgainMs = 30_000;

    /// <summary>A nudge is at least so far ahead: one that comes early, by another machine's clock, must not come again at once.</summary>
    private const long ShortestWakeMs = 1_000;

    private static readonly CommandNote ByTime = new(null, "clock");

    /// <summary>Handles one message.</summary>
    /// <param name="walletId">The wallet, and the entity's name.</param>
    /// <param name="state">What the entity remembers; null for nothing.</param>
    /// <param name="message">The message.</param>
    public WalletEntityStep Handle(string walletId, WalletEntityState? state, WalletMessage message) => Handle(walletId, state, message, ledger: null);

    /// <summary>The lines that are not handed on yet, in order.</summary>
    public static IReadOnlyList<NumberedLine> Outbox(WalletEntityState? state) => WalletEntityBody.Load(state, terms: null).Outbox;

    /// <summary>The state after the lines up to a number were handed on, and are durable.</summary>
    public WalletEntityState Published(WalletEntityState state, long throughNumber)
    {
        var body = Load(state);
        return body.Outbox.RemoveAll(l => l.Number <= throughNumber) > 0 ? Save(body, state) : state;
    }

    /// <summary>Handles one message, and tells what the ledger wrote, all of it.</summary>
    internal WalletEntityStep Handle(string walletId, WalletEntityState? state, WalletMessage message, ICollection<WalletEntry>? ledger)
    {
        var body = Load(state);
        if (!IsWanted(body, state, message))
        {
            return new WalletEntityStep(state, HasOutbox: false, WakeAtUnixMs(body, state));
        }

        var lines = body.Outbox.Count;
        Forget(body);
        var entry = new Entry(body, ledger);
        switch (message.Kind)
        {
            case WalletMessageKind.Open:
                Remember(body, message, Open(walletId, entry, message) ? 1 : 0);
                break;
            case WalletMessageKind.Command:
                Remember(body, message, (int)Apply(entry, message));
                break;
            case WalletMessageKind.Report when message.Report is { } report:
                Answer(body, report, Exchange(entry, report));
                break;
            case WalletMessageKind.Tick:
                BeginDue(entry, askedPeriodNumber: 0);
                body.Wallet?.Tick(body.NowUnixMs);
                entry.Write(CommandNote.None);
                break;
            default:
                throw new ArgumentException($"A message of kind {message.Kind} says nothing.", nameof(message));
        }

        // Where lines were handed on already, these go with those that are left when they are durable.
        return Commit(body, state, lines == 0 && body.Outbox.Count > 0);
    }

    private WalletEntityBody Load(WalletEntityState? state)
    {
        var body = WalletEntityBody.Load(state, terms);
        body.NowUnixMs = Math.Max(body.NowUnixMs, time.GetUtcNow().ToUnixTimeMilliseconds());
        return body;
    }

    /// <summary>Whether a message can mean anything: copies, latecomers, and what there is no room to remember, do not.</summary>
    private static bool IsWanted(WalletEntityBody body, WalletEntityState? state, WalletMessage message) => message.Kind switch
    {
        WalletMessageKind.Open or WalletMessageKind.Command =>
            Math.Abs(body.NowUnixMs - message.SentAtUnixMs) <= CommandAgeMs
            && body.AnswerTo(message.Id) is null
            && (body.Commands.Count < MostCommands || body.Commands.Exists(c => c.ForgetAtUnixMs <= body.NowUnixMs)),
        WalletMessageKind.Tick => state?.DueUnixMs <= body.NowUnixMs,
        _ => true,
    };

    private static void Forget(WalletEntityBody body)
    {
        _ = body.Commands.RemoveAll(c => c.ForgetAtUnixMs <= body.NowUnixMs);
        _ = body.Answers.RemoveAll(a => a.AtUnixMs + RememberAnswerMs <= body.NowUnixMs);
    }

    private static void Remember(WalletEntityBody body, WalletMessage message, int outcome) =>
        body.Commands.Add(new CommandAnswer(message.Id, outcome, message.SentAtUnixMs + RememberCommandMs));

    /// <summary>A copy of a report never takes the place of its answer, nor does a report that was overtaken by a later one.</summary>
    private static void Answer(WalletEntityBody body, in LeaseReport report, LeaseReply? reply)
    {
        var (leaseId, seq) = (report.LeaseId, report.Seq);
        var before = body.Answers.FindIndex(a => a.LeaseId == leaseId);
        if (reply?.Outcome == LeaseOutcome.Duplicate || (before >= 0 && body.Answers[before].Seq >= seq))
        {
            return;
        }

        if (before >= 0)
        {
            body.Answers.RemoveAt(before);
        }
        else if (body.Answers.Count >= MostAnswers)
        {
            body.Answers.RemoveAt(0);
        }

        body.Answers.Add(new LeaseAnswer(leaseId, seq, body.NowUnixMs, reply));
    }

    private bool Open(string walletId, Entry entry, WalletMessage message)
    {
        var body = entry.Body;
        if (body.Wallet is not null)
        {
            return false;
        }

        var settings = message.Settings ?? throw new ArgumentException("An opening says what the wallet enforces.", nameof(message));
        body.Wallet = new Wallet(walletId, settings, PeriodCalendar.At(settings.Rule, body.NowUnixMs, zones), terms);
        body.OrganisationId = message.Note?.OrganisationId;
        entry.Write(message.Note ?? CommandNote.None);
        return true;
    }

    private WalletCommandOutcome Apply(Entry entry, WalletMessage message)
    {
        var command = message.Command ?? throw new ArgumentException("A command says which.", nameof(message));
        if (entry.Body.Wallet is not { } wallet)
        {
            return WalletCommandOutcome.WalletUnknown;
        }

        BeginDue(entry, askedPeriodNumber: 0);
        if (command is WalletCommand.ChangePeriod { LatestEndsUnixMs: 0 } change)
        {
            command = wallet.PeriodChange(change.Rule, entry.Body.NowUnixMs, zones);
        }

        var outcome = wallet.Apply(command, entry.Body.NowUnixMs);
        entry.Write(message.Note ?? CommandNote.None);
        return outcome;
    }

    private LeaseReply? Exchange(Entry entry, in LeaseReport report)
    {
        BeginDue(entry, report.PeriodNumber);
        var reply = entry.Body.Wallet?.Exchange(report, entry.Body.NowUnixMs);
        entry.Write(CommandNote.None);
        return reply;
    }

    private void BeginDue(Entry entry, int askedPeriodNumber)
    {
        if (entry.Body.Wallet?.PeriodToBegin(askedPeriodNumber, entry.Body.NowUnixMs, zones) is { } begin)
        {
            _ = entry.Body.Wallet.Apply(begin, entry.Body.NowUnixMs);
            entry.Write(ByTime);
        }
    }

    private static WalletEntityStep Commit(WalletEntityBody body, WalletEntityState? state, bool hasNewLines)
    {
        if (body.Wallet is null && body.Commands.Count == 0 && body.Answers.Count == 0)
        {
            return new WalletEntityStep(State: null, HasOutbox: false, WakeAtUnixMs: null);
        }

        var publish = hasNewLines || (body.Outbox.Count > 0 && body.PublishAskedUnixMs + PublishAgainMs <= body.NowUnixMs);
        body.PublishAskedUnixMs = publish ? body.NowUnixMs : body.PublishAskedUnixMs;
        var saved = Save(body, state);
        return new WalletEntityStep(saved, publish, WakeAtUnixMs(body, saved));
    }

    private static WalletEntityState Save(WalletEntityBody body, WalletEntityState? before) =>
        body.Save(Math.Max((before?.Version ?? 0) + 1, body.NowUnixMs), DueUnixMs(body));

    private static long? WakeAtUnixMs(WalletEntityBody body, WalletEntityState? state) =>
        state?.DueUnixMs is { } due ? Math.Max(due, body.NowUnixMs + ShortestWakeMs) : null;

    private static long? DueUnixMs(WalletEntityBody body)
    {
        if (body.Wallet is not { } wallet)
        {
            // Then there is nothing left to remember.
            return Math.Max(
                body.Commands.Select(static c => c.ForgetAtUnixMs).DefaultIfEmpty(0).Max(),
                body.Answers.Select(static a => a.AtUnixMs + RememberAnswerMs).DefaultIfEmpty(0).Max());
        }

        var due = Math.Min(wallet.DueUnixMs, body.Outbox.Count > 0 ? body.PublishAskedUnixMs + PublishAgainMs : long.MaxValue);
        return due == long.MaxValue ? null : due;
    }

    /// <summary>A message at work: takes what the ledger writes into the outbox.</summary>
    private sealed class Entry(WalletEntityBody body, ICollection<WalletEntry>? ledger)
    {
        public WalletEntityBody Body => body;

        public void Write(CommandNote note)
        {
            if (body.Wallet is not { HasEntries: true } wallet)
            {
                return;
            }

            var noted = note with { OrganisationId = note.OrganisationId ?? body.OrganisationId };
            foreach (var entry in wallet.TakeEntries())
            {
                ledger?.Add(entry);
                if (OnStatement(entry) is { } written)
                {
                    body.Write(WalletLines.Of(wallet.Id, written, body.NowUnixMs, noted));
                }
            }
        }

        /// <summary>
        /// What reports say was spent is left out, for the calls' own lines say it, out of the allowance each. What had gone into suspense for them
        /// comes back into the allowance then.
        /// </summary>
        private static WalletEntry? OnStatement(in WalletEntry entry) => entry switch
        {
            { Reason: EntryReason.SpendReported, Debit: Account.Suspense } => entry with { Reason = EntryReason.SuspenseReleased, Credit = Account.Allowance },
            { Reason: EntryReason.SpendReported } => null,
            _ => entry,
        };
    }
}
