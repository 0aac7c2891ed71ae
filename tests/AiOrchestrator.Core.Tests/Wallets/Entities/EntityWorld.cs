using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Simulation;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Core.Wallets.Entities;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Wallets.Entities;

/// <summary>
/// An authority over entities on a bus that is as bad as its seed says, in the simulator's world: while something is asked, time passes as far as
/// it takes to be answered. For whoever asks, answers are there at once.
/// </summary>
internal sealed class EntityWorld : IWalletAuthority
{
    private static readonly TzdbTimeZones Zones = new();

    public EntityWorld(long seed, SimFaults faults)
    {
        var random = new SimRandom(seed);
        World = new SimWorld(new SimTrace(), 1_800_000_000_000);
        Clock = new SimClock(World);
        Bus = new SimEntityBus(World, random, new WalletEntityHost(EntityScene.Terms, Zones, Clock), faults);
        Authority = new EntityWalletAuthority(Bus.WayOf(null), Clock, new IdSource(Clock, random.Fill), Zones, EntityScene.Terms, () => WalletIds);
    }

    public SimWorld World { get; }

    public SimClock Clock { get; }

    public SimEntityBus Bus { get; }

    public EntityWalletAuthority Authority { get; }

    public List<string> WalletIds { get; } = [];

    /// <summary>Does it in the world, until it is done.</summary>
    public T Run<T>(Func<Task<T>> ask)
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(World);
        try
        {
            var task = ask();
            if (!World.RunUntil(() => task.IsCompleted, World.NowMs + 120_000))
            {
                throw new InvalidOperationException("It does not come to an end.");
            }

            return task.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    public ValueTask<bool> OpenAsync(string walletId, WalletSettings settings, CommandNote note, CancellationToken cancellation) =>
        new(Run(() => Authority.OpenAsync(walletId, settings, note, cancellation).AsTask()));

    public ValueTask<WalletCommandOutcome> ApplyAsync(string walletId, WalletCommand command, CommandNote note, CancellationToken cancellation) =>
        new(Run(() => Authority.ApplyAsync(walletId, command, note, cancellation).AsTask()));

    public ValueTask<LeaseReply?> ExchangeAsync(string walletId, LeaseReport report, CancellationToken cancellation) =>
        new(Run(() => Authority.ExchangeAsync(walletId, report, cancellation).AsTask()));

    public ValueTask<WalletState?> ReadAsync(string walletId, CancellationToken cancellation) =>
        new(Run(() => Authority.ReadAsync(walletId, cancellation).AsTask()));

    public ValueTask<WalletOutstanding?> ReadOutstandingAsync(string walletId, CancellationToken cancellation) =>
        new(Run(() => Authority.ReadOutstandingAsync(walletId, cancellation).AsTask()));

    public ValueTask TickAsync(CancellationToken cancellation) => Authority.TickAsync(cancellation);
}
