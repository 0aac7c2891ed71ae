using Azure.Core;
using Microsoft.Azure.Cosmos;

namespace AiOrchestrator.Azure.Documents;

/// <summary>One container of the database.</summary>
/// <param name="Name">In the database.</param>
/// <param name="PartitionKeyPath">What its items are spread by.</param>
/// <param name="TtlSeconds">How long an item lives after its last write; null: for ever.</param>
internal sealed record CosmosContainer(string Name, string PartitionKeyPath, int? TtlSeconds)
{
    /// <summary>Configuration.</summary>
    public static readonly CosmosContainer Documents = new("documents", "/partition", null);

    /// <summary>Counters of limits, of no use after two days.</summary>
    public static readonly CosmosContainer Rates = new("rates", "/partition", 2 * 86_400);

    /// <summary>Calls, and what reports add up.</summary>
    public static readonly CosmosContainer Usage = new("usage", "/pk", null);

    /// <summary>Lines of wallets' statements.</summary>
    public static readonly CosmosContainer Statements = new("statements", "/pk", null);

    /// <summary>Calls that were started and not yet settled.</summary>
    public static readonly CosmosContainer OpenCalls = new("open-calls", "/pk", 7 * 86_400);

    /// <summary>Answers that are kept; each says itself how long.</summary>
    public static readonly CosmosContainer Cache = new("cache", "/pk", null);

    /// <summary>Those a deployment makes.</summary>
    public static readonly IReadOnlyList<CosmosContainer> All = [Documents, Rates, Usage, Statements, OpenCalls, Cache];
}

/// <summary>Makes the client of the account.</summary>
internal static class CosmosClients
{
    /// <summary>The emulator's key, published with it.</summary>
    private const string EmulatorKey = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==";

    /// <summary>The account at <see cref="AzureOptions.CosmosEndpoint"/>; nothing is connected yet. The emulator is spoken to in one way only.</summary>
    public static CosmosClient Open(AzureOptions options, TokenCredential credential)
    {
        if (!AzureOptions.IsEmulator(new Uri(options.CosmosEndpoint)))
        {
            return new CosmosClient(
                options.CosmosEndpoint,
                credential,
                CosmosSettings.Options(options.CosmosMode == CosmosMode.Gateway ? ConnectionMode.Gateway : ConnectionMode.Direct));
        }

        var settings = CosmosSettings.Options(ConnectionMode.Gateway);
        settings.LimitToEndpoint = true;
        return new CosmosClient(options.CosmosEndpoint, EmulatorKey, settings);
    }
}
