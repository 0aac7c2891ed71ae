using Microsoft.AspNetCore.Http;

namespace AiOrchestrator.Azure.Tests.Cosmos;

/// <summary>What goes wrong, for requests on items only; each for the next so many that fit.</summary>
internal sealed class CosmosFaults
{
    private readonly Lock _lock = new();
    private readonly List<Fault> _faults = [];

    /// <summary>What a fault does.</summary>
    internal enum Effect
    {
        Answer,

        /// <summary>The connection ends before anything is done.</summary>
        CutBefore,

        /// <summary>It is done, and the connection ends before the answer.</summary>
        CutAfter,
    }

    /// <summary>How many requests met a fault.</summary>
    public int Met { get; private set; }

    /// <summary>429 with the time after which to try again.</summary>
    public void Throttle(int times, int retryAfterMs = 1, Func<HttpRequest, bool>? when = null) =>
        Add(new Fault(Effect.Answer, times, when, 429, 3200, retryAfterMs));

    /// <summary>Any other error.</summary>
    public void Fail(int times, int status, int subStatus = 0, Func<HttpRequest, bool>? when = null) =>
        Add(new Fault(Effect.Answer, times, when, status, subStatus, null));

    /// <summary>Cuts the connection.</summary>
    /// <param name="times">How often.</param>
    /// <param name="done">Whether what was asked for is done before.</param>
    /// <param name="when">Which requests.</param>
    public void Cut(int times, bool done = false, Func<HttpRequest, bool>? when = null) =>
        Add(new Fault(done ? Effect.CutAfter : Effect.CutBefore, times, when, 0, 0, null));

    /// <summary>All is well again.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _faults.Clear();
        }
    }

    internal Fault? Take(HttpRequest request)
    {
        lock (_lock)
        {
            var at = _faults.FindIndex(f => f.Times > 0 && (f.When?.Invoke(request) ?? true));
            if (at < 0)
            {
                return null;
            }

            Met++;
            return _faults[at] = _faults[at] with { Times = _faults[at].Times - 1 };
        }
    }

    private void Add(Fault fault)
    {
        lock (_lock)
        {
            _faults.Add(fault);
        }
    }

    internal sealed record Fault(Effect Effect, int Times, Func<HttpRequest, bool>? When, int Status, int SubStatus, int? RetryAfterMs);
}
