using System.Net;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.MockUpstream;

/// <summary>
/// An OpenAI-compatible upstream that does what each request tells it to do and keeps its own books.
/// Kestrel without the hosting layer: no middleware, no routing, no HttpContext, since the bench measures others against it.
/// </summary>
public sealed class MockUpstreamHost : IAsyncDisposable
{
    private readonly KestrelServer _server;
    private readonly SocketTransportFactory _transport;

    private MockUpstreamHost(KestrelServer server, SocketTransportFactory transport, MockState state)
    {
        _server = server;
        _transport = transport;
        State = state;
        var addresses = server.Features.Get<IServerAddressesFeature>()
            ?? throw new InvalidOperationException("Kestrel reported no addresses.");
        BaseUrl = new Uri(addresses.Addresses.Single() + "/v1");
    }

    /// <summary>What an OpenAI client takes as its base URL: <c>http://127.0.0.1:PORT/v1</c>.</summary>
    public Uri BaseUrl { get; }

    public MockLedger Ledger => State.Ledger;

    public RequestRecorder Requests => State.Recorder;

    public MockStats Stats => State.Stats;

    private MockState State { get; }

    public static Task<MockUpstreamHost> StartAsync(int port = 0) => StartAsync(new MockOptions { Port = port });

    public static async Task<MockUpstreamHost> StartAsync(MockOptions options)
    {
        var state = new MockState(TimeProvider.System, options);
        var kestrel = new KestrelServerOptions { AddServerHeader = false, AllowSynchronousIO = false };
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Listen(IPAddress.Loopback, options.Port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => async connection =>
            {
                state.Stats.ConnectionOpened();
                try
                {
                    await next(connection);
                }
                finally
                {
                    state.Stats.ConnectionClosed();
                }
            });
        });
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        var server = new KestrelServer(Options.Create(kestrel), transport, NullLoggerFactory.Instance);
        await server.StartAsync(new MockApplication(state), CancellationToken.None);
        return new MockUpstreamHost(server, transport, state);
    }

    public async ValueTask DisposeAsync()
    {
        // Streams told to hang would hold a graceful stop for ever: the bound aborts what is left.
        using var bound = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _server.StopAsync(bound.Token);
        _server.Dispose();
        GC.KeepAlive(_transport);
    }
}

/// <summary>What all requests of one mock share.</summary>
internal sealed class MockState(TimeProvider time, MockOptions options)
{
    private long _calls;

    public TimeProvider Time { get; } = time;

    public MockLedger Ledger { get; } = new(time, options.Ledger);

    public RequestRecorder Recorder { get; } = new(options.Record);

    public MockStats Stats { get; } = new();

    public FailureCounter Failures { get; } = new();

    public long NextCall() => Interlocked.Increment(ref _calls);
}
