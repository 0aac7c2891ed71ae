using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Gateway;

/// <summary>
/// How many answers this instance reads on though their clients have gone (MT-07). Each keeps a connection and money held, and a client
/// that leaves costs nobody anything: so there is a bound, and beyond it the upstream is cut.
/// </summary>
internal sealed class DrainPlaces(IOptions<GatewayOptions> options)
{
    private readonly int _most = options.Value.MaxDrains;
    private int _taken;

    /// <summary>Answers being read on.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>Takes a place; false when all are taken.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _taken) <= _most)
        {
            return true;
        }

        Leave();
        return false;
    }

    /// <summary>Frees a place.</summary>
    public void Leave() => Interlocked.Decrement(ref _taken);
}
