namespace AiOrchestrator.Core.Platform;

/// <summary>Resolves references to secrets (<c>env:NAME</c>, <c>file:PATH</c>, later Key Vault). The value goes nowhere but into the upstream request.</summary>
public interface ISecretStore
{
    /// <summary>Whether this store knows the reference's scheme; checked when configuration is written.</summary>
    bool Understands(string reference);

    /// <summary>The secret, or null when the reference leads nowhere (now).</summary>
    ValueTask<string?> GetAsync(string reference, CancellationToken cancellation);
}
