using System.Text;
using AiOrchestrator.Azure.Events;
using Azure.Core;
using Azure.Messaging.EventHubs;

namespace AiOrchestrator.Azure.Tests.Events;

public sealed class EventHubSenderTests : IAsyncDisposable
{
    private const string Namespace = "name.servicebus.windows.net";

    private readonly HubEmulation _hub = new();
    private readonly TestCredential _credential = new();
    private readonly EventHubSender _sender;

    public EventHubSenderTests() => _sender = Open(_credential);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _sender.DisposeAsync();
        _hub.Dispose();
    }

    [Fact]
    public async Task Events_arrive_in_order_under_their_key()
    {
        await _sender.SendAsync("wal_1", Bodies("one", "two", "three"), Cancel);
        await _sender.SendAsync("wal_2", Bodies("four"), Cancel);
        Assert.Equal(["wal_1: one two three", "wal_2: four"], Texts());
    }

    [Fact]
    public async Task The_hub_is_reached_over_TLS_with_a_token_for_it()
    {
        await _sender.SendAsync("k", Bodies("one"), Cancel);
        Assert.All(_credential.Scopes, static scope => Assert.Equal(HubEmulation.Scope, scope));
        Assert.Equal([$"amqps://{Namespace}/{HubEmulation.Hub}"], _hub.Audiences);
    }

    [Fact]
    public async Task Nothing_to_send_connects_to_nothing()
    {
        await _sender.SendAsync("k", [], Cancel);
        Assert.Empty(_hub.Audiences);
    }

    [Fact]
    public async Task More_than_a_message_holds_goes_in_several_in_order()
    {
        _hub.MaxBytes = 10_000;
        var bodies = Enumerable.Range(0, 100).Select(static i => new string((char)('a' + (i % 26)), 700 + i)).ToArray();
        await _sender.SendAsync("k", Bodies(bodies), Cancel);
        var arrivals = _hub.Arrivals;
        Assert.Equal(bodies, arrivals.SelectMany(static a => a.Bodies).Select(Encoding.ASCII.GetString));
        Assert.All(arrivals, static a => Assert.Equal("k", a.PartitionKey));
        Assert.All(arrivals, static a => Assert.InRange(a.Bodies.Sum(static b => b.Length), 1, 10_000));
        Assert.InRange(arrivals.Count, 8, 12);
    }

    [Fact]
    public async Task An_event_no_message_holds_is_named_with_its_size()
    {
        _hub.MaxBytes = 10_000;
        var refused = await Assert.ThrowsAsync<ArgumentException>(
            async () => await _sender.SendAsync("k", Bodies("before", new string('x', 10_001), "after"), Cancel));
        Assert.StartsWith("event 1 has 10001 bytes; the hub takes 10000 at once", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["k: before"], Texts());
    }

    [Fact]
    public async Task What_a_hub_could_not_write_is_sent_again()
    {
        _hub.Refusals = 2;
        await _sender.SendAsync("k", Bodies("one", "two"), Cancel);
        Assert.Equal(["k: one two"], Texts());
    }

    [Fact]
    public async Task A_hub_that_goes_on_refusing_is_a_failure_of_the_caller()
    {
        _hub.Refusals = 1000;
        await Assert.ThrowsAsync<EventHubsException>(async () => await _sender.SendAsync("k", Bodies("one"), Cancel));
        _hub.Refusals = 0;
        await _sender.SendAsync("k", Bodies("two"), Cancel);
        Assert.Equal(["k: two"], Texts());
    }

    [Fact]
    public async Task A_connection_that_was_cut_is_made_again()
    {
        await _sender.SendAsync("k", Bodies("one"), Cancel);
        _hub.Cut();
        await _sender.SendAsync("k", Bodies("two"), Cancel);

        // The hub may have taken what it could not acknowledge any more: at least once is what a sender can promise.
        Assert.Equal(["k: one", "k: two"], Texts().Distinct());
        Assert.Equal(2, _hub.Audiences.Count);
    }

    [Fact]
    public async Task Who_is_not_known_is_refused()
    {
        await using var sender = Open(new TestCredential(static _ => "not a token"));
        await Assert.ThrowsAnyAsync<Exception>(async () => await sender.SendAsync("k", Bodies("one"), Cancel));
        Assert.Empty(_hub.Arrivals);
    }

    [Fact]
    public async Task Disposing_closes_the_connection()
    {
        await _sender.SendAsync("k", Bodies("one"), Cancel);
        Assert.Equal(1, _hub.Connections);
        await _sender.DisposeAsync();
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        bound.CancelAfter(TimeSpan.FromSeconds(30));
        while (_hub.Connections > 0)
        {
            await Task.Delay(10, bound.Token);
        }

        var closed = await Assert.ThrowsAsync<EventHubsException>(async () => await _sender.SendAsync("k", Bodies("two"), Cancel));
        Assert.Equal(EventHubsException.FailureReason.ClientClosed, closed.Reason);
    }

    private static ReadOnlyMemory<byte>[] Bodies(params string[] bodies) => [.. bodies.Select(static b => (ReadOnlyMemory<byte>)Encoding.ASCII.GetBytes(b))];

    private IEnumerable<string> Texts() => _hub.Arrivals.Select(static a => $"{a.PartitionKey}: {string.Join(' ', a.Bodies.Select(Encoding.ASCII.GetString))}");

    private EventHubSender Open(TokenCredential credential) => new(EventHubProducers.Open(
        new AzureOptions { EventHubsNamespace = Namespace, UsageHub = HubEmulation.Hub },
        credential,
        options =>
        {
            options.ConnectionOptions.CustomEndpointAddress = new Uri($"sb://127.0.0.1:{_hub.Port}");
            options.ConnectionOptions.CertificateValidationCallback = static (_, shown, _, _) => TestCertificate.Is(shown);
            options.RetryOptions.Delay = TimeSpan.FromMilliseconds(1);
            options.RetryOptions.MaximumDelay = TimeSpan.FromMilliseconds(2);
        }));
}
