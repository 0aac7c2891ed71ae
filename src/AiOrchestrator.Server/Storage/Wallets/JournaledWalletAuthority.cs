using System.Collections.Concurrent;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// Wallets in memory, their commands in the journal. A command is applied to a copy of its wallet, made durable, and then the copy takes
/// the wallet's place, one at a time per wallet, so that memory and journal never disagree about the order. Lease reports are not
/// journaled: a restart closes all leases, and settlements say what was spent.
/// </summary>
internal sealed class JournaledWalletAuthority : IWalletAuthority, IDisposable
{
    private static readonly CommandNote ByTime = new(null, "clock");

    private readonly ConcurrentDictionary<string, WalletSlot> _slots = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<UInt128, ExchangeStart> _unfinished;
    private readonly SemaphoreSlim _resolving = new(initialCount: 1);
    private readonly Journal _journal;
    private readonly LeaseTerms _terms;
    private readonly ITimeZones _zones;
    private readonly TimeProvider _time;

    /// <summary>Takes over the wallets the journal's replay built, and writes down that calls left open are in suspense now.</summary>
    public JournaledWalletAuthority(Journal journal, WalletReplay replay, LeaseTerms terms, ITimeZones zones, TimeProvider time)
    {
        _journal = journal;
        _terms = terms;
        _zones = zones;
        _time = time;
        if (replay.OpenCalls > 0)
        {
            journal.AppendRestarted();
            replay.Restart();
        }

        _unfinished = new(replay.Unfinished);
        foreach (var (id, wallet) in replay.Wallets)
        {
            wallet.EndReplay();
            _slots[id] = new WalletSlot { Wallet = wallet };
            AppendOwnLines(wallet, Now());
        }
    }

    /// <summary>Calls whose end nobody reported and that nobody has decided yet.</summary>
    public IEnumerable<ExchangeStart> Unfinished => _unfinished.Values;

    /// <inheritdoc/>
    public ValueTask<bool> OpenAsync(string walletId, WalletSettings settings, CommandNote note, CancellationToken cancellation)
    {
        WalletAuthorityExtensions.EnsureOpenable(walletId, settings, _zones);
        return new(Open(walletId, settings, note).WaitAsync(cancellation));
    }

    /// <inheritdoc/>
    public ValueTask<WalletCommandOutcome> ApplyAsync(
        string walletId, WalletCommand command, CommandNote note, CancellationToken cancellation) =>
        _slots.TryGetValue(walletId, out var slot)
            ? new(Apply(slot, command, note).WaitAsync(cancellation))
            : new(WalletCommandOutcome.WalletUnknown);

