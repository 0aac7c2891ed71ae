namespace AiOrchestrator.Bench.Caching;

/// <summary>Something whose cost is measured.</summary>
internal abstract class Part
{
    /// <summary>What it is called on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>Measures it and prints a table.</summary>
    /// <returns>Whether what is measured did what it should.</returns>
    public abstract bool Run(Measure measure);
}
