namespace AiOrchestrator.Bench.Load;

/// <summary>What is asked, and what a right answer to it holds.</summary>
internal sealed record Question(byte[] Bytes, int Tokens, bool Stream);

/// <summary>The connections of one run and the count of wrong answers. Not thread-safe: one thread drives a run.</summary>
internal sealed class LaneSet : IDisposable
{
    /// <summary>A target that gives this many wrong answers is not worth more of the time.</summary>
    private const int MaxWrong = 50;

    private readonly Lane?[] _lanes;
    private readonly int _port;
    private readonly Question _question;

    public LaneSet(int port, int count, Question question)
    {
        _port = port;
        _question = question;
        _lanes = new Lane[count];
        for (var i = 0; i < count; i++) _lanes[i] = new Lane(port, Poller, i);
    }

    public Poller Poller { get; } = new();

    public int Count => _lanes.Length;

    public int Wrong { get; private set; }

    public string? FirstWrong { get; private set; }

    public bool GaveUp => Wrong >= MaxWrong;

    public Lane this[int token] => _lanes[token] ?? throw new InvalidOperationException("The run was given up.");

    /// <summary>Checks a finished answer; true when it is right.</summary>
    public bool Accept(Lane lane)
    {
        if (lane.Response.Judge(_question.Tokens, _question.Stream) is not { } wrong) return true;
        Note(wrong);
        return false;
    }

    /// <summary>
    /// Opens another connection in place of a broken one. With an answer outstanding that is a wrong answer; an idle
    /// connection its peer closes is the peer's good right.
    /// </summary>
    public Lane Replace(Lane lane)
    {
        if (lane.Busy) Note("connection broken; " + lane.Response.Judge(_question.Tokens, _question.Stream));
        lane.Dispose();
        return _lanes[lane.Token] = new Lane(_port, Poller, lane.Token);
    }

    public void Note(string wrong)
    {
        Wrong++;
        FirstWrong ??= wrong;
    }

    public void Dispose()
    {
        foreach (var lane in _lanes) lane?.Dispose();
        Poller.Dispose();
    }
}
