namespace AiOrchestrator.Core.Wallets;

/// <summary>A call that waits for money, and the wallet it stands at: nobody takes past it there.</summary>
internal sealed class HoldWaiter(WalletPath path, long amountNanoUsd, long sinceTimestamp)
{
    private LeaseSlot? _at;
    private int _grantedLevels;

    public WalletPath Path { get; } = path;

    public long AmountNanoUsd { get; } = amountNanoUsd;

    public long SinceTimestamp { get; } = sinceTimestamp;

    public TaskCompletionSource<HoldResult> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool Done { get; private set; }

    /// <summary>Whether it may take what is free here: where others wait for the wallet's money, only after the wallet granted something.</summary>
    public bool MayTakeAt(int level) => !Path.Slots[level].IsPressed || (_grantedLevels >> level & 1) != 0;

    /// <summary>The wallet was asked while this one waited, and granted.</summary>
    public void GrantAt(LeaseSlot slot) => _grantedLevels |= 1 << Array.IndexOf(Path.Slots, slot);

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
