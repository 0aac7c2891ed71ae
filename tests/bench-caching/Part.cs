namespace AiOrchestrator.Bench.Caching;

/// <summary>Something that is measured.</summary>
internal abstract class Part
{
    /// <summary>What it is called on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>Measures it and prints tables.</summary>
    /// <param name="isQuick">Whether figures need only be roughly right.</param>
    /// <returns>Whether what is measured did what it should.</returns>
    public abstract Task<bool> RunAsync(bool isQuick);
}
