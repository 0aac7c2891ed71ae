using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Amqp;
using Amqp.Framing;
using Amqp.Listener;
using Amqp.Sasl;
using Amqp.Types;

namespace AiOrchestrator.Azure.Tests.Events;

/// <summary>One message as it arrived: what the hub makes durable in one piece.</summary>
/// <param name="PartitionKey">Chooses the partition; null where none was given.</param>
/// <param name="Bodies">Of its events, in order.</param>
internal sealed record Arrival(string? PartitionKey, IReadOnlyList<byte[]> Bodies);

/// <summary>
/// The part of an event hub that takes events, over AMQP 1.0: tokens by <c>$cbs</c>, links to the hub with its limit of size, messages that hold
/// one event or a batch. It is made with another AMQP library than the SDK's own, so that no mistake is made on both sides.
/// </summary>
internal sealed class HubEmulation : IDisposable
{
    public const string Hub = "usage";

    /// <summary>What tokens for any hub are issued to.</summary>
    public const string Scope = "https://eventhubs.azure.net/.default";

    /// <summary>Format of a message whose data sections are messages themselves.</summary>
    private const uint BatchFormat = 0x80013700;

    private readonly ContainerHost _host;
    private readonly ConcurrentDictionary<Connection, string> _authorised = [];
    private readonly ConcurrentQueue<Arrival> _arrivals = [];
    private readonly ConcurrentQueue<string> _audiences = [];
    private int _refusals;

    public HubEmulation(bool tls = true)
    {
        Port = FreePort();
        _host = new ContainerHost([new Address($"{(tls ? "amqps" : "amqp")}://127.0.0.1:{Port}")], tls ? TestCertificate.Server : null);
        _host.Listeners[0].SASL.EnableMechanism("MSSBCBS", SaslProfile.Anonymous);
        _host.RegisterRequestProcessor("$cbs", new Tokens(this));
        _host.RegisterLinkProcessor(new Links(this));
        _host.Open();
    }

    public int Port { get; }

    /// <summary>Largest message that is taken.</summary>
    public ulong MaxBytes { get; set; } = 1 << 20;

    /// <summary>Whether a token is one for hubs.</summary>
    public Func<string, bool> IsToken { get; set; } = static token => token == TestCredential.TokenOf(Scope);

    /// <summary>How many of the next messages are refused, as by a hub that cannot write.</summary>
    public int Refusals
    {
        set => Volatile.Write(ref _refusals, value);
    }

    public IReadOnlyList<Arrival> Arrivals => [.. _arrivals];

    /// <summary>What tokens were handed in for.</summary>
    public IReadOnlyList<string> Audiences => [.. _audiences];

    public int Connections => _authorised.Keys.Count(static c => !c.IsClosed);

    /// <summary>Cuts all connections, as a hub does that moves.</summary>
    public void Cut()
    {
        foreach (var connection in _authorised.Keys)
        {
            connection.Close(TimeSpan.Zero, new Error("amqp:connection:forced") { Description = "the hub moves" });
        }
    }

    public void Dispose() => _host.Close();

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>Takes tokens: who has handed in one for the hub may attach to it.</summary>
    private sealed class Tokens(HubEmulation hub) : IRequestProcessor
    {
        public int Credit => 100;

        public void Process(RequestContext requestContext)
        {
            var request = requestContext.Message;
            var asked = request.ApplicationProperties.Map;
            var right = asked["operation"] as string == "put-token" && request.Body is string token && hub.IsToken(token);
            if (right)
            {
                hub._audiences.Enqueue((string)asked["name"]);
                hub._authorised[requestContext.Link.Session.Connection] = (string)asked["name"];
            }

            var answer = new Message { ApplicationProperties = new ApplicationProperties() };
            answer.ApplicationProperties["status-code"] = right ? 202 : 401;
            answer.ApplicationProperties["status-description"] = right ? "Accepted" : "InvalidSignature: the token is not one";
            requestContext.Complete(answer);
        }
    }

    private sealed class Links(HubEmulation hub) : ILinkProcessor
    {
        public void Process(AttachContext attachContext)
        {
            if (!attachContext.Link.Role || attachContext.Attach.Target is not Target { Address: "/" + Hub })
            {
                attachContext.Complete(new Error(ErrorCode.NotFound) { Description = "there is no such hub" });
            }
            else if (!hub._authorised.ContainsKey(attachContext.Link.Session.Connection))
            {
                attachContext.Complete(new Error(ErrorCode.UnauthorizedAccess) { Description = "no token was handed in" });
            }
            else
            {
                attachContext.Attach.MaxMessageSize = hub.MaxBytes;
                attachContext.Complete(new Inbox(hub), 100);
            }
        }
    }

    private sealed class Inbox(HubEmulation hub) : LinkEndpoint
    {
        public override void OnMessage(MessageContext messageContext)
        {
            var message = messageContext.Message;
            if (Interlocked.Decrement(ref hub._refusals) >= 0)
            {
                messageContext.Complete(new Error("com.microsoft:timeout") { Description = "the hub cannot write" });
                return;
            }

            hub._arrivals.Enqueue(new Arrival(message.MessageAnnotations?[new Symbol("x-opt-partition-key")] as string, Bodies(message)));
            messageContext.Complete();
        }

        public override void OnFlow(FlowContext flowContext)
        {
        }

        public override void OnDisposition(DispositionContext dispositionContext)
        {
        }

        private static byte[][] Bodies(Message message) => message.Format == BatchFormat
            ? [.. Sections(message).Select(static inner => Assert.Single(Sections(Message.Decode(new ByteBuffer(inner, 0, inner.Length, inner.Length)))))]
            : [Assert.Single(Sections(message))];

        private static byte[][] Sections(Message message) => message.BodySection switch
        {
            Data one => [one.Binary],
            DataList many => [.. Enumerable.Range(0, many.Count).Select(i => many[i].Binary)],
            var other => throw new InvalidDataException($"an event's body is data, not {other?.GetType().Name}"),
        };
    }
}
