using AiOrchestrator.Azure.Tests.Cosmos;
using Microsoft.Azure.Cosmos;

namespace AiOrchestrator.Azure.Tests;

/// <summary>The three containers of usage, emulated, and stores over them: each with a client of its own, as instances have.</summary>
internal sealed class UsageDatabase : IAsyncDisposable
{
    private readonly List<CosmosClient> _clients = [];

    private UsageDatabase(CosmosEmulation emulation, EmulatedTime time) => (Emulation, Time) = (emulation, time);

    public CosmosEmulation Emulation { get; }

    public EmulatedTime Time { get; }

    public static async Task<UsageDatabase> StartAsync()
    {
        var time = new EmulatedTime();
        var database = new UsageDatabase(await CosmosEmulation.StartAsync(time), time);
        Database created = await database.NewClient().CreateDatabaseIfNotExistsAsync("aiorchestrator");
        foreach (var (name, seconds) in new (string, int?)[] { ("usage", null), ("statements", null), ("open-calls", 7 * 24 * 3600) })
        {
            _ = await created.CreateContainerIfNotExistsAsync(new ContainerProperties(name, "/pk") { DefaultTimeToLive = seconds });
        }

        return database;
    }

    public Container Container(string name) => NewClient().GetContainer("aiorchestrator", name);

    public CosmosUsageStore NewStore() => new(Container("usage"), Container("statements"));

    /// <summary>A store whose client sends its requests through a handler.</summary>
    public CosmosUsageStore NewStore(RequestHandler through)
    {
        var client = NewClient(through);
        return new CosmosUsageStore(client.GetContainer("aiorchestrator", "usage"), client.GetContainer("aiorchestrator", "statements"));
    }

    public CosmosUsageStore NewStore(int mostGroups) => new(Container("usage"), Container("statements"), mostGroups);

    public CosmosCallEvidence NewEvidence() => new(Container("open-calls"), Container("statements"), Time);

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            client.Dispose();
        }

        await Emulation.DisposeAsync();
    }

    private CosmosClient NewClient(params RequestHandler[] through)
    {
        var client = Emulation.NewClient(o => Array.ForEach(through, o.CustomHandlers.Add));
        _clients.Add(client);
        return client;
    }
}
