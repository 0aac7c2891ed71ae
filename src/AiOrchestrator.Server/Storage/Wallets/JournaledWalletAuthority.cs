using System.Collections.Concurrent;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// Wallets in memory, their commands in the journal. A command is checked, made durable, applied and then answered, one at a
/// time per wallet, so that memory and journal never disagree about the order. Lease reports are not journaled: a restart
/// closes all leases, and settlements say what was spent.
/// </summary>
internal sealed class JournaledWalletAuthority : IWalletAuthority, IDisposable
{
    private const int MaxIdLength = 64;
    private readonly ConcurrentDictionary<string, Slot> _slots = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<UInt128, UnfinishedCall> _unfinished;
    private readonly SemaphoreSlim _resolving = new(initialCount: 1);
    private readonly Journal _journal;
    private readonly LeaseTerms _terms;
    private readonly TimeProvider _time;

    /// <summary>Takes over the wallets the journal's replay built, and writes down that calls left open are in suspense now.</summary>
    public JournaledWalletAuthority(Journal journal, WalletReplay replay, LeaseTerms terms, TimeProvider time)
    {
        _journal = journal;
        _terms = terms;
        _time = time;
        if (replay.OpenCalls > 0)
        {
            journal.AppendRestarted();
            replay.Restart();
        }

        _unfinished = new(replay.Unfinished);
        foreach (var (id, wallet) in replay.Wallets)
        {
            _slots[id] = new Slot { Wallet = wallet };
        }
    }

    /// <summary>Calls whose end nobody reported and that nobody has decided yet.</summary>
    public IEnumerable<UnfinishedCall> Unfinished => _unfinished.Values;

    /// <inheritdoc/>
    public ValueTask<bool> OpenAsync(string walletId, long? limitNanoUsd, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limitNanoUsd ?? 0, nameof(limitNanoUsd));
        if (walletId.Length is 0 or > MaxIdLength || walletId.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new ArgumentException($"A wallet's id is 1 to {MaxIdLength} visible ASCII characters.", nameof(walletId));
        }

        return new(Open(walletId, limitNanoUsd).WaitAsync(cancellation));
    }

    /// <inheritdoc/>
    public ValueTask<WalletCommandOutcome> ApplyAsync(string walletId, WalletCommand command, CancellationToken cancellation) =>
        _slots.TryGetValue(walletId, out var slot)
            ? new(Apply(slot, walletId, command).WaitAsync(cancellation))
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
            lock (slot)
            {
                return slot.Wallet?.Exchange(report, _time.GetUtcNow().ToUnixTimeMilliseconds());
            }
        }
        finally
        {
            _ = slot.Turn.Release();
        }
    }

    /// <inheritdoc/>
    public ValueTask<WalletState?> ReadAsync(string walletId, CancellationToken cancellation)
    {
        if (!_slots.TryGetValue(walletId, out var slot))
        {
            return new((WalletState?)null);
        }

        lock (slot)
        {
            return new(slot.Wallet?.Read());
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
                EnsureDurable(await _journal.AppendUnfinishedChargedAsync(ChargeInFull(call)));
                Charge(call);
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

    private static ExchangeSettlement ChargeInFull(UnfinishedCall call) =>
        new(call.Id, call.Wallets, call.HoldNanoUsd, CostNanoUsd: call.HoldNanoUsd, new UsageEvent
        {
            Id = call.Id.ToString(),
            CreatedUnixMs = call.Id.CreatedUnixMs,
            OrganisationId = call.OrganisationId,
            KeyId = call.KeyId,
            WalletId = call.Wallets.Count > 0 ? call.Wallets[0].WalletId : null,
            WalletPath = call.Wallets.Count > 0 ? string.Join('/', call.Wallets.Select(static w => w.WalletId)) : null,
            Status = UsageStatus.Cut,
            ErrorCode = "unsettled",
            UsageSource = "rule",
            HoldNanoUsd = call.HoldNanoUsd,
            CostNanoUsd = call.HoldNanoUsd,
        });

    private static void EnsureDurable(bool durable)
    {
        if (!durable)
        {
            throw new StorageException("The journal cannot be written; GET /ready says why.");
        }
    }

    private void Charge(UnfinishedCall call)
    {
        foreach (var (walletId, _) in call.Wallets)
        {
            if (_slots.TryGetValue(walletId, out var slot))
            {
                lock (slot)
                {
                    if (slot.Wallet is { } wallet)
                    {
                        WalletReplay.Apply(wallet, new WalletCommand.ResolveSuspense(call.HoldNanoUsd, call.HoldNanoUsd));
                    }
                }
            }
        }

        _ = _unfinished.TryRemove(call.Id.Value, out _);
    }

    private async Task<bool> Open(string walletId, long? limitNanoUsd)
    {
        var slot = _slots.GetOrAdd(walletId, static _ => new Slot());
        await slot.Turn.WaitAsync(CancellationToken.None);
        try
        {
            if (slot.Wallet is not null)
            {
                return false;
            }

            EnsureDurable(await _journal.AppendWalletOpenedAsync(walletId, limitNanoUsd));
            lock (slot)
            {
                slot.Wallet = new Wallet(walletId, limitNanoUsd, _terms);
            }

            return true;
        }
        finally
        {
            _ = slot.Turn.Release();
        }
    }

    private async Task<WalletCommandOutcome> Apply(Slot slot, string walletId, WalletCommand command)
    {
        await slot.Turn.WaitAsync(CancellationToken.None);
        try
        {
            WalletCommandOutcome outcome;
            lock (slot)
            {
                outcome = slot.Wallet?.Check(command) ?? WalletCommandOutcome.WalletUnknown;
            }

            if (outcome != WalletCommandOutcome.Applied)
            {
                return outcome;
            }

            EnsureDurable(await _journal.AppendCommandAsync(walletId, command, line: null));
            lock (slot)
            {
                return slot.Wallet!.Apply(command);
            }
        }
        finally
        {
            _ = slot.Turn.Release();
        }
    }

    /// <summary>A wallet and its two locks: the turn is held while a command waits for the disk, the monitor only while the wallet is touched.</summary>
    private sealed class Slot
    {
        /// <summary>Whose turn it is to change the wallet. Never disposed: it has no wait handle.</summary>
        public SemaphoreSlim Turn { get; } = new(initialCount: 1);

        /// <summary>Null until its opening is durable.</summary>
        public Wallet? Wallet { get; set; }
    }
}
