namespace AiOrchestrator.Core.Wallets;

/// <summary>A call that waits for money, and the wallet it stands at: nobody takes past it there.</summary>
internal sealed class HoldWaiter(WalletPath path, long amountNanoUsd, long sinceTimestamp)
{
    private LeaseSlot? _at;

    public WalletPath Path { get; } = path;

    public long AmountNanoUsd { get; } = amountNanoUsd;

    public long SinceTimestamp { get; } = sinceTimestamp;

    public TaskCompletionSource<HoldResult> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool Done { get; private set; }

    /// <summary>Moves on to the wallet that is short now.</summary>
    public void StandAt(LeaseSlot slot)
    {
        if (_at == slot)
        {
            return;
        }

        slot.AddWaiter();
        _at?.RemoveWaiter();
        _at = slot;
    }

    /// <summary>Leaves the queue; others may take again where this was the last in line.</summary>
    public void Leave()
    {
        Done = true;
        _at?.RemoveWaiter();
        _at = null;
    }
}
