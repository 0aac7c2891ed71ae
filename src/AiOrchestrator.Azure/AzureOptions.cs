namespace AiOrchestrator.Azure;

/// <summary>Section <c>Azure</c>.</summary>
public sealed class AzureOptions
{
    /// <summary>Hops.</summary>
    public int ForwardedHops { get; set; } = 1;

    /// <summary>All that is wrong.</summary>
    public IReadOnlyList<string> Validate() => ForwardedHops < 0 ? ["x"] : [];
}
