using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Core.Wallets.Entities;
using AiOrchestrator.Functions.Wallets;
using AiOrchestrator.Ledger.Wallets;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Entities;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiOrchestrator.Functions.Tests.Durable;

/// <summary>The entity over operations that play the framework's part: state and inputs go through the worker's own kind of JSON.</summary>
public sealed class WalletEntityTests
{
    private static readonly WalletMessage Open = new()
    {
        Id = 1,
        SentAtUnixMs = 1_800_000_000_000,
        Kind = WalletMessageKind.Open,
        Settings = new WalletSettings { LimitNanoUsd = 10_000_000_000 },
        Note = CommandNote.None,
    };

    private readonly Lines _lines = new();
    private readonly ManualTime _time = new();

    [Fact]
    public async Task A_wallet_is_opened_and_its_lines_leave_it_once_they_are_durable()
    {
        var state = new FakeState();
        var opened = await RunAsync(state, WalletEntity.Handle, Open);
        var handed = Assert.Single(opened.Signals, static s => s.Name == WalletOutbox.Publish);
        Assert.Equal(WalletOutbox.IdOf("wal_x"), handed.Id);

        var sent = await SendAsync(handed.Input!);
        var durable = Assert.Single(sent.Signals);
        Assert.Equal((WalletEntity.IdOf("wal_x"), WalletEntity.Published), (durable.Id, durable.Name));
        Assert.NotEmpty(Outbox(state));
        var forgotten = await RunAsync(state, durable.Name, durable.Input);
        Assert.Empty(Outbox(state));
        Assert.Empty(forgotten.Signals);
        Assert.Equal(_lines.Published[^1].Number, durable.Input);
    }

    [Fact]
    public async Task A_hub_that_does_not_answer_holds_up_no_wallet_and_the_lines_are_handed_on_again()
    {
        var state = new FakeState();
        var opened = await RunAsync(state, WalletEntity.Handle, Open);
        _lines.Broken = true;
        var failed = await SendAsync(Assert.Single(opened.Signals, static s => s.Name == WalletOutbox.Publish).Input!);
        Assert.Empty(failed.Signals);

        _lines.Broken = false;
        var tick = Assert.Single(opened.Signals, static s => s.At is not null);
        _time.Advance(TimeSpan.FromSeconds(31));
        var again = await RunAsync(state, tick.Name, tick.Input);
        _ = await SendAsync(Assert.Single(again.Signals, static s => s.Name == WalletOutbox.Publish).Input!);
        Assert.Equal(Outbox(state), _lines.Published);
        Assert.NotEmpty(_lines.Published);
    }

