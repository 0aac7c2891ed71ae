using System.Text;

namespace AiOrchestrator.Server.Storage;

/// <summary>What a reader of one row after the other remembers of the row it is in: where the texts are that entries name by number.</summary>
internal sealed class RowTexts
{
    private Text[] _texts = new Text[64];
    private byte[] _path = new byte[256];
    private int _count;

    private struct Text
    {
        public int Start;
        public int Length;
        public bool IsPath;
        public string? String;
        public (string? Leaf, string? Joined) Wallets;
        public object? Tag;
    }

    /// <summary>Forgets all of them, as at the beginning of a row.</summary>
    public void Reset()
    {
        Array.Clear(_texts, 0, _count);
        _count = 0;
    }

    /// <summary>Takes the next text by its place in the row.</summary>
    public void Add(int start, int length)
    {
        if (_count == _texts.Length)
        {
            Array.Resize(ref _texts, 2 * _count);
        }

        _texts[_count].Start = start;
        _texts[_count++].Length = length;
    }

    /// <summary>The bytes of a text by its number, which begins at 1; false when there is none.</summary>
    public bool TryGet(ReadOnlySpan<byte> row, ulong number, out ReadOnlySpan<byte> text)
    {
        if (number == 0 || number > (ulong)_count)
        {
            text = default;
            return false;
        }

        ref var place = ref _texts[(int)number - 1];
        text = row.Slice(place.Start, place.Length);
        return true;
    }

    /// <summary>The same for a text that is a path; false when it is none. Looked at once per row.</summary>
    public bool TryGetPath(ReadOnlySpan<byte> row, ulong number, out ReadOnlySpan<byte> path)
    {
        if (!TryGet(row, number, out path))
        {
            return false;
        }

        ref var text = ref _texts[(int)number - 1];
        text.IsPath = text.IsPath || EntryPath.IsPath(path);
        return text.IsPath;
    }

    /// <summary>A text as a string, the same one for all entries of the row.</summary>
    public string? String(ReadOnlySpan<byte> row, ulong number)
    {
        if (!TryGet(row, number, out var bytes))
        {
            return null;
        }

        ref var text = ref _texts[(int)number - 1];
        return text.String ??= Encoding.UTF8.GetString(bytes);
    }

    /// <summary>The wallet nearest to the caller, and all of a path joined with '/'; the same strings for all entries of the row.</summary>
    public (string? Leaf, string? Joined) Wallets(ReadOnlySpan<byte> path, int number)
    {
        if (number == 0 || number > _count)
        {
            return default;
        }

        ref var known = ref _texts[number - 1].Wallets;
        if (known.Leaf is null)
        {
            var wallets = EntryPath.Read(path);
            known = wallets.Length == 0 ? ("", "") : (wallets[0].WalletId, string.Join('/', wallets.Select(static w => w.WalletId)));
        }

        return known;
    }

    /// <summary>What the reader's user remembers with a text for the rest of the row.</summary>
    /// <param name="number">Of a text that is there.</param>
    public ref object? Tag(int number) => ref _texts[number - 1].Tag;

    /// <summary>Room for one path that is not in the row as <see cref="EntryPath"/> wants it; used again for the next entry.</summary>
    public Span<byte> PathRoom(int bytes)
    {
        if (_path.Length < bytes)
        {
            _path = new byte[bytes];
        }

        return _path;
    }
}
