using System.Collections.Concurrent;

namespace AiOrchestrator.Core.Metering.Counting;

/// <summary>What providers report of a model for each token counted here, so far.</summary>
/// <param name="Ratio">Reported by counted: 0.5 to 2; null where there are too few samples.</param>
/// <param name="Samples">Calls it was learned from.</param>
public readonly record struct CountingRatio(double? Ratio, long Samples);

/// <summary>
/// Learns, for each provider and model, how reported tokens stand to counted ones: a running mean in which old calls fade. In memory, of one
/// instance; as many entries as models are served. Safe for concurrent use, without locks.
/// </summary>
public sealed class CountingRatios
{
    /// <summary>Calls before a ratio is used.</summary>
    public const int MinSamples = 16;

    /// <summary>The mean moves by at least one of so many parts with each call.</summary>
    public const int WindowSamples = 64;

    /// <summary>Counts below say little: a token more or less would be a large part of them.</summary>
    public const long MinTokens = 16;

    /// <summary>The smallest and the largest that one call can claim.</summary>
    public const double MinRatio = 0.5, MaxRatio = 2;

    private readonly ConcurrentDictionary<(string Provider, string Model), Cells> _cells = new();

    /// <summary>What was learned of a model's prompts.</summary>
    public CountingRatio Prompt(string provider, string model) => _cells.TryGetValue((provider, model), out var cells) ? cells.Prompt.Read() : default;

    /// <summary>What was learned of a model's completions.</summary>
    public CountingRatio Completion(string provider, string model) => _cells.TryGetValue((provider, model), out var cells) ? cells.Completion.Read() : default;

    /// <summary>Learns from a call whose report is sound.</summary>
    /// <param name="provider">The provider's id.</param>
    /// <param name="model">The model's id.</param>
    /// <param name="countedPrompt">As counted; 0 where it cannot be compared.</param>
    /// <param name="reportedPrompt">As reported.</param>
    /// <param name="countedCompletion">As counted; 0 where it cannot be compared.</param>
    /// <param name="reportedCompletion">As reported.</param>
    public void Learn(string provider, string model, long countedPrompt, long reportedPrompt, long countedCompletion, long reportedCompletion)
    {
        if (countedPrompt < MinTokens && countedCompletion < MinTokens)
        {
            return;
        }

        var cells = _cells.GetOrAdd((provider, model), static _ => new Cells());
        cells.Prompt.Add(countedPrompt, reportedPrompt);
        cells.Completion.Add(countedCompletion, reportedCompletion);
    }

    private sealed class Cells
    {
        public readonly Cell Prompt = new();
        public readonly Cell Completion = new();
    }

    /// <summary>A mean and how many it is of, in one word: 24 bits of millionths, 40 of samples.</summary>
    private sealed class Cell
    {
        private const int RatioBits = 24;
        private const long RatioMask = (1L << RatioBits) - 1;
        private const double Millionths = 1_000_000;
        private long _state;

        public CountingRatio Read()
        {
            var state = Volatile.Read(ref _state);
            var samples = state >> RatioBits;
            return new CountingRatio(samples >= MinSamples ? (state & RatioMask) / Millionths : null, samples);
        }

        public void Add(long counted, long reported)
        {
            if (counted < MinTokens || reported <= 0)
            {
                return;
            }

            var sample = Math.Clamp((double)reported / counted, MinRatio, MaxRatio);
            while (true)
            {
                var state = Volatile.Read(ref _state);
                var samples = (state >> RatioBits) + 1;
                var mean = (state & RatioMask) / Millionths;
                mean += (sample - mean) / Math.Min(samples, WindowSamples);
                var next = (samples << RatioBits) | (long)Math.Round(mean * Millionths);
                if (Interlocked.CompareExchange(ref _state, next, state) == state)
                {
                    return;
                }
            }
        }
    }
}
