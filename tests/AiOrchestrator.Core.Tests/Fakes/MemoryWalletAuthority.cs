using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Fakes;

/// <summary>The real wallets, in memory.</summary>
internal sealed class MemoryWalletAuthority(TimeProvider time) : IWalletAuthority
{
    private static readonly TzdbTimeZones Zones = new();
    private readonly Dictionary<string, Wallet> _wallets = new(StringComparer.Ordinal);
    private readonly List<WalletLine> _lines = [];
    private readonly Lock _lock = new();

    public bool Silent { get; set; }

    /// <summary>What is known of a wallet to whoever commands it; null: how it stands.</summary>
    public Func<string, WalletCommand, WalletCommandOutcome?>? Refuses { get; set; }

    /// <summary>Something happens while money is asked for.</summary>
    public Action? BeforeLease { get; set; }

    /// <summary>Wallets that do not answer while the others do.</summary>
    public HashSet<string> SilentOnes { get; } = new(StringComparer.Ordinal);

    /// <summary>How it is silent.</summary>
    public bool TimesOut { get; set; }

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _wallets.Count;
            }
        }
    }

    /// <summary>Every line of every statement, in order.</summary>
    public IReadOnlyList<WalletLine> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    public void With(string walletId, Action<Wallet> action)
    {
        lock (_lock)
        {
            action(_wallets[walletId]);
        }
    }

    public ValueTask<bool> OpenAsync(string walletId, WalletSettings settings, CommandNote note, CancellationToken cancellation)
    {
        lock (_lock)
        {
            Answer();
            var wallet = new Wallet(walletId, settings, PeriodCalendar.At(settings.Rule, Now(), Zones), new LeaseTerms(900_000));
            var opened = _wallets.TryAdd(walletId, wallet);
            if (opened)
            {
                Take(wallet, note);
            }

            return new(opened);
        }
    }

    public ValueTask<WalletCommandOutcome> ApplyAsync(
        string walletId, WalletCommand command, CommandNote note, CancellationToken cancellation)
    {
        lock (_lock)
        {
            Answer(walletId);
            if (Refuses?.Invoke(walletId, command) is { } refusal)
            {
                return new(refusal);
            }

            if (Touch(walletId) is not { } wallet)
            {
                return new(WalletCommandOutcome.WalletUnknown);
            }

            if (command is WalletCommand.ChangePeriod { LatestEndsUnixMs: 0 } change)
            {
                command = wallet.PeriodChange(change.Rule, Now(), Zones);
            }

            var outcome = wallet.Apply(command, Now());
            Take(wallet, note);
            return new(outcome);
        }
    }

    public ValueTask<LeaseReply?> ExchangeAsync(string walletId, LeaseReport report, CancellationToken cancellation)
    {
        BeforeLease?.Invoke();
        lock (_lock)
        {
            Answer();
            var wallet = Touch(walletId, report.PeriodNumber);
            LeaseReply? reply = wallet?.Exchange(report, Now());
            if (wallet is not null)
            {
                Take(wallet, CommandNote.None);
            }

            return new(reply);
        }
    }

    public ValueTask<WalletState?> ReadAsync(string walletId, CancellationToken cancellation)
    {
        lock (_lock)
        {
            Answer();
            return new(Touch(walletId)?.Read(Now()));
        }
    }

    public ValueTask<WalletOutstanding?> ReadOutstandingAsync(string walletId, CancellationToken cancellation)
    {
        lock (_lock)
        {
            Answer();
            return new(Touch(walletId) is { } wallet ? new WalletOutstanding(wallet.ReadLeases(), []) { Reclaimed = wallet.ReadReclaimed() } : null);
        }
    }

    public ValueTask TickAsync(CancellationToken cancellation)
    {
        lock (_lock)
        {
            Answer();
            foreach (var id in _wallets.Keys)
            {
                var wallet = Touch(id)!;
                wallet.Tick(Now());
                Take(wallet, CommandNote.None);
            }

            return ValueTask.CompletedTask;
        }
    }

    private Wallet? Touch(string walletId, int askedPeriodNumber = 0)
    {
        if (!_wallets.TryGetValue(walletId, out var wallet))
        {
            return null;
        }

        if (wallet.PeriodToBegin(askedPeriodNumber, Now(), Zones) is { } begin)
        {
            wallet.Apply(begin, Now());
            Take(wallet, CommandNote.None);
        }

        return wallet;
    }

    private void Take(Wallet wallet, CommandNote note) =>
        _lines.AddRange(wallet.TakeEntries().Select(e => WalletLines.Of(wallet.Id, e, Now(), note)));

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private void Answer(string? walletId = null)
    {
        if (Silent || (walletId is not null && SilentOnes.Contains(walletId)))
        {
            throw TimesOut ? new TimeoutException("the authority did not answer in time") : new IOException("the authority does not answer");
        }
    }
}
