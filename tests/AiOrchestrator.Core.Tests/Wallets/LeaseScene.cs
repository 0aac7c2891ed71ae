using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Tests.Simulation;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiOrchestrator.Core.Tests.Wallets;

/// <summary>A message of a lease, as it was sent.</summary>
internal readonly record struct SentReport(long AtMs, int Instance, string WalletId, LeaseReport Report);

/// <summary>Several instances before one authority, on one thread and one simulated clock: tests say what happens to messages, and when.</summary>
internal sealed class LeaseScene : IDisposable
{
    public const long Midnight = 20_833 * 86_400_000L;
    private readonly SynchronizationContext? _before = SynchronizationContext.Current;
    private readonly WalletDirectory _directory = new(new MemoryDocumentStore());
    private readonly SimTrace _trace = new();
    private readonly HashSet<int> _asleep = [];

    public LeaseScene(int instances = 1, long startUnixMs = Midnight + 3_600_000, long latencyMs = 5)
    {
        World = new SimWorld(_trace, startUnixMs);
        SynchronizationContext.SetSynchronizationContext(World);
        LatencyMs = latencyMs;
        Authority = new MemoryWalletAuthority(new SimClock(World));
        TickAuthority();
        var random = new SimRandom(1);
        Clocks = [.. Enumerable.Range(0, instances).Select(_ => new SimClock(World))];
        Books =
        [
            .. Clocks.Select((clock, i) => new LeaseBook(
                new Wire(this, i), _directory, new IdSource(clock, random.Fill), clock, NullLogger<LeaseBook>.Instance)),
        ];
        for (var i = 0; i < instances; i++)
        {
            var instance = i;
            Watch(Books[i].RenewLowAsync(CancellationToken.None));
            World.After(random.Between(0, 999), null, () => Tick(instance));
        }
    }

    public SimWorld World { get; }

    public long LatencyMs { get; }

    /// <summary>How long an instance waits for an answer, milliseconds.</summary>
    public long TimeoutMs { get; set; } = 5_000;

    public MemoryWalletAuthority Authority { get; }

    public LeaseBook[] Books { get; }

    public SimClock[] Clocks { get; }

    public List<SentReport> Sent { get; } = [];

    /// <summary>After how many milliseconds the copies of a message arrive; null: one, as usual.</summary>
    public Func<SentReport, long[]?>? Arrivals { get; set; }

    /// <summary>Whether the answer to a message is lost.</summary>
    public Func<SentReport, bool>? LosesAnswer { get; set; }

    public void Dispose() => SynchronizationContext.SetSynchronizationContext(_before);

    public void Open(string walletId, long? limitNanoUsd, string? parentId = null, PeriodKind kind = PeriodKind.Lifetime)
    {
        _directory.Put("org", new StoredWallet(walletId, walletId, 0, parentId), "");
        var settings = new WalletSettings { LimitNanoUsd = limitNanoUsd, Rule = new PeriodRule(kind, 1, "UTC") };
        Assert.True(Now(Authority.OpenAsync(walletId, settings, CommandNote.None, default)));
    }

    /// <summary>A chain of wallets <c>w0</c> (the root) and so on, all with one limit. Returns the leaf.</summary>
    public string OpenChain(int depth, long? limitNanoUsd, PeriodKind kind = PeriodKind.Lifetime)
    {
        for (var level = 0; level < depth; level++)
        {
            Open($"w{level}", limitNanoUsd, level == 0 ? null : $"w{level - 1}", kind);
        }

        return $"w{depth - 1}";
    }

    public Task<HoldResult> Ask(string walletId, long amountNanoUsd, int at = 0) =>
        Books[at].HoldAsync(Books[at].PathOf(walletId), amountNanoUsd, CancellationToken.None).AsTask();

    /// <summary>Runs the world until the answer is there.</summary>
    public HoldResult Answer(Task<HoldResult> asked)
    {
        Assert.True(World.RunUntil(() => asked.IsCompleted, World.NowMs + 60_000), "nobody answered for a minute");
        return asked.Result;
    }

    public HoldOutcome Outcome(string walletId, long amountNanoUsd, int at = 0) => Answer(Ask(walletId, amountNanoUsd, at)).Outcome;

