using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Platform;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiOrchestrator.Core.Tests.Platform;

public sealed class FileSecretStoreTests : SecretStoreConformance, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("ao-secrets-").FullName;

    protected override ISecretStore Store { get; } = new LocalSecretStore(static _ => null, NullLogger<LocalSecretStore>.Instance);

    protected override string Nowhere => "file:" + Path.Combine(_directory, "missing");

    [Fact]
    public async Task The_newline_at_the_end_of_a_file_is_not_part_of_the_secret() =>
        Assert.Equal("sk-1", await Store.GetAsync(await PlaceAsync("sk-1\r\n"), TestContext.Current.CancellationToken));

    [Fact]
    public async Task A_file_that_is_no_secret_by_its_size_leads_nowhere()
    {
        Assert.NotNull(await Store.GetAsync(await PlaceAsync(new string('x', 65536)), TestContext.Current.CancellationToken));
        Assert.Null(await Store.GetAsync(await PlaceAsync(new string('x', 65537)), TestContext.Current.CancellationToken));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    protected override async Task<string> PlaceAsync(string secret)
    {
        var path = Path.Combine(_directory, "secret");
        await File.WriteAllTextAsync(path, secret, TestContext.Current.CancellationToken);
        return "file:" + path;
    }
}

public sealed class EnvironmentSecretStoreTests : SecretStoreConformance
{
    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);

    public EnvironmentSecretStoreTests() =>
        Store = new LocalSecretStore(_variables.GetValueOrDefault, NullLogger<LocalSecretStore>.Instance);

    protected override ISecretStore Store { get; }

    protected override string Nowhere => "env:NOWHERE";

    protected override Task<string> PlaceAsync(string secret)
    {
        _variables["PLACED"] = secret;
        return Task.FromResult("env:PLACED");
    }
}
