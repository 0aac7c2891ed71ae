namespace AiOrchestrator.Core.Traffic.Queueing;

/// <summary>Why a call left the line without being served.</summary>
internal enum QueueEnd
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>Somebody took it out.</summary>
    Cancelled,

    /// <summary>Its client went away.</summary>
    ClientGone,

    /// <summary>The instance is stopping.</summary>
    Draining,

    /// <summary>It waited as long as it said it would.</summary>
    TimedOut,
}

/// <summary>A call in line. It holds its request and nothing else: no money, no part of a limit, no place at the provider.</summary>
/// <param name="Id">The exchange id.</param>
/// <param name="KeyId">Whose it is.</param>
/// <param name="WalletId">The wallet nearest to the caller: whom the line is fair between.</param>
/// <param name="Model">What it asks for.</param>
/// <param name="Priority">As the caller said.</param>
/// <param name="MaxWaitMs">How long it waits at most.</param>
/// <param name="Bytes">Of its request.</param>
/// <param name="JoinedTimestamp">Since when it waits; of one that comes again, as if it had waited without a break.</param>
internal sealed record QueuedCall(
    string Id, string KeyId, string WalletId, string Model, CallPriority Priority, int MaxWaitMs, long Bytes, long JoinedTimestamp)
{
    private TaskCompletionSource _turn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>When its request came: whoever comes again stands where it stood, not behind those who came later.</summary>
    public long ArrivedTimestamp { get; init; } = JoinedTimestamp;

    /// <summary>Which of two joined first that came at once; given by the line.</summary>
    public long Order { get; set; }

    /// <summary>Where it stood when it came, 1 for the first.</summary>
    public int Position { get; set; }

    /// <summary>How long it was expected to wait when it came; microseconds, 0 or more.</summary>
    public long EstimatedUs { get; set; }

    /// <summary>Why it left; written by the line alone.</summary>
    public QueueEnd End { get; set; }

    /// <summary>Ends its wait.</summary>
    public ITimer? Timer { get; set; }

    /// <summary>Done when it is its turn, or when there is none to wait for any more.</summary>
    public Task Turn => _turn.Task;

    /// <summary>Its turn has come, or it has left.</summary>
    public void Call() => _turn.TrySetResult();

    /// <summary>It found nothing and goes on waiting.</summary>
    public void WaitAgain() => _turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
