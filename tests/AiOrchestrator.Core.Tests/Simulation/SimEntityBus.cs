using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Wallets.Entities;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Simulation;

/// <summary>How bad the bus is: permilles, and milliseconds.</summary>
internal sealed record SimFaults
{
    public int DropPermille { get; init; }

    public int DuplicatePermille { get; init; }

    /// <summary>Messages that take seconds or minutes.</summary>
    public int SlowPermille { get; init; }

    /// <summary>Operations that die, before or after they are committed.</summary>
    public int CrashPermille { get; init; }

    public long LatencyMs { get; init; }

    /// <summary>How old the states that are read may be.</summary>
    public long StaleMs { get; init; }
}

/// <summary>What an entity committed.</summary>
internal sealed record SimCommit(
    string WalletId, WalletMessage? Message, WalletEntityState? Before, WalletEntityState? After, IReadOnlyList<WalletEntry> Ledger);

/// <summary>
/// Entities, and the way to them: signals get lost, double, late and out of order; states are read late and old; an operation that dies leaves
/// nothing behind, or its message is handled again. All of it by seed.
/// </summary>
internal sealed class SimEntityBus(SimWorld world, SimRandom random, WalletEntityHost host, SimFaults faults)
{
    private const long KeptMs = 10_000;
    private readonly SimWorld _world = world;
    private readonly SimRandom _random = random;
    private readonly SimFaults _faults = faults;
    private readonly Dictionary<string, List<(long AtMs, WalletEntityState? State)>> _states = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _wakes = new(StringComparer.Ordinal);
    private UInt128 _lastTick;

    /// <summary>Nothing goes wrong any more.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>Until then nothing is handled; it waits.</summary>
    public long DownUntilMs { get; set; }

    public Action<SimCommit>? Committed { get; init; }

    /// <summary>Where lines go; the same one may come again.</summary>
    public Action<string, IReadOnlyList<NumberedLine>>? Received { get; init; }

    /// <summary>The way of an instance, or of somebody who never sleeps.</summary>
    public IWalletEntities WayOf(SimInstance? instance) => new Way(this, instance);

    /// <summary>The last state that was committed.</summary>
    public WalletEntityState? StateOf(string walletId) => _states.TryGetValue(walletId, out var states) ? states[^1].State : null;

    /// <summary>Delivers a message here and now.</summary>
    public void Deliver(string walletId, WalletMessage message)
    {
        if (_world.NowMs < DownUntilMs)
        {
            _world.After(DownUntilMs - _world.NowMs + _random.Between(0, 500), null, () => Deliver(walletId, message));
            return;
        }

        var before = StateOf(walletId);
        var ledger = new List<WalletEntry>();
        var step = host.Handle(walletId, before, message, ledger);
        var dies = !IsQuiet && _random.Chance(_faults.CrashPermille);
        if (dies && _random.Chance(600))
        {
            // It is handled again, unless the message is lost with it.
            _world.Trace.Add(_world.NowMs, "operation died before it was committed", 0);
            if (_random.Chance(700))
            {
                _world.After(_random.Between(0, 3_000), null, () => Deliver(walletId, message));
            }

            return;
        }

        Commit(new SimCommit(walletId, message, before, step.State, ledger));
        if (step.HasOutbox)
        {
            Ask(() => Publish(walletId));
        }

        if (step.WakeAtUnixMs is { } wake && (!_wakes.TryGetValue(walletId, out var planned) || wake < planned))
        {
            _wakes[walletId] = wake;
            _world.After(Math.Max(wake - _world.NowMs, 1_000), null, () => Wake(walletId, wake));
        }

        if (dies)
        {
            _world.After(_random.Between(0, 3_000), null, () => Deliver(walletId, message));
        }
    }

    public void Tick(string walletId) =>
        Deliver(walletId, new WalletMessage { Id = ++_lastTick, SentAtUnixMs = _world.NowMs, Kind = WalletMessageKind.Tick });

    /// <summary>A nudge, which may be lost as anything else.</summary>
    private void Wake(string walletId, long unixMs)
    {
        if (_wakes.TryGetValue(walletId, out var planned) && planned == unixMs)
        {
            _ = _wakes.Remove(walletId);
            Ask(() => Tick(walletId));
        }
    }

    private void Publish(string walletId)
    {
        if (_world.NowMs < DownUntilMs || StateOf(walletId) is not { } state || WalletEntityHost.Outbox(state) is not { Count: > 0 } lines)
        {
            return;
        }

        if (!IsQuiet && _random.Chance(_faults.CrashPermille * 3))
        {
            // Some of them are in, or all, and the entity does not know.
            Received?.Invoke(walletId, [.. lines.Take(_random.Below(lines.Count + 1))]);
            return;
        }

        Received?.Invoke(walletId, lines);
        Commit(new SimCommit(walletId, null, state, host.Published(state, lines[^1].Number), []));
    }

    private void Commit(SimCommit commit)
    {
        if (ReferenceEquals(commit.Before, commit.After))
        {
            return;
        }

        // Now and then through its written form.
        var state = commit.After is { } after && _random.Chance(100) ? WalletEntityJson.ReadState(WalletEntityJson.Write(after)) : commit.After;
        if (!_states.TryGetValue(commit.WalletId, out var states))
        {
            _states[commit.WalletId] = states = [];
        }

        states.Add((_world.NowMs, state));
        while (states.Count > 1 && states[1].AtMs < _world.NowMs - KeptMs)
        {
            states.RemoveAt(0);
        }

        Committed?.Invoke(commit with { After = state });
    }

    private void Ask(Action action)
    {
        var copies = !IsQuiet && _random.Chance(_faults.DuplicatePermille) ? 2 : 1;
        for (var copy = 0; copy < copies; copy++)
        {
            if (IsQuiet || !_random.Chance(_faults.DropPermille))
            {
                _world.After(DelayMs(), null, action);
            }
        }
    }

    private WalletEntityState? StateAt(string walletId, long unixMs) =>
        _states.TryGetValue(walletId, out var states) ? states.FindLast(s => s.AtMs <= unixMs).State : null;

    private long DelayMs() => IsQuiet || !_random.Chance(_faults.SlowPermille)
        ? _random.Between(0, _faults.LatencyMs)
        : _random.Chance(700) ? _random.Between(_faults.LatencyMs, 8_000) : _random.Between(8_000, 400_000);

    private sealed class Way(SimEntityBus bus, SimInstance? instance) : IWalletEntities
    {
        public ValueTask SignalAsync(string walletId, WalletMessage message, CancellationToken cancellation)
        {
            var written = WalletEntityJson.Write(message);
            bus.Ask(() => bus.Deliver(walletId, WalletEntityJson.ReadMessage(written)));
            return ValueTask.CompletedTask;
        }

        public ValueTask<WalletEntityState?> ReadAsync(string walletId, CancellationToken cancellation)
        {
            // Continued where it is completed: the world has one thread.
            var read = new TaskCompletionSource<WalletEntityState?>();
            var lateMs = bus.IsQuiet || !bus._random.Chance(20) ? bus._random.Between(0, 5) : bus.DelayMs();
            var ageMs = bus.IsQuiet ? 0 : bus._random.Between(0, bus._faults.StaleMs);
            bus._world.After(lateMs, instance, () => read.TrySetResult(bus.StateAt(walletId, bus._world.NowMs - ageMs)));
            return new ValueTask<WalletEntityState?>(read.Task);
        }
    }
}
