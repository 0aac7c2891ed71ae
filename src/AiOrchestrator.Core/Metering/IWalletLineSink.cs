namespace AiOrchestrator.Core.Metering;

/// <summary>A line of a wallet's statement and its number, which grows with every line of that wallet and never changes.</summary>
/// <param name="Number">From <see cref="StatementNumbers"/>.</param>
/// <param name="Line">The line.</param>
public readonly record struct NumberedLine(long Number, WalletLine Line);

/// <summary>Where wallets that keep their lines in an outbox hand them on.</summary>
public interface IWalletLineSink
{
    /// <summary>Hands lines on; they are durable when it returns. Throws when that is not certain: the caller keeps and repeats them.</summary>
    ValueTask PublishAsync(IReadOnlyList<NumberedLine> lines, CancellationToken cancellation);
}