    public Hold Hold(string walletId, long amountNanoUsd, int at = 0)
    {
        var result = Answer(Ask(walletId, amountNanoUsd, at));
        Assert.Equal(HoldOutcome.Held, result.Outcome);
        return result.Hold;
    }

    /// <summary>A call from beginning to end. False where it had to wait for its money, however shortly.</summary>
    public bool CallsAtOnce(string walletId, long holdNanoUsd, long costNanoUsd, long forMs, int at = 0)
    {
        var since = World.NowMs;
        var hold = Answer(Ask(walletId, holdNanoUsd, at)).Hold;
        World.After(forMs, null, () => LeaseBook.Settle(ref hold, costNanoUsd));
        return World.NowMs == since;
    }

    public void Pass(long ms) => World.RunUntil(World.NowMs + ms);

    public void PassUntil(long unixMs) => World.RunUntil(unixMs);

    /// <summary>Nothing runs at the instance for so long, and its monotonic clock stands still.</summary>
    public void Sleep(int instance, long ms)
    {
        _asleep.Add(instance);
        Pass(ms);
        Clocks[instance].StoodStillMs += ms;
        _asleep.Remove(instance);
        Tick(instance);
    }

    public WalletCommandOutcome Apply(string walletId, WalletCommand command) => Now(Authority.ApplyAsync(walletId, command, default));

    public WalletState State(string walletId) => Now(Authority.ReadAsync(walletId, default))!;

    public WalletState State(string walletId, int period)
    {
        WalletState? state = null;
        Authority.With(walletId, wallet => state = wallet.ReadPeriod(period));
        return state!;
    }

    public void Tell(string walletId, int at = 0)
    {
        var told = Books[at].ChangedAsync(walletId, CancellationToken.None).AsTask();
        Assert.True(World.RunUntil(() => told.IsCompleted, World.NowMs + 60_000));
    }

    private static T Now<T>(ValueTask<T> answer) => answer.AsTask().GetAwaiter().GetResult();

    private void Tick(int instance)
    {
        if (!_asleep.Contains(instance))
        {
            Watch(Books[instance].RenewDueAsync(CancellationToken.None));
            World.After(1_000, null, () => Tick(instance));
        }
    }

    private void TickAuthority()
    {
        Authority.TickAsync(default).AsTask().GetAwaiter().GetResult();
        World.After(30_000, null, TickAuthority);
    }

    private async void Watch(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception failure)
        {
            // Nothing that runs by itself may fail.
            _trace.Fail(failure.ToString());
        }
    }

    private sealed class Wire(LeaseScene scene, int instance) : IWalletAuthority
    {
        public ValueTask<LeaseReply?> ExchangeAsync(string walletId, LeaseReport report, CancellationToken cancellation)
        {
            var sent = new SentReport(scene.World.NowMs, instance, walletId, report);
            scene.Sent.Add(sent);
            if (scene.LatencyMs == 0)
            {
                return scene.Authority.ExchangeAsync(walletId, report, cancellation);
            }

            var answer = new TaskCompletionSource<LeaseReply?>(TaskCreationOptions.RunContinuationsAsynchronously);
            foreach (var ms in scene.Arrivals?.Invoke(sent) ?? [scene.LatencyMs])
            {
                scene.World.After(ms, null, () => Arrive(sent, answer));
            }

            scene.World.After(scene.TimeoutMs, null, () => answer.TrySetException(new TimeoutException("No answer.")));
            return new ValueTask<LeaseReply?>(answer.Task);
        }

        public ValueTask<bool> OpenAsync(string walletId, WalletSettings settings, CommandNote note, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<WalletCommandOutcome> ApplyAsync(string walletId, WalletCommand command, CommandNote note, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public ValueTask<WalletState?> ReadAsync(string walletId, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<WalletOutstanding?> ReadOutstandingAsync(string walletId, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask TickAsync(CancellationToken cancellation) => throw new NotSupportedException();

        private void Arrive(SentReport sent, TaskCompletionSource<LeaseReply?> answer)
        {
            var reply = Now(scene.Authority.ExchangeAsync(sent.WalletId, sent.Report, default));
            if (scene.LosesAnswer?.Invoke(sent) != true)
            {
                scene.World.After(scene.LatencyMs, null, () => answer.TrySetResult(reply));
            }
        }
    }
}
