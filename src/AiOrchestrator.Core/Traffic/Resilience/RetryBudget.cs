namespace AiOrchestrator.Core.Traffic.Resilience;

/// <summary>
/// Bounds how many calls are repeated at one provider: a tenth of what is sent to it for the first time, and a few when little is sent
/// (https://finagle.github.io/finagle/docs/com/twitter/finagle/service/RetryBudget.html). Without it an outage is met by twice the load.
/// </summary>
internal sealed class RetryBudget
{
    /// <summary>Repetitions that are there at the beginning.</summary>
    public const int Reserve = 10;

    /// <summary>Repetitions that are saved up at most.</summary>
    public const int Most = 100;

    /// <summary>So many first calls earn one repetition.</summary>
    public const int CallsForOne = 10;

    // In tenths of a repetition.
    private long _left = Reserve * CallsForOne;

    /// <summary>Repetitions that are left.</summary>
    public double Left => (double)Volatile.Read(ref _left) / CallsForOne;

    /// <summary>A call is sent for the first time.</summary>
    public void Earn()
    {
        if (Volatile.Read(ref _left) < Most * CallsForOne)
        {
            Interlocked.Increment(ref _left);
        }
    }

    /// <summary>Takes one repetition; false where none is left.</summary>
    public bool TrySpend()
    {
        if (Interlocked.Add(ref _left, -CallsForOne) >= 0)
        {
            return true;
        }

        Interlocked.Add(ref _left, CallsForOne);
        return false;
    }
}
