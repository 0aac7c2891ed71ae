using System.Text;

namespace AiOrchestrator.Server.Storage;

/// <summary>What a reader of one row after the other remembers of the row it is in: where the texts are that entries name by number.</summary>
internal sealed class RowTexts
{
    private (int Start, int Length)[] _places = new (int, int)[64];
    private string?[] _strings = new string?[64];
    private bool[] _arePaths = new bool[64];
    private byte[] _path = new byte[256];
    private int _count;

    /// <summary>Forgets all of them, as at the beginning of a row.</summary>
    public void Reset()
    {
        Array.Clear(_strings, 0, _count);
        Array.Clear(_arePaths, 0, _count);
        _count = 0;
    }

    /// <summary>Takes the next text by its place in the row.</summary>
    public void Add(int start, int length)
    {
        if (_count == _places.Length)
        {
            Array.Resize(ref _places, 2 * _count);
            Array.Resize(ref _strings, 2 * _count);
            Array.Resize(ref _arePaths, 2 * _count);
        }

        _places[_count++] = (start, length);
    }

    /// <summary>The bytes of a text by its number, which begins at 1; false when there is none.</summary>
    public bool TryGet(ReadOnlySpan<byte> row, ulong number, out ReadOnlySpan<byte> text)
    {
        if (number == 0 || number > (ulong)_count)
        {
            text = default;
            return false;
        }

        var (start, length) = _places[(int)number - 1];
        text = row.Slice(start, length);
        return true;
    }

    /// <summary>The same for a text that is a path; false when it is none. Looked at once per row.</summary>
    public bool TryGetPath(ReadOnlySpan<byte> row, ulong number, out ReadOnlySpan<byte> path)
    {
        if (!TryGet(row, number, out path))
        {
            return false;
        }

        ref var isPath = ref _arePaths[(int)number - 1];
        isPath = isPath || EntryPath.IsPath(path);
        return isPath;
    }

    /// <summary>A text as a string, the same one for all entries of the row.</summary>
    public string? String(ReadOnlySpan<byte> row, ulong number)
    {
        if (number == 0 || number > (ulong)_count)
        {
            return null;
        }

        return _strings[(int)number - 1] ??= TryGet(row, number, out var text) ? Encoding.UTF8.GetString(text) : null;
    }

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
