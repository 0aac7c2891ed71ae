using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Azure.Secrets;

/// <summary>Several stores as one: each reference goes to the one that understands its scheme.</summary>
/// <param name="stores">With schemes of their own; the first that understands a reference answers.</param>
internal sealed class SecretStores(IReadOnlyList<ISecretStore> stores) : ISecretStore
{
    /// <inheritdoc/>
    public bool Understands(string reference) => Of(reference) is not null;

    /// <inheritdoc/>
    public ValueTask<string?> GetAsync(string reference, CancellationToken cancellation) =>
        Of(reference)?.GetAsync(reference, cancellation) ?? new((string?)null);

    private ISecretStore? Of(string reference) => stores.FirstOrDefault(s => s.Understands(reference));
}
