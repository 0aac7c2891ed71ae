using AiOrchestrator.Core.Insight.Exports;
using AiOrchestrator.Core.Wallets.Approvals;
using AiOrchestrator.Functions.Exports;
using AiOrchestrator.Functions.Proposals;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiOrchestrator.Functions.Tests.Durable;

/// <summary>Orchestrations over a context that plays the framework's part; only where the framework's own code is there.</summary>
public sealed class OrchestrationTests
{
    private static readonly ProposalWatch Watch = new(new ProposalRef("transfers", "org_x", "tr_x"));

    [Fact]
    public async Task A_proposal_that_is_finished_is_watched_no_longer()
    {
        var context = new FakeContext { Activity = static (_, _) => new ProposalStep(ProposalProgress.Finished) };
        await ProposalOrchestration.RunAsync(context, Watch);
        Assert.Equal(["DriveProposal"], context.Called);
        Assert.Null(context.Again);
    }

    [Fact]
    public async Task A_decision_ends_the_wait()
    {
        var context = new FakeContext { Activity = static (_, _) => new ProposalStep(ProposalProgress.Waiting), EventArrives = true };
        var turn = ProposalOrchestration.RunAsync(context, Watch with { Tries = 4 });

        // An orchestrator that goes on elsewhere than on its own thread is stuck for good.
        Assert.True(turn.IsCompletedSuccessfully);
        await turn;
        Assert.Equal(Watch, context.Again);
        Assert.Equal(context.CurrentUtcDateTime.AddDays(1), Assert.Single(context.Timers));
        Assert.True(context.TimerCancelled);
        Assert.True(context.EventCancelled);
    }

    [Fact]
    public async Task Time_ends_it_too()
    {
        var context = new FakeContext { Activity = static (_, _) => new ProposalStep(ProposalProgress.Contended), TimerFires = true };
        await ProposalOrchestration.RunAsync(context, Watch);
        Assert.Equal(Watch with { Tries = 1 }, context.Again);
    }

    [Fact]
    public async Task A_failure_is_tried_again()
    {
        var context = new FakeContext
        {
            Activity = static (name, _) => throw new TaskFailedException(name, 0, new TaskFailureDetails("x", "x", null, null, null)),
            TimerFires = true,
        };
        await ProposalOrchestration.RunAsync(context, Watch with { Tries = 2 });
        Assert.Equal(Watch with { Tries = 3 }, context.Again);
    }

    [Fact]
    public async Task Every_export_that_is_due_is_written()
    {
        var due = new List<ExportTask> { new("org_x", "2026-11-24", 1, 25), new("org_y", "2026-11-24", 1, 25) };
        var context = new FakeContext { Activity = (name, _) => name == "ListExports" ? due : true };
        await ExportOrchestration.RunAsync(context);
        Assert.Equal(["ListExports", "WriteExport", "WriteExport"], context.Called);
        Assert.Equal([null, due[0], due[1]], context.Inputs);
    }

    private sealed class FakeContext : TaskOrchestrationContext
    {
        public Func<string, object?, object> Activity { get; init; } = static (_, _) => throw new InvalidOperationException();

        public bool EventArrives { get; init; }

        public bool TimerFires { get; init; }

        public List<string> Called { get; } = [];

        public List<object?> Inputs { get; } = [];

        public List<DateTime> Timers { get; } = [];

        public bool TimerCancelled { get; private set; }

        public bool EventCancelled { get; private set; }

        public object? Again { get; private set; }

        public override TaskName Name => "test";

        public override string InstanceId => "test";

        public override ParentOrchestrationInstance? Parent => null;

        public override DateTime CurrentUtcDateTime => new(2026, 11, 25, 12, 0, 0, DateTimeKind.Utc);

        public override bool IsReplaying => false;

        protected override ILoggerFactory LoggerFactory => NullLoggerFactory.Instance;

        public override T? GetInput<T>()
            where T : default => default;

        public override Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null)
        {
            Called.Add(name.Name);
            Inputs.Add(input);
            return Task.FromResult((TResult)Activity(name.Name, input));
        }

        public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
        {
            Timers.Add(fireAt);
            cancellationToken.Register(() => TimerCancelled = true);
            return TimerFires ? Task.CompletedTask : new TaskCompletionSource().Task;
        }

        public override Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
        {
            Assert.Equal("decided", eventName);
            cancellationToken.Register(() => EventCancelled = true);
            return EventArrives ? Task.FromResult((T)(object)true) : new TaskCompletionSource<T>().Task;
        }

        public override void SendEvent(string instanceId, string eventName, object payload) => throw new NotSupportedException();

        public override void SetCustomStatus(object? customStatus) => throw new NotSupportedException();

        public override Task<TResult> CallSubOrchestratorAsync<TResult>(TaskName orchestratorName, object? input = null, TaskOptions? options = null) =>
            throw new NotSupportedException();

        public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true)
        {
            Assert.True(preserveUnprocessedEvents);
            Again = newInput;
        }

        public override Guid NewGuid() => throw new NotSupportedException();
    }
}