    /// <inheritdoc/>
    public async ValueTask<LeaseReply?> ExchangeAsync(string walletId, LeaseReport report, CancellationToken cancellation)
    {
        if (!_slots.TryGetValue(walletId, out var slot))
        {
            return null;
        }

        // Not while a command waits for the disk: what was checked must still hold when it is applied.
        await slot.Turn.WaitAsync(cancellation);
        try
        {
            if (slot.Wallet is null)
            {
                return null;
            }

            var now = Now();
            await BeginDueAsync(slot, report.PeriodNumber, now);
            lock (slot)
            {
                var reply = slot.Wallet.Exchange(report, now);
                AppendOwnLines(slot.Wallet, now);
                return reply;
            }
        }
        finally
        {
            _ = slot.Turn.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<WalletState?> ReadAsync(string walletId, CancellationToken cancellation)
    {
        if (!_slots.TryGetValue(walletId, out var slot))
        {
            return null;
        }

        await TouchAsync(slot, cancellation);
        lock (slot)
        {
            return slot.Wallet?.Read(Now());
        }
    }

    /// <inheritdoc/>
    public ValueTask<WalletOutstanding?> ReadOutstandingAsync(string walletId, CancellationToken cancellation)
    {
        if (!_slots.TryGetValue(walletId, out var slot) || slot.Wallet is null)
        {
            return new((WalletOutstanding?)null);
        }

        var suspended = _unfinished.Values
            .Where(c => c.Wallets.Any(w => w.WalletId == walletId))
            .OrderBy(static c => c.Id)
            .Select(static c => new SuspendedCall(c.Id, c.HoldNanoUsd, c.KeyId));
        lock (slot)
        {
            return new(new WalletOutstanding(slot.Wallet.ReadLeases(), [.. suspended]) { Reclaimed = slot.Wallet.ReadReclaimed() });
        }
    }

    /// <inheritdoc/>
    public async ValueTask TickAsync(CancellationToken cancellation)
    {
        // Not over Values, which would copy them all.
        foreach (var (_, slot) in _slots)
        {
            await TouchAsync(slot, cancellation);
        }
    }

    /// <summary>
    /// Decides, by rule, what became of calls in suspense that were started before a time: their hold is charged in full, and a
    /// usage event marked <c>unsettled</c> says so.
    /// </summary>
    /// <returns>How many were decided.</returns>
    /// <exception cref="StorageException">The journal cannot be written; the rest is decided next time.</exception>
    public async Task<int> ResolveUnfinishedAsync(long startedBeforeUnixMs, CancellationToken cancellation)
    {
        await _resolving.WaitAsync(cancellation);
        try
        {
            var decided = 0;
            foreach (var call in _unfinished.Values.Where(c => c.Id.CreatedUnixMs < startedBeforeUnixMs).OrderBy(static c => c.Id))
            {
                cancellation.ThrowIfCancellationRequested();
                EnsureDurable(await _journal.AppendUnfinishedChargedAsync(call.ChargedInFull()));
                await ChargeAsync(call);
                decided++;
            }

            return decided;
        }
        finally
        {
            _ = _resolving.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _resolving.Dispose();

    private static void EnsureDurable(bool durable)
    {
        if (!durable)
        {
            throw new StorageException("The journal cannot be written; GET /ready says why.");
        }
    }

    private async Task ChargeAsync(ExchangeStart call)
    {
        foreach (var (walletId, period) in call.Wallets)
        {
            if (!_slots.TryGetValue(walletId, out var slot) || slot.Wallet is null)
            {
                continue;
            }

            await slot.Turn.WaitAsync(CancellationToken.None);
            try
            {
                lock (slot)
                {
                    var now = Now();
                    var charge = new WalletCommand.ResolveSuspense(period, call.HoldNanoUsd, call.HoldNanoUsd);
                    if (slot.Wallet.Apply(charge, now) != WalletCommandOutcome.Applied)
                    {
                        // It is in the journal, so it has happened, even where the suspense it is taken from is less than was thought.
                        AppendOwnLines(slot.Wallet, now);
                        slot.Wallet.Replay(charge, now);
                        slot.Wallet.EndReplay();
                    }

                    AppendOwnLines(slot.Wallet, now);
                }
            }
            finally
            {
                _ = slot.Turn.Release();
            }
        }

        _ = _unfinished.TryRemove(call.Id.Value, out _);
    }

    private async Task<bool> Open(string walletId, WalletSettings settings, CommandNote note)
    {
        var slot = _slots.GetOrAdd(walletId, static _ => new WalletSlot());
        await slot.Turn.WaitAsync(CancellationToken.None);
        try
        {
            if (slot.Wallet is not null)
            {
                return false;
            }

            var now = Now();
            var wallet = new Wallet(walletId, settings, PeriodCalendar.At(settings.Rule, now, _zones), _terms);
            EnsureDurable(await _journal.AppendWalletOpenedAsync(wallet, Lines(wallet, now, note)));
            lock (slot)
            {
                slot.Wallet = wallet;
            }

            return true;
        }
        finally
        {
            _ = slot.Turn.Release();
        }
    }

    private async Task<WalletCommandOutcome> Apply(WalletSlot slot, WalletCommand command, CommandNote note)
    {
        await slot.Turn.WaitAsync(CancellationToken.None);
        try
        {
            if (slot.Wallet is null)
            {
                return WalletCommandOutcome.WalletUnknown;
            }

            var now = Now();
            await BeginDueAsync(slot, askedPeriodNumber: 0, now);
            if (command is WalletCommand.ChangePeriod { LatestEndsUnixMs: 0 } change)
            {
                command = slot.Wallet.PeriodChange(change.Rule, now, _zones);
            }
            else if (command is WalletCommand.Rerate rerate)
            {
                command = rerate with { Split = slot.Wallet.Split(rerate, now) };
            }

            return await ApplyInTurnAsync(slot, command, note, now);
        }
        finally
        {
            _ = slot.Turn.Release();
        }
    }

    /// <summary>Begins the period that is due, if one is; the caller has the turn.</summary>
    private async ValueTask BeginDueAsync(WalletSlot slot, int askedPeriodNumber, long nowUnixMs)
    {
        if (slot.Wallet!.PeriodToBegin(askedPeriodNumber, nowUnixMs, _zones) is { } begin)
        {
            _ = await ApplyInTurnAsync(slot, begin, ByTime, nowUnixMs);
        }
    }

    private async Task<WalletCommandOutcome> ApplyInTurnAsync(WalletSlot slot, WalletCommand command, CommandNote note, long nowUnixMs)
    {
        var image = new ImageWriter();
        slot.Wallet!.Save(image);
        var copy = Copy(image);
        var outcome = copy.Apply(command, nowUnixMs);
        if (outcome == WalletCommandOutcome.Applied)
        {
            EnsureDurable(await _journal.AppendCommandAsync(copy.Id, command, nowUnixMs, Lines(copy, nowUnixMs, note)));
        }

        lock (slot)
        {
            // A refusal too leaves its trace: whoever has to wait for money has called it back.
            slot.Wallet = copy;
            AppendOwnLines(copy, nowUnixMs);
        }

        return outcome;
    }

    private Wallet Copy(ImageWriter image)
    {
        var reader = new ImageReader(image.Written.Span);
        return Wallet.Load(ref reader, _terms);
    }

    /// <summary>Lets time pass for one wallet, if time means anything to it now.</summary>
    private async ValueTask TouchAsync(WalletSlot slot, CancellationToken cancellation)
    {
        if (slot.Wallet is not { } wallet || !wallet.IsDue(Now()))
        {
            return;
        }

        await slot.Turn.WaitAsync(cancellation);
        try
        {
            var now = Now();
            await BeginDueAsync(slot, askedPeriodNumber: 0, now);
            lock (slot)
            {
                slot.Wallet!.Tick(now);
                AppendOwnLines(slot.Wallet, now);
            }
        }
        finally
        {
            _ = slot.Turn.Release();
        }
    }

    private static IReadOnlyList<WalletLine> Lines(Wallet wallet, long nowUnixMs, CommandNote note) =>
        [.. wallet.TakeEntries().Select(e => WalletLines.Of(wallet.Id, e, nowUnixMs, note))];

    /// <summary>
    /// Writes down what the wallet found out by itself. What leases reported is left out: the journal's settlements say the same call by
    /// call, and a restart forgets leases.
    /// </summary>
    private void AppendOwnLines(Wallet wallet, long nowUnixMs)
    {
        foreach (var entry in wallet.TakeEntries())
        {
            if (entry.Reason is EntryReason.ThresholdCrossed or EntryReason.ShadowRefused)
            {
                _journal.AppendLine(WalletLines.Of(wallet.Id, entry, nowUnixMs, CommandNote.None));
            }
        }
    }

    private long Now() => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>A wallet and its two locks: the turn is held while a command waits for the disk, the monitor only while the wallet is touched.</summary>
    private sealed class WalletSlot
    {
        /// <summary>Whose turn it is to change the wallet. Never disposed: it has no wait handle.</summary>
        public SemaphoreSlim Turn { get; } = new(initialCount: 1);

        /// <summary>Null until its opening is durable.</summary>
        public Wallet? Wallet { get; set; }
    }
}
