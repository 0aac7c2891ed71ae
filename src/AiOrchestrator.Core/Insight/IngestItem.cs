using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight;

/// <summary>What became of an event.</summary>
internal enum IngestOutcome
{
    /// <summary>Not decided yet.</summary>
    Open,

    /// <summary>Where it belongs.</summary>
    Stored,

    /// <summary>Can never be stored as it is.</summary>
    Poison,

    /// <summary>Could not be stored now.</summary>
    Postponed,
}

/// <summary>One event of a run: what it says, and what became of it.</summary>
internal sealed class IngestItem(IncomingEvent incoming)
{
    public IncomingEvent Event { get; } = incoming;

    /// <summary>What goes to the usage store.</summary>
    public StreamEntry? Entry { get; private init; }

    /// <summary>What goes to the evidence.</summary>
    public ExchangeStart? Start { get; private init; }

    /// <summary>The call whose end it is.</summary>
    public ExchangeId? Ended { get; private init; }

    public IngestOutcome Outcome { get; set; }

    /// <summary>Why it is not stored.</summary>
    public string? Reason { get; set; }

    public static IngestItem Read(IncomingEvent incoming)
    {
        if (!UsageEnvelope.TryRead(incoming.Body.Span, out var message, out var reason))
        {
            return new IngestItem(incoming) { Outcome = IngestOutcome.Poison, Reason = reason };
        }

        return message switch
        {
            { End: { } end } => new IngestItem(incoming)
            {
                Entry = new StreamEntry(StatementNumbers.OfCall(end.Id, StatementEntry.SettledUnixMs(end.Event)), end.Event, Line: null) { Wallets = end.Wallets },
                Ended = end.Id,
            },
            { Line: { } line } => new IngestItem(incoming) { Entry = new StreamEntry(line.Number, Usage: null, line.Line) },
            _ => new IngestItem(incoming) { Start = message.Start },
        };
    }
}
