using Azure.Core;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;

namespace AiOrchestrator.Azure.Events;

/// <summary>Makes the client of a hub.</summary>
internal static class EventHubProducers
{
    /// <summary>The emulator's rule and key, published with it.</summary>
    private const string EmulatorRule = "SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;";

    /// <summary>The hub at <see cref="AzureOptions.EventHubsNamespace"/>; nothing is connected yet.</summary>
    public static EventHubProducerClient Open(AzureOptions options, TokenCredential credential, Action<EventHubProducerClientOptions>? configure = null)
    {
        // Four tries of at most ten seconds, within a minute in all: whoever sends keeps what was not sent, and tries again.
        var client = new EventHubProducerClientOptions
        {
            RetryOptions = new EventHubsRetryOptions
            {
                Mode = EventHubsRetryMode.Exponential,
                MaximumRetries = 3,
                Delay = TimeSpan.FromMilliseconds(500),
                MaximumDelay = TimeSpan.FromSeconds(5),
                TryTimeout = TimeSpan.FromSeconds(10),
            },
        };
        configure?.Invoke(client);
        return AzureOptions.IsEmulator(new Uri("http://" + options.EventHubsNamespace))
            ? new EventHubProducerClient($"Endpoint=sb://{options.EventHubsNamespace};{EmulatorRule}", options.UsageHub, client)
            : new EventHubProducerClient(options.EventHubsNamespace, options.UsageHub, credential, client);
    }
}
