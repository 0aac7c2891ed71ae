namespace AiOrchestrator.Bench.Load;

/// <summary>Many streams at once, started over a ramp, each once.</summary>
internal static class Flood
{
    private const long Ramp = 2 * Clock.Second;

    /// <param name="halfway">Called once, when every stream has half of its words.</param>
    /// <param name="limit">The run is given up after this long.</param>
    public static Outcome Run(int port, Question question, int streams, TimeSpan limit, Action halfway)
    {
        using var lanes = new LaneSet(port, streams, question);
        var outcome = new Outcome();
        var start = Clock.Now;
        var pace = Math.Min(Ramp, streams * Clock.Millisecond * 2) / streams;
        var (issued, open, halves) = (0, 0, 0);
        while ((issued < streams || open > 0) && !lanes.GaveUp)
        {
            var now = Clock.Now;
            if (now - start > Clock.Of(limit))
            {
                lanes.Note($"{open} streams unfinished after {limit.TotalSeconds:0} s");
                break;
            }

            for (; issued < streams && start + (issued * pace) <= now; issued++, open++)
            {
                if (!lanes[issued].Send(question.Bytes, now)) lanes.Note("request could not be sent");
            }

            var ready = lanes.Poller.Wait(issued < streams ? Clock.Millisecond : 100 * Clock.Millisecond);
            for (var i = 0; i < ready; i++)
            {
                var (ended, half) = Serve(lanes, lanes.Poller.Token(i), question, outcome);
                open -= ended ? 1 : 0;
                if (half && ++halves == streams) halfway();
            }
        }

        outcome.Seconds = (Clock.Now - start) / (double)Clock.Second;
        outcome.TakeFaults(lanes);
        return outcome;
    }

    private static (bool Ended, bool Half) Serve(LaneSet lanes, int token, Question question, Outcome outcome)
    {
        var lane = lanes[token];
        if (!lane.Busy)
        {
            lanes.Replace(lane);
            return (false, false);
        }

        var seen = lane.Response.Tokens;
        var progress = lane.Read();
        var words = lane.Response.Tokens;
        var half = seen < question.Tokens / 2 && words >= question.Tokens / 2;
        StreamTimes.Note(outcome, lane, words - seen, Clock.Now);
        if (progress == Lane.Progress.More) return (false, half);
        if (progress == Lane.Progress.Broken) lanes.Replace(lane);
        else if (lanes.Accept(lane)) outcome.Completed++;
        return (true, half);
    }
}
