using AiOrchestrator.Azure.Secrets;
using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Platform;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiOrchestrator.Azure.Tests.KeyVault;

public sealed class SecretStoresTests : SecretStoreConformance, IAsyncLifetime
{
    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);
    private VaultEmulation _vault = null!;
    private SecretStores _stores = null!;

    protected override ISecretStore Store => _stores;

    protected override string Nowhere => "env:NOWHERE";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _vault = await VaultEmulation.StartAsync();
        _stores = new SecretStores(
        [
            new KeyVaultSecretStore(_vault.NewClient(new TestCredential()), TimeSpan.FromSeconds(60), TimeProvider.System, NullLogger<KeyVaultSecretStore>.Instance),
            new LocalSecretStore(_variables.GetValueOrDefault, NullLogger<LocalSecretStore>.Instance),
        ]);
    }

    public ValueTask DisposeAsync() => _vault.DisposeAsync();

    [Fact]
    public async Task Each_reference_goes_to_the_store_of_its_scheme()
    {
        _vault.Put("NAME", "of the vault");
        _variables["NAME"] = "of the environment";
        Assert.Equal("of the vault", await _stores.GetAsync("kv:NAME", Cancel));
        Assert.Equal("of the environment", await _stores.GetAsync("env:NAME", Cancel));
        Assert.True(_stores.Understands("file:/run/secrets/name"));
    }

    protected override Task<string> PlaceAsync(string secret)
    {
        _variables["PLACED"] = secret;
        return Task.FromResult("env:PLACED");
    }
}
