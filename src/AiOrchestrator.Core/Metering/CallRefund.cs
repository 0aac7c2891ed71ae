using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Metering;

/// <summary>
/// Has what a call was charged given back to the wallets that paid it, but for what it came to after all: once, whoever asks and how often, and by what
/// was said first. When it returns, that it was asked for is durable.
/// </summary>
/// <param name="organisationId">Whose call.</param>
/// <param name="id">The call.</param>
/// <param name="reason">Why; stands on the wallets' statements.</param>
/// <param name="keptNanoUsd">What stays charged, nano-dollars; 0: nothing.</param>
/// <param name="cancellation">Nobody waits any more.</param>
/// <returns>Whether all of it is given back; false while something is still to be done, which then is without being asked again.</returns>
/// <exception cref="IOException">It may not have been taken down: ask again.</exception>
public delegate Task<bool> CallRefund(string organisationId, ExchangeId id, string reason, long keptNanoUsd, CancellationToken cancellation);
