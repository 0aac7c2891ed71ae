namespace AiOrchestrator.Bench.Money;

/// <summary>How much a run does: <c>--quick</c> shows that everything works, the full one is what figures are quoted from.</summary>
/// <param name="Seconds">How long each rate is measured.</param>
/// <param name="Calls">How many calls the journal has that is recovered; each is two records.</param>
/// <param name="Leaves">How many keys the largest tree has.</param>
/// <param name="Wallets">How many wallets there are when wallets are counted.</param>
internal sealed record Sizes(double Seconds, int Calls, int Leaves, int Wallets)
{
    public static Sizes Full { get; } = new(5, 5_000_000, 100_000, 1_000_000);

    public static Sizes Quick { get; } = new(0.5, 50_000, 2_000, 5_000);
}
