using Microsoft.DurableTask.Client.Entities;
using Microsoft.DurableTask.Entities;

// Microsoft.DurableTask.Abstractions and .Client 1.27.0.
namespace Microsoft.DurableTask
{
    public readonly struct TaskName
    {
        public static implicit operator TaskName(string value) => throw null!;
    }

    public abstract class TaskOrchestrationContext
    {
        public abstract DateTime CurrentUtcDateTime { get; }

        public abstract Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null);

        public abstract Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken);

        public abstract Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default);

        public abstract void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true);
    }

    public record TaskOptions
    {
        public TaskOptions(TaskRetryOptions? retry) => throw null!;
    }

    public sealed class TaskRetryOptions
    {
        public TaskRetryOptions(RetryPolicy policy) => throw null!;
    }

    public class RetryPolicy
    {
        public RetryPolicy(
            int maxNumberOfAttempts,
            TimeSpan firstRetryInterval,
            double backoffCoefficient = 1.0,
            TimeSpan? maxRetryInterval = null,
            TimeSpan? retryTimeout = null) => throw null!;
    }

    public record StartOrchestrationOptions
    {
        public StartOrchestrationOptions(string? InstanceId = null, DateTimeOffset? StartAt = null) => throw null!;
    }

    public sealed class TaskFailedException : Exception;
}

namespace Microsoft.DurableTask.Entities
{
    public interface ITaskEntity
    {
        ValueTask<object?> RunAsync(TaskEntityOperation operation);
    }

    public abstract class TaskEntityOperation
    {
        public abstract string Name { get; }

        public abstract TaskEntityContext Context { get; }

        public abstract TaskEntityState State { get; }

        public virtual T? GetInput<T>() => throw null!;
    }

    public abstract class TaskEntityContext
    {
        public abstract EntityInstanceId Id { get; }

        public abstract void SignalEntity(EntityInstanceId id, string operationName, object? input = null, SignalEntityOptions? options = null);
    }

    public abstract class TaskEntityState
    {
        public virtual T? GetState<T>(T? defaultValue = default) => throw null!;

        public abstract void SetState(object? state);
    }

    public readonly record struct EntityInstanceId
    {
        public EntityInstanceId(string name, string key) => throw null!;

        public string Key => throw null!;
    }

    public record SignalEntityOptions
    {
        public DateTimeOffset? SignalTime
        {
            get => throw null!;
            init => throw null!;
        }
    }
}

namespace Microsoft.DurableTask.Client
{
    public abstract class DurableTaskClient : IAsyncDisposable
    {
        public virtual DurableEntityClient Entities => throw null!;

        public abstract Task<string> ScheduleNewOrchestrationInstanceAsync(
            TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default);

        public abstract Task RaiseEventAsync(
            string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default);

        public virtual Task<OrchestrationMetadata?> GetInstanceAsync(
            string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) => throw null!;

        public abstract ValueTask DisposeAsync();
    }

    public sealed class OrchestrationMetadata;
}

namespace Microsoft.DurableTask.Client.Entities
{
    public abstract class DurableEntityClient
    {
        public abstract Task SignalEntityAsync(
            EntityInstanceId id,
            string operationName,
            object? input = null,
            SignalEntityOptions? options = null,
            CancellationToken cancellation = default);

        public abstract Task<EntityMetadata<T>?> GetEntityAsync<T>(
            EntityInstanceId id, bool includeState = true, CancellationToken cancellation = default);
    }

    public class EntityMetadata<TState>
    {
        public bool IncludesState => throw null!;

        public TState State => throw null!;
    }
}
