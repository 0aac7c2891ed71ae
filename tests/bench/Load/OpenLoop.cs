namespace AiOrchestrator.Bench.Load;

/// <summary>
/// Fixed rate: request i is due at start + i / rate whatever happened to those before it, and its latency counts from then.
/// One thread does everything: it sleeps in epoll until 100 µs before the next due time and polls without sleeping from there.
/// </summary>
internal sealed class OpenLoop(int port, Question question, double rate, int connections, TimeSpan duration)
{
    private const long Spin = 100 * Clock.Microsecond;
    private const long DrainLimit = 15 * Clock.Second;

    private readonly Outcome _outcome = new();
    private readonly Queue<int> _idle = new(connections);
    private readonly Queue<long> _late = new();

    public Outcome Run()
    {
        using var lanes = new LaneSet(port, connections, question);
        for (var i = 0; i < connections; i++) _idle.Enqueue(i);
        var total = (long)(rate * duration.TotalSeconds);
        var interval = Clock.Second / rate;
        var start = Clock.Now + (5 * Clock.Millisecond);
        var end = start + Clock.Of(duration);
        long issued = 0;
        while (!lanes.GaveUp)
        {
            var now = Clock.Now;
            for (; issued < total && start + (long)(issued * interval) is var due && due <= now; issued++) Issue(lanes, due, now);
            var open = connections - _idle.Count;
            if (issued == total && open == 0 && _late.Count == 0) break;
            if (now > end + DrainLimit)
            {
                lanes.Note($"{open + _late.Count} requests unanswered {DrainLimit / Clock.Second} s after the end");
                break;
            }

            var next = issued < total ? start + (long)(issued * interval) : now + (100 * Clock.Millisecond);
            var ready = lanes.Poller.Wait(Math.Max(0, next - now - Spin));
            for (var i = 0; i < ready; i++) Serve(lanes, lanes.Poller.Token(i));
        }

        _outcome.Seconds = (Clock.Now - start) / (double)Clock.Second;
        _outcome.TakeFaults(lanes);
        return _outcome;
    }

    private void Issue(LaneSet lanes, long due, long now, bool queued = false)
    {
        if (!_idle.TryDequeue(out var token))
        {
            _late.Enqueue(due);
            return;
        }

        // What waited for a lane waited for the target, not for the generator.
        if (!queued) _outcome.SendLag.Add(now - due);
        if (!lanes[token].Send(question.Bytes, due)) lanes.Note("request could not be sent");
    }

    private void Serve(LaneSet lanes, int token)
    {
        var lane = lanes[token];
        if (!lane.Busy)
        {
            lanes.Replace(lane);
            return;
        }

        var seen = lane.Response.Tokens;
        var progress = lane.Read();
        var now = Clock.Now;
        if (question.Stream) StreamTimes.Note(_outcome, lane, lane.Response.Tokens - seen, now);
        if (progress == Lane.Progress.More) return;
        if (progress == Lane.Progress.Broken)
        {
            lanes.Replace(lane);
        }
        else if (lanes.Accept(lane))
        {
            _outcome.Completed++;
            _outcome.Latency.Add(now - lane.Due);
        }

        _idle.Enqueue(token);
        if (_late.TryDequeue(out var due)) Issue(lanes, due, now, queued: true);
    }
}

/// <summary>Notes when the words of a stream came.</summary>
internal static class StreamTimes
{
    public static void Note(Outcome outcome, Lane lane, int words, long now)
    {
        for (; words > 0; words--)
        {
            if (lane.LastToken == 0) outcome.FirstToken.Add(now - lane.Due);
            else outcome.Gaps.Add(now - lane.LastToken);
            lane.LastToken = now;
        }
    }
}
