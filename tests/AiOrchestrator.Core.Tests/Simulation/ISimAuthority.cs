using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Simulation;

/// <summary>Who keeps the wallets in a run, behind a network of its kind.</summary>
internal interface ISimAuthority
{
    /// <summary>Nothing goes wrong any more.</summary>
    bool IsQuiet { get; set; }

    /// <summary>An instance's way to the wallets.</summary>
    IWalletAuthority WayOf(SimInstance instance);

    /// <summary>Asks for a command; tells the outcome, or null when nobody answered: it may have been applied all the same, and may still be.</summary>
    void Apply(int wallet, WalletCommand command, Action<WalletCommandOutcome?> done);

    /// <summary>Lets time pass for all wallets.</summary>
    void Tick();

    /// <summary>Whatever keeps the wallets dies and comes back.</summary>
    void Crash();

    /// <summary>What is durable of a period; null where it is not known.</summary>
    WalletState? Read(int wallet, int period);

    /// <summary>After everything has come to rest.</summary>
    void CheckAtRest();
}
