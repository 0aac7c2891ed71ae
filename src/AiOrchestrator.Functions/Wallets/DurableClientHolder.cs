using Microsoft.DurableTask.Client;

namespace AiOrchestrator.Functions.Wallets;

/// <summary>
/// The Durable client, which only invocations are given. It stays good after the invocation: the worker keeps one connection to the host for
/// as long as it lives and gives each invocation a thin wrapper of it. The newest is used, for the host may have started anew elsewhere.
/// </summary>
public sealed class DurableClientHolder
{
    private volatile DurableTaskClient? _client;

    /// <summary>The newest client.</summary>
    /// <exception cref="InvalidOperationException">No invocation has come yet.</exception>
    public DurableTaskClient Client => _client ?? throw new InvalidOperationException("no function has been invoked yet, so there is no Durable client");

    /// <summary>An invocation's client.</summary>
    public void Offer(DurableTaskClient client) => _client = client;
}
