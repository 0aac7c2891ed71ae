using System.Diagnostics;

namespace AiOrchestrator.Bench.Caching;

/// <summary>What something takes, on one thread.</summary>
internal sealed class Measure(bool isQuick)
{
    /// <summary>Done between two looks at the clock, so that looking does not count.</summary>
    private const int Batch = 16;

    private const double WarmUpSeconds = 1;

    /// <summary>Whether figures need only be roughly right.</summary>
    public bool IsQuick => isQuick;

    /// <summary>The best of a few rounds, which others on the machine disturb least.</summary>
    public (double Ns, double Bytes) Time(Action work)
    {
        // The compiler makes what runs often anew, in the background: before that nothing is measured.
        for (var from = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(from).TotalSeconds < WarmUpSeconds;)
        {
            work();
        }

        var seconds = isQuick ? 0.05 : 0.4;
        var (best, bytes) = (double.MaxValue, 0.0);
        for (var round = 0; round < (isQuick ? 4 : 8); round++)
        {
            var done = 0L;
            var before = GC.GetAllocatedBytesForCurrentThread();
            var from = Stopwatch.GetTimestamp();
            do
            {
                for (var i = 0; i < Batch; i++)
                {
                    work();
                }

                done += Batch;
            }
            while (Stopwatch.GetElapsedTime(from).TotalSeconds < seconds);

            best = Math.Min(best, Stopwatch.GetElapsedTime(from).TotalNanoseconds / done);
            bytes = (double)(GC.GetAllocatedBytesForCurrentThread() - before) / done;
        }

        return (best, bytes);
    }
}
