using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Platform;
using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Azure.Documents;

/// <summary>The two document stores of a head on Azure.</summary>
internal static class DocumentsRegistration
{
    /// <summary>Configuration. Its default time to live is -1: on, and nothing goes that does not say so itself.</summary>
    public const string DocumentsContainer = "documents";

    /// <summary>Gauges of limits. Its default time to live is two days.</summary>
    public const string RatesContainer = "rates";

    /// <summary>Registers <see cref="IDocumentStore"/>, and the one with the key <see cref="LimitsModule.RatesStore"/>. Needs a <see cref="CosmosClient"/>.</summary>
    public static IServiceCollection AddCosmosDocuments(this IServiceCollection services, string database) => services
        .AddSingleton<IDocumentStore>(s => new CosmosDocumentStore(s.GetRequiredService<CosmosClient>().GetContainer(database, DocumentsContainer)))
        .AddKeyedSingleton<IDocumentStore>(
            LimitsModule.RatesStore,
            (s, _) => new CosmosDocumentStore(s.GetRequiredService<CosmosClient>().GetContainer(database, RatesContainer)));
}
