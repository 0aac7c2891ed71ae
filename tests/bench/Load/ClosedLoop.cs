namespace AiOrchestrator.Bench.Load;

/// <summary>Saturation: every connection sends its next request when the last one is answered.</summary>
internal static class ClosedLoop
{
    private const long DrainLimit = 10 * Clock.Second;

    public static Outcome Run(int port, Question question, int connections, TimeSpan duration)
    {
        using var lanes = new LaneSet(port, connections, question);
        var outcome = new Outcome();
        var start = Clock.Now;
        for (var i = 0; i < connections; i++) Send(lanes, lanes[i], question, start);
        var end = start + Clock.Of(duration);
        var open = connections;
        while (open > 0 && !lanes.GaveUp)
        {
            var now = Clock.Now;
            if (now > end + DrainLimit)
            {
                lanes.Note($"{open} requests unanswered {DrainLimit / Clock.Second} s after the end");
                break;
            }

            var ready = lanes.Poller.Wait(100 * Clock.Millisecond);
            for (var i = 0; i < ready; i++) open -= Serve(lanes, lanes.Poller.Token(i), question, outcome, end);
        }

        outcome.Seconds = (Math.Min(Clock.Now, end) - start) / (double)Clock.Second;
        outcome.TakeFaults(lanes);
        return outcome;
    }

    /// <summary>1 when the lane has done its last request.</summary>
    private static int Serve(LaneSet lanes, int token, Question question, Outcome outcome, long end)
    {
        var lane = lanes[token];
        var progress = lane.Read();
        if (progress == Lane.Progress.More) return 0;
        var now = Clock.Now;
        if (progress == Lane.Progress.Broken)
        {
            lane = lanes.Replace(lane);
        }
        else if (lanes.Accept(lane) && now <= end)
        {
            outcome.Completed++;
            outcome.Latency.Add(now - lane.Due);
        }

        if (now > end) return 1;
        Send(lanes, lane, question, now);
        return 0;
    }

    private static void Send(LaneSet lanes, Lane lane, Question question, long now)
    {
        if (!lane.Send(question.Bytes, now)) lanes.Note("request could not be sent");
    }
}
