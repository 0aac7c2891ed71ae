using AiOrchestrator.Azure.Documents;
using AiOrchestrator.Azure.Tests.Blobs;
using AiOrchestrator.Azure.Tests.Cosmos;
using AiOrchestrator.Azure.Tests.Events;
using AiOrchestrator.Core.Caching.Storage;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using Azure.Core;
using Azure.Identity;
using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Azure.Tests;

/// <summary>The composition, on emulators of all services, as on a developer's machine.</summary>
public sealed class AzureModuleTests(Azurite azurite) : IClassFixture<Azurite>, IAsyncLifetime
{
    private readonly HubEmulation _hub = new(tls: false) { IsToken = static token => token.StartsWith("SharedAccessSignature ", StringComparison.Ordinal) };
    private CosmosEmulation _cosmos = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _cosmos = await CosmosEmulation.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _hub.Dispose();
        await _cosmos.DisposeAsync();
    }

    [Fact]
    public async Task Every_port_works_on_the_emulators_once_they_are_prepared()
    {
        await using var services = Build(OnEmulators());
        await Emulators.PrepareAsync(services, Cancel);
        await Emulators.PrepareAsync(services, Cancel);

        var documents = services.GetRequiredService<IDocumentStore>();
        var rates = services.GetRequiredKeyedService<IDocumentStore>(AzureModule.Rates);
        Assert.Equal(DocumentOutcome.Done, (await documents.CreateAsync("p", "d", "{}"u8.ToArray(), Cancel)).Outcome);
        Assert.Null(await rates.GetAsync("p", "d", Cancel));
        Assert.Equal(0, await services.GetRequiredService<IUsageStore>().PositionAsync(Cancel));
        Assert.Equal(0, (await services.GetRequiredService<ICallEvidence>().ReadAsync("wal_1", 1, Cancel)).SettledNanoUsd);
        Assert.Null(await services.GetRequiredService<ICacheStore>().GetAsync("org_1", "k", Cancel));
        await services.GetRequiredService<IBlobStore>().WriteAsync("b", new MemoryStream([1]), Cancel);
        Assert.True(await services.GetRequiredService<IBlobStore>().DeleteAsync("b", Cancel));
        await services.GetRequiredService<IEventSender>().SendAsync("k", [new byte[] { 1, 2 }], Cancel);
        Assert.Equal("k", Assert.Single(_hub.Arrivals).PartitionKey);
    }

    [Fact]
    public async Task Secrets_of_the_vault_are_understood_where_there_is_one()
    {
        await using var without = Build(OnEmulators());
        Assert.False(without.GetRequiredService<ISecretStore>().Understands("kv:name"));
        Assert.True(without.GetRequiredService<ISecretStore>().Understands("env:NAME"));
        Assert.Empty(without.GetServices<IReadinessCheck>());

        var options = OnEmulators();
        options.VaultUri = "https://name.vault.azure.net";
        await using var with = Build(options);
        Assert.True(with.GetRequiredService<ISecretStore>().Understands("kv:name"));
        Assert.True(with.GetRequiredService<ISecretStore>().Understands("env:NAME"));
        Assert.Equal("key_vault", Assert.Single(with.GetServices<IReadinessCheck>()).Check().Name);
    }

    [Fact]
    public async Task Nothing_is_reached_before_it_is_used()
    {
        var options = OnEmulators();
        options.CosmosEndpoint = "https://account.documents.azure.com";
        options.EventHubsNamespace = "name.servicebus.windows.net";
        options.BlobServiceUri = "https://name.blob.core.windows.net";
        options.VaultUri = "https://name.vault.azure.net";
        await using var services = Build(options);
        await Emulators.PrepareAsync(services, Cancel);
        Assert.NotNull(services.GetRequiredService<IDocumentStore>());
        Assert.NotNull(services.GetRequiredService<IUsageStore>());
        Assert.NotNull(services.GetRequiredService<ICallEvidence>());
        Assert.NotNull(services.GetRequiredService<IBlobStore>());
        Assert.NotNull(services.GetRequiredService<ISecretStore>());
        Assert.NotNull(services.GetRequiredService<IEventSender>());
    }

    [Theory]
    [InlineData(CosmosMode.Direct, ConnectionMode.Direct)]
    [InlineData(CosmosMode.Gateway, ConnectionMode.Gateway)]
    public void The_database_is_reached_as_the_option_says(CosmosMode mode, ConnectionMode expected)
    {
        using var client = CosmosClients.Open(
            new AzureOptions { CosmosEndpoint = "https://account.documents.azure.com", CosmosMode = mode }, new NoCredential());
        Assert.Equal(expected, client.ClientOptions.ConnectionMode);
    }

    [Fact]
    public void The_identity_is_the_one_the_deployment_names_and_else_whoever_is_signed_in()
    {
        Assert.IsType<ManagedIdentityCredential>(AzureModule.Identity("00000000-aaaa-bbbb-cccc-000000000001"));
        Assert.IsType<DefaultAzureCredential>(AzureModule.Identity(null));
        Assert.IsType<DefaultAzureCredential>(AzureModule.Identity(""));
    }

    private static ServiceProvider Build(AzureOptions options)
    {
        Assert.Empty(options.Validate());
        return new ServiceCollection()
            .AddLogging()
            .AddSingleton(TimeProvider.System)
            .AddSingleton<TokenCredential>(new NoCredential())
            .AddAzureStorage(options)
            .BuildServiceProvider();
    }

    private AzureOptions OnEmulators() => new()
    {
        CosmosEndpoint = _cosmos.Endpoint.ToString(),
        EventHubsNamespace = $"localhost:{_hub.Port}",
        BlobServiceUri = azurite.ServiceUri.ToString(),
    };
}
