using System.Diagnostics.CodeAnalysis;
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
internal sealed class WalletReplay(LeaseTerms terms) : IJournalReplay
{
    private readonly Dictionary<string, Wallet> _wallets = new(StringComparer.Ordinal);
    private readonly Dictionary<UInt128, Started> _open = [];
    private readonly Dictionary<UInt128, UnfinishedCall> _unfinished = [];
    private readonly Dictionary<byte[], (Wallet Wallet, int Period)[]>.AlternateLookup<ReadOnlySpan<byte>> _paths =
        new Dictionary<byte[], (Wallet Wallet, int Period)[]>(new BytesComparer()).GetAlternateLookup<ReadOnlySpan<byte>>();

    private readonly Dictionary<byte[], string>.AlternateLookup<ReadOnlySpan<byte>> _texts =
        new Dictionary<byte[], string>(new BytesComparer()).GetAlternateLookup<ReadOnlySpan<byte>>();

    private readonly record struct Started(byte[] Path, long HoldNanoUsd, string? OrganisationId, string? KeyId);

    /// <summary>Every wallet ever opened.</summary>
    public IReadOnlyDictionary<string, Wallet> Wallets => _wallets;

    /// <summary>Calls in suspense by exchange id.</summary>
    public IReadOnlyDictionary<UInt128, UnfinishedCall> Unfinished => _unfinished;

    /// <summary>Calls started and not settled since the last restart that was written down.</summary>
    public int OpenCalls => _open.Count;

    /// <inheritdoc/>
    public void Apply(in JournalEntry entry)
    {
        switch (entry.Kind)
        {
            case EntryKind.Start:
                _open[entry.ExchangeId.Value] = new Started(
                    Intern(entry.Path), entry.HoldNanoUsd, Text(entry.OrganisationId), Text(entry.KeyId));
                break;
            case EntryKind.Settlement:
                _ = _open.Remove(entry.ExchangeId.Value);
                foreach (var (wallet, period) in WalletsOf(entry.Path))
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
                foreach (var (wallet, period) in WalletsOf(entry.Path))
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

            _unfinished[id] = new UnfinishedCall(
                new ExchangeId(id), EntryPath.Read(started.Path), started.HoldNanoUsd, started.OrganisationId, started.KeyId);
        }

        _open.Clear();
    }

    private void Open(in JournalEntry entry)
    {
        // Paths that named it before it existed were remembered without it.
        _paths.Dictionary.Clear();
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

    private (Wallet Wallet, int Period)[] WalletsOf(ReadOnlySpan<byte> path)
    {
        if (!_paths.TryGetValue(path, out var wallets))
        {
            wallets = [.. EntryPath.Read(path).Where(s => _wallets.ContainsKey(s.WalletId)).Select(s => (_wallets[s.WalletId], s.Period))];
            _paths[path] = wallets;
        }

        return wallets;
    }

    private byte[] Intern(ReadOnlySpan<byte> path)
    {
        if (!_paths.TryGetValue(path, out var known, out _))
        {
            _ = WalletsOf(path);
            _ = _paths.TryGetValue(path, out known, out _);
        }

        return known!;
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

    /// <summary>Encoded paths and ids as keys, so that ten million entries look things up without making a string.</summary>
    private sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode((ReadOnlySpan<byte>)obj);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
