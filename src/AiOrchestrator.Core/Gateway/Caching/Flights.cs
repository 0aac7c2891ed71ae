using System.Collections.Concurrent;
using AiOrchestrator.Core.Caching;

namespace AiOrchestrator.Core.Gateway.Caching;

/// <summary>
/// Questions that are being answered (CA-07): whoever asks one of them meanwhile waits for that answer. Who waits holds nothing. Where there is no answer to be
/// given to all, whatever the reason, each goes on by itself: the failure of the first is nobody else's.
/// </summary>
internal sealed class Flights
{
    private readonly ConcurrentDictionary<(string Namespace, string Key), Flight> _flights = new();
    private int _waiting;

    /// <summary>Calls that wait for the answer to another now.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>The flight of a question.</summary>
    /// <param name="namespace">Whose.</param>
    /// <param name="key">Which.</param>
    /// <param name="leads">Whether the caller is to answer it, and to end the flight.</param>
    public Flight Join(string @namespace, string key, out bool leads)
    {
        var mine = new Flight(this, @namespace, key);
        var flight = _flights.GetOrAdd((@namespace, key), mine);
        leads = ReferenceEquals(flight, mine);
        return flight;
    }

    /// <summary>Waits for a flight to end; the answer, or null where there is none for others.</summary>
    /// <exception cref="TimeoutException">It takes longer than the caller waits.</exception>
    public async Task<CacheEntry?> WaitAsync(Flight flight, TimeSpan patience, TimeProvider time, CancellationToken cancellation)
    {
        _ = Interlocked.Increment(ref _waiting);
        try
        {
            return await flight.Landed.WaitAsync(patience, time, cancellation);
        }
        finally
        {
            _ = Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Nobody joins it any more.</summary>
    public void Leave(Flight flight) => _flights.TryRemove(KeyValuePair.Create((flight.Namespace, flight.Key), flight));
}

/// <summary>One question that is being answered.</summary>
internal sealed class Flight(Flights flights, string @namespace, string key)
{
    private readonly TaskCompletionSource<CacheEntry?> _landed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whose.</summary>
    public string Namespace => @namespace;

    /// <summary>Which.</summary>
    public string Key => key;

    /// <summary>The answer, or null where there is none for others.</summary>
    public Task<CacheEntry?> Landed => _landed.Task;

    /// <summary>It is over, with an answer for all or without; what is said first holds.</summary>
    public void Land(CacheEntry? entry)
    {
        flights.Leave(this);
        _landed.TrySetResult(entry);
    }
}
