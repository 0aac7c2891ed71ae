using System.Collections.Concurrent;
using System.Net;
using AiOrchestrator.Core.Providers.Echo;

namespace AiOrchestrator.Core.Providers;

/// <summary>A provider's connections and the calls under way on them. Survives configuration changes that do not concern it.</summary>
internal sealed class UpstreamClient(HttpMessageHandler handler, int maxConnections)
{
    private readonly Lock _telling = new();
    private int _underWay;
    private Action? _freed;

    public HttpMessageInvoker Invoker { get; } = new(handler, disposeHandler: true);

    /// <summary>Calls under way.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>Whether all places are taken.</summary>
    public bool IsFull => UnderWay >= maxConnections;

    /// <summary>From now on this is told whenever a place is freed.</summary>
    public void WhenFreed(Action told)
    {
        lock (_telling)
        {
            _freed += told;
        }
    }

    /// <summary>Takes one of the provider's places; false when all are taken.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _underWay) <= maxConnections)
        {
            return true;
        }

        Interlocked.Decrement(ref _underWay);
        return false;
    }

    /// <summary>Frees a place.</summary>
    public void Leave()
    {
        Interlocked.Decrement(ref _underWay);
        Volatile.Read(ref _freed)?.Invoke();
    }
}

/// <summary>One <see cref="UpstreamClient"/> per distinct set of connection settings.</summary>
internal sealed class UpstreamClients(TimeProvider time)
{
    private readonly ConcurrentDictionary<Key, UpstreamClient> _clients = new();

    public UpstreamClient For(Provider provider)
    {
        var key = new Key(provider.Id, provider.WireFormat, provider.BaseUrl, provider.Timeouts.ConnectMs, provider.MaxConnections);
        return _clients.TryGetValue(key, out var client) ? client : _clients.GetOrAdd(key, Create, this);
    }

    private static UpstreamClient Create(Key key, UpstreamClients self) => new(
        key.WireFormat == EchoHandler.WireFormat ? new EchoHandler(self.time) : Sockets(key),
        key.MaxConnections);

    private readonly TimeProvider time = time;

    /// <summary>A connection of its own to a provider, for a single call: whether one comes about is what is to be seen.</summary>
    public HttpMessageInvoker NewConnection(Provider provider) => new(
        provider.WireFormat == EchoHandler.WireFormat
            ? new EchoHandler(time)
            : Sockets(new Key(provider.Id, provider.WireFormat, provider.BaseUrl, provider.Timeouts.ConnectMs, provider.MaxConnections)),
        disposeHandler: true);

    private static SocketsHttpHandler Sockets(Key key) => new()
    {
        ConnectTimeout = TimeSpan.FromMilliseconds(key.ConnectMs),
        MaxConnectionsPerServer = key.MaxConnections,
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90),
        EnableMultipleHttp2Connections = true,
        AutomaticDecompression = DecompressionMethods.None,
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = true,
        ActivityHeadersPropagator = null,
        // A closed call must not be read on for its rest: the provider would go on generating.
        MaxResponseDrainSize = 0,
        ResponseDrainTimeout = TimeSpan.Zero,
    };

    private sealed record Key(string Id, string WireFormat, Uri BaseUrl, int ConnectMs, int MaxConnections);
}
