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
    public async Task A_wallet_is_opened_and_its_lines_are_handed_on()
    {
        var state = new FakeState();
        var opened = await RunAsync(state, WalletEntity.Handle, Open);
        Assert.Contains(opened.Signals, static s => s.Name == WalletEntity.Publish);
        Assert.NotNull(state.Json);
        var published = await RunAsync(state, WalletEntity.Publish, null);
        Assert.NotEmpty(_lines.Published);
        Assert.Empty(published.Signals);

        // What was handed on has left the entity.
        var count = _lines.Published.Count;
        await RunAsync(state, WalletEntity.Publish, null);
        Assert.Equal(count, _lines.Published.Count);
    }

    [Fact]
    public async Task Lines_that_cannot_be_handed_on_are_kept()
    {
        var state = new FakeState();
        await RunAsync(state, WalletEntity.Handle, Open);
        var before = state.Json;
        _lines.Broken = true;
        var failed = await RunAsync(state, WalletEntity.Publish, null);
        Assert.Equal(before, state.Json);
        Assert.Equal(WalletEntity.Publish, Assert.Single(failed.Signals).Name);
        Assert.NotNull(failed.Signals[0].At);
        _lines.Broken = false;
        await RunAsync(state, WalletEntity.Publish, null);
        Assert.NotEmpty(_lines.Published);
    }

    [Fact]
    public async Task What_nobody_opened_leaves_nothing_behind()
    {
        var state = new FakeState();
        await RunAsync(state, WalletEntity.Handle, new WalletMessage { Id = 2, SentAtUnixMs = 1_800_000_000_000, Kind = WalletMessageKind.Tick });
        await RunAsync(state, WalletEntity.Publish, null);
        Assert.Null(state.Json);
    }

    private async Task<FakeContext> RunAsync(FakeState state, string operation, WalletMessage? message)
    {
        var context = new FakeContext();
        var entity = new WalletEntity(
            new WalletEntityHost(new LeaseTerms(3_600_000), new TzdbTimeZones(), _time),
            _lines,
            _time,
            new IdSource(_time),
            NullLogger<WalletEntity>.Instance);
        await entity.RunAsync(new FakeOperation(operation, message, context, state));
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

    private sealed class FakeContext : TaskEntityContext
    {
        public List<(string Name, DateTimeOffset? At)> Signals { get; } = [];

        public override EntityInstanceId Id => WalletEntity.IdOf("wal_x");

        public override void SignalEntity(EntityInstanceId id, string operationName, object? input = null, SignalEntityOptions? options = null)
        {
            Assert.Equal(Id, id);
            Signals.Add((operationName, options?.SignalTime));
        }

        public override string ScheduleNewOrchestration(TaskName name, object? input = null, StartOrchestrationOptions? options = null) =>
            throw new NotSupportedException();
    }

    private sealed class FakeOperation(string name, WalletMessage? message, TaskEntityContext context, TaskEntityState state) : TaskEntityOperation
    {
        public override string Name => name;

        public override TaskEntityContext Context => context;

        public override TaskEntityState State => state;

        public override bool HasInput => message is not null;

        public override object? GetInput(Type inputType) => message is null ? null : WorkerJson.Read(WorkerJson.Write(message), inputType);
    }
}
