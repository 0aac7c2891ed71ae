namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>
/// A piece that came to more bytes than a <see cref="TokenCounter"/> keeps, counted in constant memory. Where its end depends on what is still
/// to come, both outcomes are counted: white space may end after its last line end, capitals after the last letter that goes
/// with both cases (<see cref="O200kSplitter"/>); what follows that place is counted as a piece of its own beside the whole.
/// </summary>
internal sealed class LongPiece(Vocabulary tokens)
{
    private readonly PrefixCounter _whole = new(tokens);
    private readonly PrefixCounter _rest = new(tokens);
    private LongPieceKind _kind;
    private bool _hasCut;
    private bool _restIsEmpty;
    private int _tokensAtCut;

    /// <summary>Whether there is one.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Forgets it.</summary>
    public void Close() => IsOpen = false;

    /// <summary>Begins one.</summary>
    /// <param name="kind">What it is made of.</param>
    /// <param name="prefix">What it begins with whatever that is.</param>
    public void Open(LongPieceKind kind, ReadOnlySpan<byte> prefix)
    {
        _whole.Clear();
        _whole.Append(prefix);
        (IsOpen, _kind, _hasCut, _restIsEmpty) = (true, kind, false, true);
    }

    /// <summary>Takes over what another one is at.</summary>
    public void CopyFrom(LongPiece other)
    {
        _whole.CopyFrom(other._whole);
        _rest.CopyFrom(other._rest);
        (IsOpen, _kind, _hasCut, _restIsEmpty, _tokensAtCut) = (other.IsOpen, other._kind, other._hasCut, other._restIsEmpty, other._tokensAtCut);
    }

    /// <summary>Continues it, and closes it at its end.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="final">Whether the text ends with these bytes.</param>
    /// <param name="tokens">Its tokens if it was closed, else 0.</param>
    /// <returns>How many bytes were taken. As long as it is open, bytes are left only where more must be seen to take them.</returns>
    public int Take(ReadOnlySpan<byte> text, bool final, out int tokens)
    {
        var at = 0;
        tokens = 0;
        while (at < text.Length)
        {
            var kind = CharClasses.At(text, at, out var length);
            if (_kind == LongPieceKind.Blanks && kind == CharClass.White && !IsBlankAt(text, at + length, final))
            {
                // The last blank goes with what follows.
                if (at + length < text.Length)
                {
                    tokens = End();
                }

                return at;
            }

            if (!Continues(kind, text[at]))
            {
                return at + Finish(text[at..], final, out tokens);
            }

            Append(kind, text.Slice(at, length));
            at += length;
        }

        tokens = final ? End() : 0;
        return at;
    }

    private static bool IsBlankAt(ReadOnlySpan<byte> text, int at, bool final) =>
        at >= text.Length ? final : CharClasses.At(text, at, out _) is CharClass.White or CharClass.Newline;

    /// <summary>Whether a code point belongs to it; moves on where its last part begins.</summary>
    private bool Continues(CharClass kind, byte first)
    {
        switch (_kind)
        {
            case LongPieceKind.Letters:
                return Splitting.IsLetter(kind);
            case LongPieceKind.Cased:
                _kind = kind == CharClass.Lower ? LongPieceKind.SmallLetters : _kind;
                return kind is CharClass.Upper or CharClass.Lower or CharClass.Letter or CharClass.Mark;
            case LongPieceKind.SmallLetters:
                return kind is CharClass.Lower or CharClass.Letter or CharClass.Mark;
            case LongPieceKind.Others or LongPieceKind.OthersAndSlashes when Splitting.IsOther(kind):
                return true;
            case LongPieceKind.Others or LongPieceKind.OthersEnd:
                _kind = LongPieceKind.OthersEnd;
                return kind == CharClass.Newline;
            case LongPieceKind.OthersAndSlashes or LongPieceKind.OthersAndSlashesEnd:
                _kind = LongPieceKind.OthersAndSlashesEnd;
                return kind == CharClass.Newline || first == '/';
            default:
                return kind is CharClass.White or CharClass.Newline;
        }
    }

    private void Append(CharClass kind, ReadOnlySpan<byte> bytes)
    {
        _whole.Append(bytes);
        if (IsCut(kind))
        {
            (_hasCut, _restIsEmpty, _tokensAtCut) = (true, true, _whole.Tokens);
            _rest.Clear();
        }
        else if (_hasCut && _kind is LongPieceKind.Cased or LongPieceKind.Blanks)
        {
            _restIsEmpty = false;
            _rest.Append(bytes);
        }
    }

    private bool IsCut(CharClass kind) => _kind switch
    {
        LongPieceKind.Cased => kind is CharClass.Letter or CharClass.Mark,
        LongPieceKind.Blanks => kind == CharClass.Newline,
        _ => false,
    };

    /// <summary>Its end is here, but for a contraction that may follow.</summary>
    private int Finish(ReadOnlySpan<byte> text, bool final, out int tokens)
    {
        var contraction = 0;
        if (_kind is LongPieceKind.Cased or LongPieceKind.SmallLetters)
        {
            var open = false;
            contraction = Splitting.Contraction(text, 0, ref open);
            if (open && !final)
            {
                tokens = 0;
                return 0;
            }

            _whole.Append(text[..contraction]);
            if (_restIsEmpty)
            {
                _tokensAtCut = _whole.Tokens;
            }
            else
            {
                _rest.Append(text[..contraction]);
            }
        }

        tokens = End();
        return contraction;
    }

    private int End()
    {
        IsOpen = false;
        var isCut = _hasCut && _kind is LongPieceKind.Cased or LongPieceKind.Blanks;
        return !isCut ? _whole.Tokens : _restIsEmpty ? _tokensAtCut : _tokensAtCut + _rest.Tokens;
    }
}
