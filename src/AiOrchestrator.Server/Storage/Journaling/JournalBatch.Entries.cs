using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Server.Storage;

/// <summary>Adds entries. Texts they name are written in front of them, once per row.</summary>
internal sealed partial class JournalBatch
{
    public void AddStart(in ExchangeStart start)
    {
        var path = Path(start.Wallets);
        var organisation = Text(start.OrganisationId);
        var key = Text(start.KeyId);
        var entry = new EntryWriter(Reserve(EntryWriter.FixedBytes));
        entry.Start(start, path, organisation, key);
        Advance(entry.Length);
    }

    /// <param name="kind">A settlement, or the charge of an unfinished call.</param>
    /// <param name="settlement">What is settled.</param>
    /// <param name="usage">Has encoded its event.</param>
    public void AddSettlement(EntryKind kind, in ExchangeSettlement settlement, EventWriter usage)
    {
        var path = Path(settlement.Wallets);
        var shared = usage.Shared;
        Span<int> texts = stackalloc int[EventWriter.FirstOwnText];
        for (var i = 0; i < shared.Length; i++)
        {
            texts[i] = Text(shared[i]);
        }

        var own = usage.Own;
        var entry = new EntryWriter(Reserve(EntryWriter.FixedBytes + own.Length + (shared.Length * Varint.MaxBytes)));
        entry.Settlement(kind, settlement, path, own, shared.Length);
        for (var i = 0; i < shared.Length; i++)
        {
            entry.Number(texts[i]);
        }

        Advance(entry.Length);
    }

    public void AddWalletOpened(string walletId, ReadOnlySpan<byte> image, ReadOnlySpan<byte> linesJson)
    {
        var entry = new EntryWriter(Reserve(EntryWriter.FixedBytes + EntryWriter.MaxBytes(walletId) + image.Length + linesJson.Length));
        entry.WalletOpened(walletId, image, linesJson);
        Advance(entry.Length);
    }

    public void AddCommand(string walletId, long atUnixMs, ReadOnlySpan<byte> image, ReadOnlySpan<byte> linesJson)
    {
        var entry = new EntryWriter(Reserve(EntryWriter.FixedBytes + EntryWriter.MaxBytes(walletId) + image.Length + linesJson.Length));
        entry.Command(walletId, atUnixMs, image, linesJson);
        Advance(entry.Length);
    }

    public void AddLine(ReadOnlySpan<byte> lineJson)
    {
        var entry = new EntryWriter(Reserve(EntryWriter.FixedBytes + lineJson.Length));
        entry.Line(lineJson);
        Advance(entry.Length);
    }

    public void AddRestarted()
    {
        var entry = new EntryWriter(Reserve(1));
        entry.Restarted();
        Advance(entry.Length);
    }

    private int Text(string? text)
    {
        if (text is null)
        {
            return 0;
        }

        if (!_texts.TryGet(text, out var number))
        {
            var entry = new EntryWriter(Reserve(1 + EntryWriter.MaxBytes(text)));
            entry.Text(text);
            Advance(entry.Length);
        }

        return number;
    }

    private int Path(IReadOnlyList<WalletShare> wallets)
    {
        if (!_texts.TryGet(wallets, out var number))
        {
            var entry = new EntryWriter(Reserve(1 + Varint.MaxBytes + EntryPath.MaxBytes(wallets)));
            entry.Path(wallets);
            Advance(entry.Length);
        }

        return number;
    }
}
