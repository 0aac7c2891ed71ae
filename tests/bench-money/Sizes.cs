namespace AiOrchestrator.Bench.Money;

/// <summary>How much a run does: <c>--quick</c> shows that everything works, the full one is what figures are quoted from.</summary>
/// <param name="Seconds">How long each rate is measured.</param>
/// <param name="Calls">How many calls the journal has that is recovered; each is two records.</param>
internal sealed record Sizes(double Seconds, int Calls)
{
    public static Sizes Full { get; } = new(5, 5_000_000);

    public static Sizes Quick { get; } = new(0.5, 50_000);
}