    [Fact]
    public async Task More_lines_than_a_message_holds_leave_one_after_the_other()
    {
        var state = new FakeState();
        await RunAsync(state, WalletEntity.Handle, Open);
        for (var i = 0; i < 60; i++)
        {
            // Two lines each, and no more commands at once than an entity remembers.
            await RunAsync(state, WalletEntity.Handle, Command(2 * i, new WalletCommand.Freeze()));
            await RunAsync(state, WalletEntity.Handle, Command((2 * i) + 1, new WalletCommand.Unfreeze()));
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(121, Outbox(state).Count);
        var handed = (await RunAsync(state, WalletEntity.Handle, Command(1000, new WalletCommand.Freeze()))).Signals.Last(static s => s.Name == WalletOutbox.Publish);
        while (handed.Input is not null)
        {
            var durable = Assert.Single((await SendAsync(handed.Input)).Signals);
            handed = (await RunAsync(state, durable.Name, durable.Input)).Signals.LastOrDefault(static s => s.Name == WalletOutbox.Publish);
        }

        Assert.Empty(Outbox(state));
        Assert.Equal(_lines.Published.Select(static l => l.Number).Distinct().Order(), _lines.Published.Select(static l => l.Number));
        Assert.Equal(122, _lines.Published.Count);
    }

    [Fact]
    public async Task What_nobody_opened_leaves_nothing_behind()
    {
        var state = new FakeState();
        await RunAsync(state, WalletEntity.Handle, new WalletMessage { Id = 2, SentAtUnixMs = 1_800_000_000_000, Kind = WalletMessageKind.Tick });
        await RunAsync(state, WalletEntity.Published, 5L);
        Assert.Null(state.Json);
    }

    private static IReadOnlyList<NumberedLine> Outbox(FakeState state) => WalletEntityHost.Outbox(((StoredWallet)state.GetState(typeof(StoredWallet))!).State);

    private WalletMessage Command(int id, WalletCommand command) => new()
    {
        Id = (UInt128)(uint)(id + 100),
        SentAtUnixMs = _time.GetUtcNow().ToUnixTimeMilliseconds(),
        Kind = WalletMessageKind.Command,
        Command = command,
        Note = CommandNote.None,
    };

    private async Task<FakeContext> RunAsync(FakeState state, string operation, object? input)
    {
        var context = new FakeContext(WalletEntity.IdOf("wal_x"));
        var entity = new WalletEntity(new WalletEntityHost(new LeaseTerms(3_600_000), new TzdbTimeZones(), _time), _time, new IdSource(_time));
        await entity.RunAsync(new FakeOperation(operation, input, context, state));
        return context;
    }

    private async Task<FakeContext> SendAsync(object lines)
    {
        var context = new FakeContext(WalletOutbox.IdOf("wal_x"));
        var outbox = new WalletOutbox(_lines, NullLogger<WalletOutbox>.Instance);
        await outbox.RunAsync(new FakeOperation(WalletOutbox.Publish, lines, context, new FakeState()));
        return context;
    }

    /// <summary>As the worker serializes where nothing else is set: by reflection, without regard to the case of names.</summary>
    private static class WorkerJson
    {
        private static readonly JsonSerializerOptions Options = new() { PropertyNameCaseInsensitive = true };

        public static string Write(object value) => JsonSerializer.Serialize(value, value.GetType(), Options);

        public static object? Read(string json, Type type) => JsonSerializer.Deserialize(json, type, Options);
    }

    private sealed class Lines : IWalletLineSink
    {
        public List<NumberedLine> Published { get; } = [];

        public bool Broken { get; set; }

        public ValueTask PublishAsync(IReadOnlyList<NumberedLine> lines, CancellationToken cancellation)
        {
            if (Broken)
            {
                throw new IOException("the hub does not answer");
            }

            Published.AddRange(lines);
            return default;
        }
    }

    private sealed class FakeState : TaskEntityState
    {
        public string? Json { get; private set; }

        public override bool HasState => Json is not null;

        public override object? GetState(Type type) => Json is null ? null : WorkerJson.Read(Json, type);

        public override void SetState(object? state) => Json = state is null ? null : WorkerJson.Write(state);
    }

    private sealed class FakeContext(EntityInstanceId id) : TaskEntityContext
    {
        public List<(EntityInstanceId Id, string Name, object? Input, DateTimeOffset? At)> Signals { get; } = [];

        public override EntityInstanceId Id => id;

        public override void SignalEntity(EntityInstanceId id, string operationName, object? input = null, SignalEntityOptions? options = null) =>
            Signals.Add((id, operationName, input, options?.SignalTime));

        public override string ScheduleNewOrchestration(TaskName name, object? input = null, StartOrchestrationOptions? options = null) =>
            throw new NotSupportedException();
    }

    private sealed class FakeOperation(string name, object? input, TaskEntityContext context, TaskEntityState state) : TaskEntityOperation
    {
        public override string Name => name;

        public override TaskEntityContext Context => context;

        public override TaskEntityState State => state;

        public override bool HasInput => input is not null;

        public override object? GetInput(Type inputType) => input is null ? null : WorkerJson.Read(WorkerJson.Write(input), inputType);
    }
}
