using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Tests.Fakes;

/// <summary>Evidence in memory, beside the usage store.</summary>
internal sealed class MemoryCallEvidence(MemoryUsageStore store) : ICallEvidence
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<ExchangeId, ExchangeStart> _open = [];

    /// <summary>Runs before anything is noted; it may fail.</summary>
    public Action<IReadOnlyList<ExchangeStart>>? BeforeNote { get; set; }

    /// <summary>Runs before anything is read of a wallet; it may fail.</summary>
    public Action<string>? BeforeRead { get; set; }

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _open.Count;
            }
        }
    }

    public ValueTask NoteAsync(IReadOnlyList<ExchangeStart> started, IReadOnlyList<ExchangeId> ended, CancellationToken cancellation)
    {
        BeforeNote?.Invoke(started);
        lock (_lock)
        {
            foreach (var start in started)
            {
                _open[start.Id] = start;
            }

            foreach (var id in ended)
            {
                _open.Remove(id);
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<LeaseEvidence> ReadAsync(string walletId, UInt128 leaseId, CancellationToken cancellation)
    {
        BeforeRead?.Invoke(walletId);
        lock (_lock)
        {
            return new(new LeaseEvidence(
                store.SettledOn(walletId, leaseId),
                [.. _open.Values.Where(s => s.Wallets.Any(w => w.WalletId == walletId && w.LeaseId == leaseId))]));
        }
    }
}
