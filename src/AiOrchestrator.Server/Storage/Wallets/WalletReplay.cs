using System.Text;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// Builds the wallets from the journal. A restart closes every lease exactly: what was settled is spent, and what was started
/// and not settled before the process ended is suspense, from the <see cref="EntryKind.Restarted"/> entry on that the next
/// process writes.
/// </summary>
internal sealed partial class WalletReplay(LeaseTerms terms) : IJournalReplay
{
    private readonly Dictionary<string, Wallet> _wallets = new(StringComparer.Ordinal);
    private readonly Dictionary<UInt128, Started> _open = [];
    private readonly Dictionary<UInt128, ExchangeStart> _unfinished = [];
    private readonly Dictionary<byte[], KnownPath>.AlternateLookup<ReadOnlySpan<byte>> _paths =
        new Dictionary<byte[], KnownPath>(new BytesComparer()).GetAlternateLookup<ReadOnlySpan<byte>>();

    private readonly Dictionary<byte[], string>.AlternateLookup<ReadOnlySpan<byte>> _texts =
        new Dictionary<byte[], string>(new BytesComparer()).GetAlternateLookup<ReadOnlySpan<byte>>();

    private readonly record struct Started(KnownPath Path, long HoldNanoUsd, string? OrganisationId, string? KeyId);

    // Counts the wallets opened: what paths lead to is looked up again when one was.
    private int _generation = 1;

    /// <summary>Every wallet ever opened.</summary>
    public IReadOnlyDictionary<string, Wallet> Wallets => _wallets;

    /// <summary>Calls in suspense by exchange id.</summary>
    public IReadOnlyDictionary<UInt128, ExchangeStart> Unfinished => _unfinished;

    /// <summary>Calls started and not settled since the last restart that was written down.</summary>
    public int OpenCalls => _open.Count;

    /// <inheritdoc/>
    public void Apply(in JournalEntry entry)
    {
        switch (entry.Kind)
        {
            case EntryKind.Start:
                _open[entry.ExchangeId.Value] = new Started(
                    PathOf(entry), entry.HoldNanoUsd, Text(entry, entry.OrganisationNumber, entry.OrganisationId), Text(entry, entry.KeyNumber, entry.KeyId));
                break;
            case EntryKind.Settlement:
                _ = _open.Remove(entry.ExchangeId.Value);
                foreach (var (wallet, period) in PathOf(entry).Wallets)
                {
                    wallet.BookSettled(period, entry.CostNanoUsd);
                }

                break;
            case EntryKind.WalletOpened:
                Open(entry);
                break;
            case EntryKind.WalletCommand when _wallets.TryGetValue(Encoding.ASCII.GetString(entry.WalletId), out var wallet):
                wallet.Replay(entry.Command!, entry.AtUnixMs);
                BookLines(wallet, entry.LinesJson);
                break;
            case EntryKind.WalletLine:
                BookLine(WalletLineJson.Read(entry.LineJson));
                break;
            case EntryKind.UnfinishedCharged:
                _ = _unfinished.Remove(entry.ExchangeId.Value);
                foreach (var (wallet, period) in PathOf(entry).Wallets)
                {
                    wallet.Replay(new WalletCommand.ResolveSuspense(period, entry.HoldNanoUsd, entry.CostNanoUsd), nowUnixMs: 0);
                }

                break;
            case EntryKind.Restarted:
                Restart();
                break;
        }
    }

    /// <summary>Every call that is open goes into suspense; the journal gets a <see cref="EntryKind.Restarted"/> entry for it.</summary>
    public void Restart()
    {
        foreach (var (id, started) in _open)
        {
            foreach (var (wallet, period) in WalletsOf(started.Path))
            {
                wallet.BookUnfinished(period, started.HoldNanoUsd);
            }

            _unfinished[id] = new ExchangeStart(new ExchangeId(id), EntryPath.Read(started.Path.Bytes), started.HoldNanoUsd)
            {
                OrganisationId = started.OrganisationId,
                KeyId = started.KeyId,
            };
        }

        _open.Clear();
    }

    private void Open(in JournalEntry entry)
    {
        // Paths that named it before it existed were remembered without it.
        _generation++;
        var id = Encoding.ASCII.GetString(entry.WalletId);
        if (entry.WalletImage.IsEmpty)
        {
            _wallets[id] = new Wallet(id, entry.LimitNanoUsd, terms);
            return;
        }

        var image = new ImageReader(entry.WalletImage);
        _wallets[id] = Wallet.Load(ref image, terms);
    }

    private void BookLine(WalletLine line)
    {
        if (WalletLines.Read(line) is { } known && _wallets.TryGetValue(line.WalletId, out var wallet))
        {
            wallet.BookEntry(known);
        }
    }

    private static void BookLines(Wallet wallet, ReadOnlySpan<byte> linesJson)
    {
        // Nearly no command crosses a threshold: most lines need not be read.
        if (linesJson.IndexOf("threshold_crossed"u8) < 0)
        {
            return;
        }

        foreach (var line in WalletLineJson.ReadAll(linesJson))
        {
            if (WalletLines.Read(line) is { } known)
            {
                wallet.BookEntry(known);
            }
        }
    }

    /// <summary>The path of a call. Within a row it is found by its number, not by its bytes.</summary>
    private KnownPath PathOf(in JournalEntry entry)
    {
        if (entry.PathNumber == 0)
        {
            return Known(entry.Path);
        }

        ref var tag = ref entry.Texts!.Tag(entry.PathNumber);
        if (tag is KnownPath known && known.Generation == _generation)
        {
            return known;
        }

        known = Known(entry.Path);
        tag = known;
        return known;
    }

    private KnownPath Known(ReadOnlySpan<byte> path)
    {
        if (!_paths.TryGetValue(path, out var known))
        {
            _paths[path] = known = new KnownPath(path.ToArray());
        }

        _ = WalletsOf(known);
        return known;
    }

    private (Wallet Wallet, int Period)[] WalletsOf(KnownPath path)
    {
        if (path.Generation != _generation)
        {
            path.Wallets = [.. EntryPath.Read(path.Bytes).Where(s => _wallets.ContainsKey(s.WalletId)).Select(s => (_wallets[s.WalletId], s.Period))];
            path.Generation = _generation;
        }

        return path.Wallets;
    }

    private string? Text(in JournalEntry entry, int number, ReadOnlySpan<byte> ascii)
    {
        if (number == 0)
        {
            return Text(ascii);
        }

        ref var tag = ref entry.Texts!.Tag(number);
        if (tag is not string text)
        {
            tag = text = Text(ascii)!;
        }

        return text;
    }

    private string? Text(ReadOnlySpan<byte> ascii)
    {
        if (ascii.IsEmpty)
        {
            return null;
        }

        if (!_texts.TryGetValue(ascii, out var text))
        {
            _texts[ascii] = text = Encoding.ASCII.GetString(ascii);
        }

        return text;
    }

    private sealed class KnownPath(byte[] bytes)
    {
        public byte[] Bytes => bytes;

        public (Wallet Wallet, int Period)[] Wallets { get; set; } = [];

        /// <summary>How many wallets had been opened when they were looked up.</summary>
        public int Generation { get; set; }
    }
}
