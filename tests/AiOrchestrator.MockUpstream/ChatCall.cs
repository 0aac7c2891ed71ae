using System.Text;

namespace AiOrchestrator.MockUpstream;

/// <summary>One chat request being answered.</summary>
internal sealed class ChatCall(Exchange exchange, ChatRequest request, LedgerEntry? entry, long number, long createdUnix)
{
    public Exchange Exchange => exchange;

    public ChatRequest Request => request;

    public MockBehaviour Behaviour => request.Behaviour;

    public LedgerEntry? Entry => entry;

    public long Number => number;

    public long CreatedUnix => createdUnix;

    public byte[]? UsageOverride { get; } =
        request.Behaviour.Usage is { } usage ? Encoding.UTF8.GetBytes(usage.GetRawText()) : null;

    public bool ReportsUsage => !Behaviour.NoUsage;

    /// <summary>Notes in the ledger what usage is being reported.</summary>
    public void NoteUsage(in AnswerPlan plan)
    {
        if (entry is null) return;
        var json = new Utf8Out(256);
        ChatJson.Usage(json, this, plan);
        entry.ReportedUsage = Encoding.UTF8.GetString(json.Written.Span);
    }
}
