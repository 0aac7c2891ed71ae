using System.Text;
using AiOrchestrator.Functions.Usage;
using Azure.Messaging.EventHubs;

namespace AiOrchestrator.Functions.Tests.Usage;

public sealed class IngestUsageTests
{
    [Theory]
    [InlineData("""{"FullyQualifiedNamespace":"n","EventHubName":"usage","ConsumerGroup":"analytics","PartitionId":"3"}""", "3")]
    [InlineData("{}", "unknown")]
    [InlineData("not json", "unknown")]
    [InlineData("[1]", "unknown")]
    [InlineData("""{"PartitionId":7}""", "unknown")]
    public void The_partition_is_what_the_host_says(string context, string expected) =>
        Assert.Equal(expected, IngestUsage.PartitionOf(new Dictionary<string, object?>(StringComparer.Ordinal) { ["PartitionContext"] = context }));

    [Fact]
    public void Without_a_word_of_the_host_it_is_unknown() =>
        Assert.Equal("unknown", IngestUsage.PartitionOf(new Dictionary<string, object?>(StringComparer.Ordinal)));

    [Fact]
    public void An_event_keeps_its_number_its_time_and_its_bytes()
    {
        var received = EventHubsModelFactory.EventData(
            new BinaryData("{}"u8.ToArray()),
            partitionKey: "wal_x",
            sequenceNumber: 41,
            offsetString: "41",
            enqueuedTime: DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000));
        var incoming = IngestUsage.IncomingOf("3", received);
        Assert.Equal(("3", 41L, 1_800_000_000_000L, "{}"), (incoming.Partition, incoming.SequenceNumber, incoming.EnqueuedUnixMs, Encoding.UTF8.GetString(incoming.Body.Span)));
    }
}
