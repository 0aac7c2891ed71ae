using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Fakes;

/// <summary>The real wallets, in memory.</summary>
internal sealed class MemoryWalletAuthority(TimeProvider time) : IWalletAuthority
{
    private readonly Dictionary<string, Wallet> _wallets = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    public bool Silent { get; set; }

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

    public void With(string walletId, Action<Wallet> action)
    {
        lock (_lock)
        {
            action(_wallets[walletId]);
        }
    }

    public ValueTask<bool> OpenAsync(string walletId, long? limitNanoUsd, CancellationToken cancellation)
    {
        lock (_lock)
        {
            Answer();
            return new(_wallets.TryAdd(walletId, new Wallet(walletId, limitNanoUsd, new LeaseTerms(900_000))));
        }
    }

    public ValueTask<WalletCommandOutcome> ApplyAsync(string walletId, WalletCommand command, CancellationToken cancellation)
    {
        lock (_lock)
        {
            Answer();
            return new(_wallets.TryGetValue(walletId, out var wallet) ? wallet.Apply(command) : WalletCommandOutcome.WalletUnknown);
        }
    }

    public ValueTask<LeaseReply?> ExchangeAsync(string walletId, LeaseReport report, CancellationToken cancellation)
    {
        lock (_lock)
        {
            Answer();
            return new(_wallets.TryGetValue(walletId, out var wallet) ? wallet.Exchange(report, time.GetUtcNow().ToUnixTimeMilliseconds()) : null);
        }
    }

    public ValueTask<WalletState?> ReadAsync(string walletId, CancellationToken cancellation)
    {
        lock (_lock)
        {
            Answer();
            return new(_wallets.TryGetValue(walletId, out var wallet) ? wallet.Read() : null);
        }
    }

    private void Answer()
    {
        if (Silent)
        {
            throw new IOException("the authority does not answer");
        }
    }
}
